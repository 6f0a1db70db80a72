"""The doodle dreamer: an ascent dreamer, and what viewers draw on its canvas."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Pose
from dreamstream.core.card import Card
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Effort, Pointed, Still
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.ascent.dreamer import AscentDreamer
from dreamstream.dreamers.doodle.chalk import chalk, over
from dreamstream.dreamers.doodle.checkpoint import pack, unpack
from dreamstream.dreamers.doodle.stages import CALM, Piece, piece_of, wished
from dreamstream.dreamers.doodle.studio import Studio

# The side of the thing that a filled drawing shows, in sides of its box.
THING = 1.0
# What is kept of the canvas before, to lay it again over a drawing that is taken away, in sides of the box.
AROUND = 1.25


class DoodleDreamer:
    """Dreams as the ascent dreamer within does, which never hears of drawings: only of classes, and what is laid.

    A drawing is seen being drawn for two seconds over the dreams before; then the painter's picture of it is laid on
    the canvas, once, and the class that it is of is dreamed, there and in the rest of its region. All of it depends on
    the programmes and the dreams' show times alone. studio: fills drawings, as this dreamer's own.
    """

    def __init__(self, inner: AscentDreamer, card: Callable[[Card], Card], studio: Studio) -> None:
        self._inner, self._card, self._studio = inner, card, studio
        self.card = card(inner.card)
        self._pieces: dict[str, Piece] = {}
        self._asked: Programme | None = None  # of the dreamer within
        self._time: float | None = None

    def prepare(self) -> None:
        """Compile what dreams need; the painter is left until somebody draws."""
        self._inner.prepare()

    def dream(self, programme: Programme, time: float, effort: Effort = USUAL) -> Dream:
        """The next dream; a drawing that is due is waited for. Raises UserError as the dreamer within does."""
        inner = self._begin(programme, time)
        return self._finished(self._inner.dream(inner, time, effort), programme)

    def begin(self, programme: Programme, time: float, effort: Effort = USUAL) -> Callable[[], Dream]:
        """`dream` without waiting, but for a drawing that is due; what it returns waits when it is called."""
        inner = self._begin(programme, time)
        dream, pieces = self._inner.begin(inner, time, effort), dict(self._pieces)
        return lambda: self._finished(dream(), programme, pieces)

    def set(self, control: str, value: float) -> None:
        """Turn a control of the dreamer within. Raises ValueError."""
        self._inner.set(control, value)

    def state(self) -> bytes:
        """That of the dreamer within: a drawing that is on is drawn again after a restart."""
        return self._inner.state()

    def restore(self, state: bytes) -> None:
        """Go on from a state of this dreamer or of an ascent dreamer. Raises ValueError."""
        self._inner.restore(state)
        self._forget(())
        self._asked, self._time = None, None

    def checkpoint(self) -> bytes:
        """Everything that the next dreams depend on but the controls; none while a drawing is being drawn."""
        if not all(piece.filled for piece in self._pieces.values()):
            return b""
        return pack(self._inner.checkpoint(), self._asked, self._time, self._pieces)

    def resume(self, checkpoint: bytes) -> None:
        """Go on exactly where a checkpoint was taken. Raises ValueError, without changes, when it is none."""
        inner, asked, time, pieces = unpack(checkpoint)
        self._inner.resume(inner)
        self._forget(())
        self._pieces, self._asked, self._time = pieces, asked, time

    def picture(self) -> NDArray[np.uint8] | None:
        """The canvas."""
        return self._inner.picture()

    def score(self, picture: NDArray[np.uint8], word: str) -> float:
        """How much of `word` the network within sees in a picture uint8 [H, W, 3], from 0 to 1."""
        return self._inner.score(picture, word)

    def still(self, wish: Wish) -> NDArray[np.uint8] | None:
        """The picture of a point of the subject among its things, if there is one. Raises UsageError."""
        return self._inner.still(wish) if isinstance(self._inner, Still) else None

    def here(self) -> str | None:
        """The point that this subject's walk is at; None for none yet."""
        return self._inner.here() if isinstance(self._inner, Pointed) else None

    def with_preset(self, name: str) -> DoodleDreamer:
        """A new dreamer of the same model with another look. Raises UserError."""
        return DoodleDreamer(self._inner.with_preset(name), self._card, self._studio)

    def take_over(self, other: DoodleDreamer) -> None:
        """Go on where another one is, drawings and all."""
        self._inner.take_over(other._inner)
        self._pieces, self._asked, self._time = other._pieces, other._asked, other._time

    # -- drawings ---------------------------------------------------------------------------------------------

    def _begin(self, programme: Programme, time: float) -> Programme:
        """Bring the pieces to a dream at `time`; what the dreamer within is asked for."""
        self._studio.look()
        drawing = any(wish.drawing and wish.weight > 0 for wish in programme.wishes)
        self._inner.pace = CALM if drawing else 1.0
        pose = self._inner.motion.over(max(0.0, time - self._time)) if self._time is not None else Pose()
        drawn = {wish.drawing: wish for wish in programme.wishes if wish.drawing}
        for key, piece in self._pieces.items():
            wish = drawn.get(key)
            if wish is not None and wish.weight < 0 and piece.before is not None:
                self._inner.lay(piece.before, piece.centre, AROUND * piece.side)
        self._forget({key for key, wish in drawn.items() if wish.weight > 0})
        for key, piece in self._pieces.items():
            if not piece.filled and piece.due(time):
                self._pieces[key] = self._fill(piece, drawn[key])
        self._pieces = {key: piece.moved(pose) for key, piece in self._pieces.items()}
        for key, wish in drawn.items():
            if wish.weight > 0 and key not in self._pieces:
                width, height = self._inner.size
                self._pieces[key] = piece_of(wish, time, self._time, width / height)
                self._studio.begin(key, wish.word, wish.barred)
        wishes = wished(programme, self._pieces)
        if not wishes:  # while the first strokes come, what was dreamed before goes on
            wishes = self._asked.wishes if self._asked is not None else (Wish(self._first(programme)),)
        self._asked, self._time = Programme(wishes), time
        return self._asked

    def _fill(self, piece: Piece, wish: Wish) -> Piece:
        """Lay its picture where it is, as the last dream left the canvas."""
        filled = self._studio.filled(piece.key)
        if filled is None:
            return replace(piece, filled=True, word=wish.word)
        before = self._inner.part(piece.centre, AROUND * piece.side)
        self._inner.lay(filled.picture, piece.centre, piece.side, THING * piece.side)
        return replace(piece, filled=True, word=filled.word, before=before)

    def _first(self, programme: Programme) -> str:
        """What a show begins with whose first wish is a drawing."""
        named = (wish.word for wish in programme.wishes if wish.weight > 0 and wish.word)
        return next(named, self.card.words[0].name)

    def _finished(self, dream: Dream, programme: Programme, pieces: dict[str, Piece] | None = None) -> Dream:
        """A dream of the dreamer within with the strokes over it that are drawn so far."""
        picture = dream.picture
        for key, piece in (self._pieces if pieces is None else pieces).items():
            drawing = None if piece.filled else self._studio.drawing(key)
            if drawing is not None and (share := piece.share(dream.time)) > 0:
                pixels = max(2, round(piece.side * picture.shape[0]))
                picture = over(picture, chalk(drawing, pixels, share), piece.centre, piece.side)
        return replace(dream, picture=picture, programme=programme)

    def _forget(self, keys: Collection[str]) -> None:
        """Forget the pieces that are not among these."""
        for key in [key for key in self._pieces if key not in keys]:
            del self._pieces[key]
            self._studio.forget(key)
