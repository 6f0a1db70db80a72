"""Drawings as pictures: where the ink is, how wide, and by when."""

from __future__ import annotations

import numpy as np
import pytest

from dreamstream.core.drawing import Drawing, Point, Stroke
from dreamstream.video.drawn import LINE, draw_lines

ACROSS = Stroke((Point(0.1, 0.5, 0.0), Point(0.9, 0.5, 1.0)))


@pytest.mark.parametrize("side", [64, 128, 480, 3000])
def test_a_line_is_as_wide_at_every_side(side: int) -> None:
    """About LINE of the side, in the middle of the sheet, and nothing elsewhere."""
    sheet = draw_lines(Drawing((ACROSS,)), side)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (side, side)
    ink = (255 - sheet[:, side // 2].astype(int)).sum() / 255
    assert ink == pytest.approx(LINE * side, rel=0.02, abs=0.5)
    rows, columns = np.nonzero(sheet < 255)
    assert (rows.mean() + 0.5) / side == pytest.approx(0.5, abs=0.5 / side)
    assert columns.min() / side == pytest.approx(0.1 - LINE / 2, abs=1.5 / side)
    assert (columns.max() + 1) / side == pytest.approx(0.9 + LINE / 2, abs=1.5 / side)


def test_edges_are_smooth() -> None:
    """A slanted line has greys at its edge."""
    sheet = draw_lines(Drawing((Stroke((Point(0.1, 0.2, 0.0), Point(0.9, 0.6, 1.0))),)), 128)
    assert sheet.min() == 0
    assert len(np.unique(sheet)) > 8


def test_pressure_widens_a_line() -> None:
    """From half as wide to half as wide again."""
    inks = [
        float((255 - draw_lines(Drawing((Stroke((Point(0.1, 0.5, 0, p), Point(0.9, 0.5, 1, p))),)), 512)[:, 256]).sum())
        for p in (0.0, 0.5, 1.0)
    ]
    assert inks[0] / inks[1] == pytest.approx(0.5, abs=0.1)
    assert inks[2] / inks[1] == pytest.approx(1.5, abs=0.1)


def test_only_what_was_drawn_by_then() -> None:
    """Half of a line at half its time, and no later stroke; all of it in the end."""
    drawing = Drawing((ACROSS, Stroke((Point(0.5, 0.1, 3.0),))))
    half = draw_lines(drawing, 200, 0.5)
    assert np.nonzero(half < 128)[1].max() / 200 == pytest.approx(0.5 + LINE / 2, abs=0.01)
    assert (half[:60] == 255).all()
    assert np.array_equal(draw_lines(drawing, 200, 3.0), draw_lines(drawing, 200))
    assert draw_lines(drawing, 200)[20, 100] == 0


def test_the_eraser_takes_ink_away() -> None:
    """Where it went, when it went there."""
    drawing = Drawing((ACROSS, Stroke((Point(0.5, 0.4, 2.0), Point(0.5, 0.6, 3.0)), erase=True)))
    assert draw_lines(drawing, 100, 1.5)[50, 50] == 0
    assert draw_lines(drawing, 100)[50, 50] == 255
    assert draw_lines(drawing, 100)[50, 20] == 0


def test_a_point_is_a_dot() -> None:
    """Round, and as wide as a line; one in the corner is cut there."""
    dot = (255 - draw_lines(Drawing((Stroke((Point(0.5, 0.5, 0.0),)),)), 256).astype(float)) / 255
    assert dot.sum() == pytest.approx(np.pi * (LINE * 256 / 2) ** 2, rel=0.15)
    assert draw_lines(Drawing((Stroke((Point(1.0, 1.0, 0.0),)),)), 64)[63, 63] < 255
