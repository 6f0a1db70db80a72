"""Sources that another package brings: entry points of the group `dreamstream.sources`, opened by address.

An entry point names a function that makes a `Source` of the address behind the entry point's name, and of `due`, which
gives the answers that were held back while chat was busy. It raises UserError for an address that cannot be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from dreamstream.core.errors import UserError
from dreamstream.core.message import Reply, Source
from dreamstream.support import extensions

GROUP = "dreamstream.sources"
Due = Callable[[str], list[Reply]]


def open_source(address: str, due: Due) -> Source:
    """The source of NAME:TARGET, not running yet. Raises UserError when there is none such or it refuses the target."""
    name, _, target = address.partition(":")
    point = extensions.found(GROUP).get(name)
    if point is None:
        raise UserError(f"No package brings a source {name!r}.")
    make = extensions.load(point, f"the source {name}")
    if not callable(make):
        raise UserError(f"The source {name} cannot be used: {point.value} is no function.")
    return cast(Callable[[str, Due], Source], make)(target, due)
