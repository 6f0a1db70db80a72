"""When and where a drawing is on the picture. Pure, and of the dreams' show times alone, so that a replay is the same.

    drawing    for STROKES seconds the strokes come, over what is dreamed of the wishes before, and stay until DRAWN
    filled     from the first dream after that: the painter's picture was laid on the canvas, and is dreamed on
    erased     a wish against it came: what was there before is laid in its place
A piece is forgotten when no wish speaks of it any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dreamstream.core.camera import Pose
from dreamstream.core.programme import REGIONS, Programme, Wish

# Seconds in which the strokes are seen being drawn, and after which they are filled: the last one is seen before.
STROKES, DRAWN = 1.6, 2.0
# The box's side: of its region, and in picture heights at most.
SHARE, LARGEST = 0.9, 0.62
# A first dream shows as much as there would be if the strokes had begun with the dream before, within this time.
LEAD = 1.0
# The camera's pace while a drawing is on: what was drawn stays in sight as long as it is wished.
CALM = 0.25


@dataclass(frozen=True)
class Piece:
    """A drawing on the picture.

    key: the drawing's. began: the show time at which the first stroke began. centre, side: of its box now, in picture
    heights from the middle (see camera.py). filled: whether it was laid on the canvas; word: what is dreamed of it from
    then on. before: what was there before, to be laid again, uint8 [s, s, 4].
    """

    key: str
    began: float
    centre: complex
    side: float
    filled: bool = False
    word: str = ""
    before: Any = None

    def moved(self, pose: Pose) -> Piece:
        """After a motion of the camera."""
        return replace(self, centre=pose.apply(self.centre), side=self.side * pose.zoom)

    def due(self, time: float) -> bool:
        """Whether a dream at this show time has it filled."""
        return time >= self.began + DRAWN

    def share(self, time: float) -> float:
        """How much of the strokes is drawn at a show time, 0 to 1."""
        return min(max((time - self.began) / STROKES, 0.0), 1.0)


def piece_of(wish: Wish, time: float, before: float | None, aspect: float) -> Piece:
    """The piece that a wish for a drawing begins in a dream at show time `time`, the last being at `before`."""
    left, top, right, bottom = REGIONS[wish.region]
    centre = complex(((left + right) / 2 - 0.5) * aspect, (top + bottom) / 2 - 0.5)
    side = min(SHARE * min((right - left) * aspect, bottom - top), LARGEST)
    began = time if before is None else max(min(before, time), time - LEAD)
    return Piece(wish.drawing, began, centre, side)


def wished(programme: Programme, pieces: dict[str, Piece]) -> tuple[Wish, ...]:
    """What the dreamer within is asked for: each drawing that is filled as the class that is dreamed of it."""
    wishes = []
    for wish in programme.wishes:
        if not wish.drawing:
            wishes.append(wish)
        elif wish.weight > 0 and (piece := pieces.get(wish.drawing)) and piece.filled and piece.word:
            wishes.append(Wish(piece.word, wish.region, wish.weight, wish.who))
    return tuple(wishes) if any(wish.weight > 0 for wish in wishes) else ()
