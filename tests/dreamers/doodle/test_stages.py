"""When and where a drawing is on the picture."""

from __future__ import annotations

import pytest

from dreamstream.core.camera import Motion
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.doodle.stages import Piece, piece_of, wished

DRAWN = Wish("k:cat", kind="drawing")


def test_a_piece_fills_the_middle_of_its_region() -> None:
    """It stays inside, and is never larger than most of the picture."""
    whole = piece_of(DRAWN, 10.0, None, 16 / 9)
    assert (whole.centre, whole.side, whole.began) == (0j, 0.62, 10.0)
    corner = piece_of(Wish("k", "bottom left", kind="drawing"), 10.0, None, 16 / 9)
    assert corner.centre == pytest.approx(complex(-16 / 36, 0.25))
    assert corner.side == pytest.approx(0.45)


def test_two_seconds_of_strokes() -> None:
    """They begin with the dream before, if that was a moment ago; all are seen for a while, and then it is due."""
    piece = piece_of(DRAWN, 10.5, 10.0, 16 / 9)
    assert piece.share(10.5) == pytest.approx(0.5 / 1.6)
    assert piece.share(11.6) == pytest.approx(1.0)
    assert piece.share(99.0) == 1.0
    assert not piece.due(11.9)
    assert piece.due(12.0)
    assert piece_of(DRAWN, 10.5, 3.0, 16 / 9).began == 9.5


def test_a_piece_moves_with_the_camera() -> None:
    """As everything in the picture does."""
    piece = Piece("k", 0.0, complex(0.2, 0.1), 0.4).moved(Motion(zoom=1.1, rotation=0).over(2.0))
    assert piece.side == pytest.approx(0.4 * 1.21)
    assert piece.centre == pytest.approx(complex(0.242, 0.121))


def test_what_the_dreamer_within_is_asked_for() -> None:
    """Classes as they are, a drawing as its class once it is filled, and nothing for one that was taken back."""
    bee, gone = Wish("bee", "left"), Wish("x", weight=-1.0, kind="drawing")
    programme = Programme((bee, Wish("k:cat", "right", who="ann", kind="drawing"), gone))
    piece = piece_of(programme.wishes[1], 0.0, None, 1.0)
    assert wished(programme, {"k": piece}) == (bee,)
    filled = Piece("k", 0.0, 0j, 0.5, filled=True, word="owl")
    assert wished(programme, {"k": filled}) == (bee, Wish("owl", "right", who="ann"))
    assert wished(Programme((programme.wishes[1],)), {"k": piece}) == ()
    assert wished(Programme((Wish("bee", weight=-1.0), programme.wishes[1])), {"k": piece}) == ()
