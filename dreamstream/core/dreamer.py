"""The one door for everything that dreams: what the show asks of a dreamer, and how one is described and opened.

Gradient ascent, a generator and a moving pattern look the same from here; see docs/dreamers.md for how to write one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.card import Card
from dreamstream.core.drawing import Drawing
from dreamstream.core.dream import Cost, Dream
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Programme, Wish


@dataclass(frozen=True)
class Effort:
    """How much the next dream may take and change; what is left out is up to the dreamer.

    seconds: at hand for making it, in a live show; None where nobody waits, and the dreamer takes its usual amount of
    work, the same on every machine. interval: seconds from one dream to the next; a dreamer that changes the picture
    faster than people can follow makes each change smaller; None sets no such limit. change: the share of a full
    change, 0 to 1. cost: amounts that are fixed, by what the dreamer counts (`Card.cost`); it chooses the others.
    things: the share of the usual number of things in the picture, above 0 to 1, where a machine is too slow for all of
    them; a dreamer that has none, or is not ready for so few, says in `Dream.things` what it made.
    """

    seconds: float | None = None
    interval: float | None = None
    change: float = 1.0
    cost: Cost = field(default_factory=dict)
    things: float = 1.0

    @classmethod
    def exactly(cls, cost: Cost, change: float = 1.0, things: float = 1.0) -> Self:
        """The very effort that made a dream of this cost, change and share of things, on any machine."""
        return cls(cost=cost, change=change, things=things)


USUAL = Effort()


class Dreamer(Protocol):
    """Whatever makes dreams; called from one thread, but for `with_preset` and `prepare` of what that returns.

    A class that names it as its base takes over what is the same for most simple dreamers: all that has a body here.
    """

    @property
    def card(self) -> Card:
        """What it is and what may be wished of it."""

    def prepare(self) -> None:
        """Load and compile what dreams need; nothing that is seen changes. May take minutes."""
        return

    def dream(self, programme: Programme, time: float, effort: Effort = USUAL) -> Dream:
        """The next dream, in place at show time `time` (seconds).

        Raises UserError for a programme that cannot be dreamed; any other error means that the dreamer has failed.
        """

    def begin(self, programme: Programme, time: float, effort: Effort = USUAL) -> Callable[[], Dream]:
        """`dream` without waiting: what it returns waits when it is called. The next one may be begun before."""
        dream = self.dream(programme, time, effort)
        return lambda: dream

    def set(self, control: str, value: float) -> None:
        """Turn a control, from the next dream on. Raises ValueError, without changes, as the card says."""

    def state(self) -> bytes:
        """What `restore` needs to go on from here, maybe in another process."""

    def restore(self, state: bytes) -> None:
        """Go on from a state. Raises ValueError, without changes, when it is none of this kind of dreamer."""

    def checkpoint(self) -> bytes:
        """What `resume` needs to make the very same next dreams, to the last bit, on the same kind of machine.

        A state is small and for people, who see no difference; a checkpoint is exact. Controls are not part of it.
        Empty when there is none now; there may be one after the next dream.
        """
        return self.state()

    def resume(self, checkpoint: bytes) -> None:
        """Go on exactly where a `checkpoint` was taken. Raises ValueError, without changes, when it is none."""
        self.restore(checkpoint)

    def picture(self) -> NDArray[np.uint8] | None:
        """What it would go on from, uint8 [H, W, 3] RGB; None where there is nothing to see."""
        return None

    def with_preset(self, name: str) -> Self:
        """A new dreamer of the same model with another preset; this one is not touched. Raises UserError."""
        raise UsageError(f"The dreamer {self.card.name} has no preset {name!r}.")

    def take_over(self, other: Self) -> None:
        """Go on where another dreamer of the same kind and size is, as if this one had dreamed what that one did."""
        self.restore(other.state())


@dataclass(frozen=True, eq=False)
class DreamerRequest:
    """What is wanted of a dreamer, before there is one. A dreamer leaves aside what means nothing to it.

    model: what `--model` takes. size: the canvas (width, height) in pixels, even. seed: the same seed, programmes and
    machine give the same dreams. preset: "auto" is the dreamer's usual one. start: a photograph uint8 [h, w, 3] to
    begin with. pictures: what wishes and masks speak of, by name, each uint8 [h, w, 3]. cache: where compiled programs
    and downloaded weights are kept. dtype, devices: what it computes in, and on how many devices. polite: its worker
    threads give way to those that send the video. drawings: what wishes of that kind speak of, by key; there may be
    others while the dreamer is open. on_filled: is given the picture uint8 [s, s, 4], RGBA, that a drawing was filled
    with, by its key, and the class that was seen in it where nobody had said one, else ""; called from any thread.
    drawing_soon: whether somebody is about to draw, so that what fills drawings had better be ready. subject: the file
    of a subject that is to be among the things of dreams, or a shipped one's name; "" for none.
    """

    model: str | Path = "auto"
    size: tuple[int, int] = (640, 360)
    seed: int = 0
    preset: str = "auto"
    start: NDArray[np.uint8] | None = None
    pictures: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    cache: Path | None = None
    dtype: str = "auto"
    devices: int = 1
    polite: bool = False
    drawings: Mapping[str, Drawing] = field(default_factory=dict)
    on_filled: Callable[[str, NDArray[np.uint8], str], None] | None = None
    drawing_soon: Callable[[], bool] = lambda: False
    subject: str = ""


class DreamerKind(Protocol):
    """What an entry point of the group `dreamstream.dreamers` names: usually a module with these three functions.

    Importing it and `describe` must be quick: nothing is loaded or compiled before `open_dreamer`.
    """

    def describe(self, request: DreamerRequest) -> Card:
        """The card that the dreamer will have. Raises UserError for what can be known before it is opened."""

    def open_dreamer(self, request: DreamerRequest) -> Dreamer:
        """The dreamer, not prepared yet. Raises UserError for what a person can mend."""

    def picture_of(self, state: bytes) -> NDArray[np.uint8] | None:
        """What a state shows, uint8 [H, W, 3] RGB; None for nothing. Raises ValueError when it is no such state."""


@runtime_checkable
class Scorer(Protocol):
    """A dreamer that can also say what it sees."""

    def score(self, picture: NDArray[np.uint8], word: str) -> float:
        """How much of `word` it sees in a picture uint8 [H, W, 3], from 0 to 1."""


@runtime_checkable
class Pointed(Protocol):
    """A dreamer whose pictures are points of a space, which can be wished again."""

    def here(self) -> str | None:
        """The point that is on, as `Wish.points` holds one; None where there is none yet.

        May be called from any thread.
        """


@runtime_checkable
class Still(Protocol):
    """A dreamer that can show what a wish aims at, as it would be seen alone and at rest."""

    def still(self, wish: Wish) -> NDArray[np.uint8] | None:
        """A square picture uint8 [s, s, 3] RGB; None for a wish that aims at nothing certain.

        Takes little time, changes nothing, and may be called from any thread while dreams are made. Raises UserError
        for a wish that cannot be dreamed.
        """
