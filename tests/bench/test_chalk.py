"""When a drawing is seen: in frames that are made here, whose times are known."""

from __future__ import annotations

import numpy as np
import pytest

from dreamstream.bench.chalk import Look, Sight
from dreamstream.bench.draw import times_of
from dreamstream.core.camera import Motion, Pose
from dreamstream.dreamers.doodle.chalk import chalk, over
from dreamstream.video.drawn import draw_lines
from tests.drawn import CAT, Filler

SHOWN = CAT.framed().within(1.0)
FILLED = Filler().paint(draw_lines(SHOWN, 128), "cat")
MOTION = Motion(1.05, 0.25)
SIDE = 0.62


def frames(filled: bool = True) -> list[tuple[float, np.ndarray]]:
    """Ten a second on a plain ground: chalk from 2 s on for 1.6 s, and the picture from 4 s on."""
    made = []
    for number in range(60):
        at = number / 10
        moved = MOTION.over(max(0.0, at - 2.0)) if at >= 2 else Pose()
        picture = np.full((180, 320, 3), (60, 90, 120), np.uint8)
        centre, side = moved.apply(0j), SIDE * moved.zoom
        if at >= 4 and filled:
            picture = over(picture, FILLED, centre, side)
        elif at >= 2:
            picture = over(picture, chalk(SHOWN, 128, min(1.0, (at - 2) / 1.6)), centre, side)
        made.append((at, picture))
    return made


def test_chalk_and_picture_are_seen_when_they_are_there() -> None:
    """Within two frames; and the times between them are told."""
    sight = Look(SHOWN, FILLED, 0j, SIDE, MOTION).seen(frames(), 1.0)
    assert sight.begun == pytest.approx(2.2, abs=0.25)
    assert sight.ended == pytest.approx(3.5, abs=0.25)
    assert sight.filled == pytest.approx(4.0, abs=0.05)
    times = times_of(sight, 1.0)
    assert times["sent_to_filled"] == pytest.approx(3.0, abs=0.05)
    assert times["chalk_to_filled"] == pytest.approx(0.5, abs=0.25)


def test_what_is_not_there_is_not_seen() -> None:
    """Chalk alone is no picture, and a plain ground is neither."""
    look = Look(SHOWN, FILLED, 0j, SIDE, MOTION)
    assert look.seen(frames(filled=False), 1.0).filled is None
    plain = [(at, np.full((180, 320, 3), 200, np.uint8)) for at in (0.0, 2.0, 4.0)]
    assert look.seen(plain, 1.0) == Sight()
    assert times_of(Sight(), 1.0)["sent_to_filled"] is None
