"""Parts that are installed only where they are wanted."""

from __future__ import annotations

import importlib.util

from dreamstream.core.errors import UserError


def need(what: str, extra: str, *libraries: str) -> None:
    """Make sure that libraries of an extra are there. Raises UserError with all that are missing, and the remedy."""
    if missing := [library for library in libraries if importlib.util.find_spec(library) is None]:
        raise UserError(f"{what} needs {' and '.join(missing)}; install with: pip install 'dreamstream[{extra}]'")
