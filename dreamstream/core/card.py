"""What a dreamer tells the world about itself: its words, and what may be wished and turned. No JAX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dreamstream.core.errors import UsageError
from dreamstream.core.names import meant
from dreamstream.core.programme import Programme

# How the video goes from one dream to the next: under the camera's motion and fading; fading alone; or not at all, each
# dream shown as it is.
Between = Literal["camera", "fade", "none"]
# What is done to its dreams for the eye: soft edges drawn together, or nothing.
Finishing = Literal["crisp", "plain"]


@dataclass(frozen=True)
class Control:
    """Something that a person may turn while the show runs: name, unit, range, default, and one line of help."""

    name: str
    unit: str
    low: float
    high: float
    default: float
    help: str

    def check(self, value: float) -> float:
        """The value. Raises ValueError that says the range for one outside it, or for no number."""
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name} must be {self.low:g} to {self.high:g} {self.unit}, not {value:g}")
        return value


@dataclass(frozen=True)
class Word:
    """A class that can be wished: its unique name, its emoji ("" for none) and other words for it.

    emojis: every emoji that stands for it; `emoji` is the first of them.
    """

    name: str
    emoji: str = ""
    aliases: tuple[str, ...] = ()
    emojis: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """What a dreamer is.

    name: the dreamer's, as in `--dreamer`. words: the classes that can be wished, in the model's order. kinds: the
    kinds of wishes that it takes (see `Wish.kind`). presets: the looks it has, the usual one first; preset: the one it
    has now, "" where there are none. cost: the names in which the cost of its dreams is counted ("steps"). model: what
    it was loaded from, as `--model` would say it; "" for a dreamer without a model. finish: what suits its dreams.
    octaves: the sizes, one after the other, in which a single picture from a photograph comes out best. drawable: the
    words of which it knows how to fill a drawing, where it takes wishes of that kind. subject: the file of the subject
    among its things, "" for none.
    """

    name: str
    words: tuple[Word, ...]
    kinds: tuple[str, ...] = ("class",)
    controls: tuple[Control, ...] = ()
    presets: tuple[str, ...] = ()
    preset: str = ""
    between: Between = "camera"
    cost: tuple[str, ...] = ()
    model: str = ""
    finish: Finishing = "plain"
    octaves: int = 1
    drawable: tuple[str, ...] = ()
    subject: str = ""

    @property
    def lettered(self) -> str:
        """The word whose points have letters: a subject's name; "" where there is none."""
        names = {word.name for word in self.words}
        return next((word.name for word in self.words if f"{word.name} a" in names), "")

    def control(self, name: str) -> Control:
        """The control of this name. Raises ValueError that names the nearest, or all there are."""
        for control in self.controls:
            if control.name == name:
                return control
        raise ValueError(f"there is no control {name!r}; {meant(name, (one.name for one in self.controls))}")

    def check_wishes(self, programme: Programme) -> None:
        """Raise UsageError, in a sentence, when a wish is of a kind that this dreamer does not take."""
        for wish in programme.wishes:
            if wish.kind not in self.kinds:
                raise UsageError(
                    f"The dreamer {self.name} takes no wish like {wish.label()!r} (kind {wish.kind}); it takes "
                    f"{', '.join(self.kinds)}."
                )

    def check_cost(self, cost: str) -> None:
        """Raise UsageError, in a sentence, when the cost of this dreamer's dreams is not counted in `cost`."""
        if cost not in self.cost:
            raise UsageError(f"The dreamer {self.name} does not count {cost}; leave --{cost} out.")
