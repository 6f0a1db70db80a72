"""What other packages bring, found by entry point. Nothing is imported before it is asked for by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from dreamstream.core.errors import UserError


def found(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group, by name, in the order of names."""
    return {point.name: point for point in sorted(entry_points(group=group), key=lambda point: point.name)}


def load(point: EntryPoint, what: str) -> object:
    """What an entry point names. Raises UserError when its package cannot be imported; what: "the output stills"."""
    try:
        return point.load()
    except Exception as error:  # whatever somebody else's package does when it is imported
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UserError(f"{what[:1].upper()}{what[1:]} cannot be used: {point.value} fails with {reason}.") from error
