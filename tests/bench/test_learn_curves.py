"""Curves of trainings are what their logs say; angles are read from what shows them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from benchmarks.cat_angle import Regression, explained, visited
from benchmarks.learn_curves import judged, svg


def log(kids: list[float]) -> str:
    """A log with lines of loss between its figures, the first of which are by heart."""
    lines = []
    for number, kid in enumerate(kids):
        phase = "adversarial" if number else "by heart"
        lines.append({"step": number, "phase": phase, "loss": 0.5})
        lines.append({"step": number, "phase": phase, "core-seconds": 60.0 * (number + 1), "kid": kid})
    return "\n".join(map(json.dumps, lines)) + "\n"


def test_a_log_says_kid_over_the_work_of_one_core() -> None:
    """Lines of loss, and figures of a training that did not count its work, are left out."""
    found = judged(log([10.0, 3.0]) + '{"step": 9, "kid": 1.0}\n')
    assert [(each.minutes, each.kid, each.by_heart) for each in found] == [(1, 10, True), (2, 3, False)]


def test_a_curve_that_is_better_lies_below() -> None:
    """Both on the same axes: time to the right, KID upwards by its logarithm, so ten times is the same way anywhere."""
    drawn = ET.fromstring(svg({"a & b": judged(log([100.0, 10.0, 1.0])), "worse": judged(log([100.0, 30.0, 20.0]))}))
    lines = [each for each in drawn if each.tag.endswith("polyline")]
    one, other = (np.array([point.split(",") for point in each.attrib["points"].split()], float) for each in lines)
    np.testing.assert_array_equal(one[:, 0], other[:, 0])
    assert np.diff(one[:, 0]) == pytest.approx(np.full(2, (one[-1, 0] - one[0, 0]) / 2), abs=0.2)
    down = np.diff(one[:, 1])
    assert down[0] == pytest.approx(down[1], abs=0.2)
    assert down[0] > 10
    assert np.all(other[1:, 1] < one[1:, 1])
    texts = ["".join(each.itertext()) for each in drawn if each.tag.endswith("text")]
    assert {"a & b", "worse", "minutes of one core"} <= set(texts)


def test_an_angle_is_read_from_pictures_that_were_never_seen() -> None:
    """A bar that stands further right with the angle; a range is visited where several fall, not where one does."""
    rng = np.random.default_rng(0)
    angles = rng.uniform(-1, 1, 300)
    across = np.arange(32)[None, None, :, None]
    bars = np.exp(-(((across - 16 - 8 * angles[:, None, None, None]) / 3) ** 2))
    pictures = np.asarray(
        np.broadcast_to(40 + 180 * bars, (300, 32, 32, 3)) + rng.normal(0, 3, (300, 32, 32, 3)), np.uint8
    )
    read = Regression(pictures[:200], angles[:200])(pictures[200:])
    assert explained(read, angles[200:]) > 0.95
    assert visited(read, -1, 1) > visited(read[read < 0], -1, 1) > 0.2
    assert visited(np.array([0.01, 0.02, 0.03, 0.5, -0.5]), -1, 1) == 1 / 20
