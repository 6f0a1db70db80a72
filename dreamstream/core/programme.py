"""What is wanted of the picture: wishes, and the programme that lists them. Plain data, no JAX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dreamstream.core.points import NAMED

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


# Kinds of wishes that the sentence of a command can say, besides classes; see `Wish`.
FEATURES = ("layer", "channel", "picture", "guide")
PICTURED = ("picture", "guide")
# The kind of wishes for a picture that lives: things that look like it, as it is at each dream (see `Wish`).
LIVING = "living"
# Kinds of wishes that things are dreamed for, each with a place of its own.
THINGS = ("class", LIVING)
# The kind of wishes for a viewer's drawing (see `Wish` and core/drawing.py).
DRAWING = "drawing"
# What stands in place of a drawing's word before the words that it must not be taken for.
_BARRED = "not "


@dataclass(frozen=True)
class Wish:
    """One thing wanted of the picture, or, with a negative weight, not wanted in it.

    kind: an open word, which a dreamer takes when its card lists it (see `Card.check_wishes`).
    what: by kind, a class by its name in the vocabulary; a layer of the network ("relu4_3": all that it answers to);
    one channel of a layer ("relu5_1:37"); or a picture that the dreamer was given by this name, whose features are
    wanted ("starry", or "starry@relu3_3" for those of another layer than the usual one), either as they are
    ("picture") or the stronger the better ("guide", the "guided dream" of 2015); or points of a subject, see `points`:
    a mixture ("mix", "a b .3"), a sum ("calc", "a - b + c"), a place in the square between four ("at",
    "a b c d .25 .5"), that square ("corners", "a b c d"), what a number draws ("random", "1234"), or three do
    ("numbers", "0.2 -1 0.5"), or a point by the name that the audience gave it ("point", "taco"); or a viewer's
    drawing ("drawing") by its key, with the class that it is of ("3fa9c07be2d1480a:cat"), or those that it must not be
    taken for ("3fa9c07be2d1480a:not cat, dog"), or the key alone; with a negative weight it was taken back;
    or a picture that lives ("living") by the name under which the dreamer is shown it before each dream.
    region: where, a name of REGIONS. mask: the name of a picture that the dreamer was given, whose brightness says
    where within the region ("" is everywhere). weight: how much, beside the other wishes. who: asked for it ("" is the
    show). points: what the named points are that it speaks of, see `points.carried`.
    """

    what: str
    region: str = "whole"
    weight: float = 1.0
    who: str = ""
    kind: str = "class"
    mask: str = ""
    points: str = ""

    def label(self) -> str:
        """The wish as a person would say it, without its weight: "bee", "layer relu4_3"."""
        if self.kind == DRAWING:
            return f"drawn {self.word}" if self.word else "a drawing"
        return self.what if self.kind in ("class", NAMED) else f"{self.kind} {self.what}"

    @property
    def word(self) -> str:
        """The class that it speaks of, "" for none: a class's own name, or what a drawing is of."""
        if self.kind == DRAWING:
            said = self.what.partition(":")[2]
            return "" if said.startswith(_BARRED) else said
        return self.what if self.kind == "class" else ""

    @property
    def barred(self) -> tuple[str, ...]:
        """The classes that a drawing without a word must not be taken for."""
        said = self.what.partition(":")[2] if self.kind == DRAWING else ""
        return tuple(said.removeprefix(_BARRED).split(", ")) if said.startswith(_BARRED) else ()

    def barring(self, words: Sequence[str]) -> Wish:
        """This wish, where it is for a drawing without a word, so that it is not taken for one of these."""
        if self.kind != DRAWING or self.word:
            return self
        return replace(self, what=f"{self.drawing}:{_BARRED}{', '.join(words)}" if words else self.drawing)

    @property
    def drawing(self) -> str:
        """The key of the drawing that it speaks of; "" for none."""
        return self.what.partition(":")[0] if self.kind == DRAWING else ""

    def layer(self, usual: str = "") -> str:
        """The layer that a wish for a layer, channel or picture speaks of; `usual` where it names none."""
        if self.kind == "channel":
            return self.what.partition(":")[0]
        return self.picture()[1] or usual if self.kind in PICTURED else self.what

    def picture(self) -> tuple[str, str]:
        """Name and layer ("" when none is said) of a wish for a picture."""
        name, at, layer = self.what.rpartition("@")
        return (name, layer) if at and LAYER.fullmatch(layer) else (self.what, "")


# What a layer of a VGG is called; a file's name may have an @ of its own.
LAYER = re.compile(r"relu\d(_\d)?")


@dataclass(frozen=True)
class Programme:
    """What is wanted now: one to MAX_WISHES wishes."""

    wishes: tuple[Wish, ...]

    def title(self) -> str:
        """The programme as a person would say it: "bee + pizza", or "bee - dog" for what is not wanted."""
        wanted = " + ".join(wish.label() for wish in self.wishes if wish.weight >= 0)
        return " - ".join([wanted, *(wish.label() for wish in self.wishes if wish.weight < 0)]).strip()

    def wanted(self) -> tuple[Wish, ...]:
        """The wishes for something; the others are against it."""
        return tuple(wish for wish in self.wishes if wish.weight > 0)


def split(names: str | Sequence[str], who: str = "") -> Programme:
    """Share the canvas between one to four classes: whole; top and bottom; a grid (three: the first has the top).

    A single name is one class. Raises ValueError for no names or more than MAX_WISHES.
    """
    names = [names] if isinstance(names, str) else list(names)
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
