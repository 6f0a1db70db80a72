"""Parts that are installed only where they are wanted."""

from __future__ import annotations

import importlib.util

from dreamstream.core.errors import UserError


def need(library: str, what: str, extra: str) -> None:
    """Make sure that a library of an extra is there. Raises UserError with the command that installs it."""
    if importlib.util.find_spec(library) is None:
        raise UserError(f"{what} needs more parts; install them: pip install 'dreamstream[{extra}]'")
