"""What is wanted of the picture: wishes, and the programme that lists them. Plain data, no JAX."""

from __future__ import annotations

from dataclasses import dataclass

# A region is a rectangle of the picture (left, top, right, bottom), each from 0 to 1.
Box = tuple[float, float, float, float]

REGIONS: dict[str, Box] = {
    "whole": (0.0, 0.0, 1.0, 1.0),
    "top": (0.0, 0.0, 1.0, 0.5),
    "bottom": (0.0, 0.5, 1.0, 1.0),
    "left": (0.0, 0.0, 0.5, 1.0),
    "right": (0.5, 0.0, 1.0, 1.0),
    "top left": (0.0, 0.0, 0.5, 0.5),
    "top right": (0.5, 0.0, 1.0, 0.5),
    "bottom left": (0.0, 0.5, 0.5, 1.0),
    "bottom right": (0.5, 0.5, 1.0, 1.0),
}

# How many wishes one programme holds at most; the compiled step is padded to this number.
MAX_WISHES = 4


@dataclass(frozen=True)
class Wish:
    """One thing wanted: a class by its name in the vocabulary, a region's name, a weight, and who asked ("" is the
    show). A negative weight wants less of it.
    """

    what: str
    region: str = "whole"
    weight: float = 1.0
    who: str = ""


@dataclass(frozen=True)
class Programme:
    """What is wanted now: one to MAX_WISHES wishes."""

    wishes: tuple[Wish, ...]

    def title(self) -> str:
        """The programme as a person would say it: "bee + pizza", and "bee - pizza" where pizza is not wanted."""
        said = "".join(f" {'-' if wish.weight < 0 else '+'} {wish.what}" for wish in self.wishes)
        return said.removeprefix(" + ")

    def wanted(self) -> tuple[Wish, ...]:
        """The wishes for something; the others are against it."""
        return tuple(wish for wish in self.wishes if wish.weight > 0)


def split(names: list[str], who: str = "") -> Programme:
    """Share the canvas between one to four classes: whole; top and bottom; a grid (three: the first has the top).

    Raises ValueError for no names or more than MAX_WISHES.
    """
    layouts = {
        1: ["whole"],
        2: ["top", "bottom"],
        3: ["top", "bottom left", "bottom right"],
        4: ["top left", "top right", "bottom left", "bottom right"],
    }
    if len(names) not in layouts:
        raise ValueError(f"a programme has 1 to {MAX_WISHES} wishes, not {len(names)}")
    return Programme(
        tuple(Wish(name, region, 1.0, who) for name, region in zip(names, layouts[len(names)], strict=True))
    )
