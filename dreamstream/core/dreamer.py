"""The Dreamer protocol: what the show needs of whatever makes dreams."""

from __future__ import annotations

from typing import Any, Protocol, Self

from dreamstream.core.dream import Dream
from dreamstream.core.programme import Programme


class Dreamer(Protocol):
    """What the loop needs of a dreamer; `Dreamer` has it."""

    @property
    def card(self) -> Any:
        """Which words it knows and which controls it has."""

    def warm_up(self) -> None:
        """Compile."""

    def advance(self, programme: Programme, time: float, steps: int | None = None, strength: float = 1.0) -> Dream:
        """The next dream, in place at show time `time`; strength: a factor on each of its steps."""

    def set(self, name: str, value: float) -> None:
        """Set a control."""

    def state(self) -> bytes:
        """What `restore` needs to go on from here."""

    def restore(self, data: bytes) -> None:
        """Go on from a state."""

    def restyled(self, preset: str) -> Self:
        """A new dreamer of the same model with another look."""

    def take_over(self, other: Self) -> None:
        """Go on where another dreamer of the same size is, as if it had dreamed what that one did."""
