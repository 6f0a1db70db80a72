"""Flicker is what changes beside the camera's motion."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from dreamstream.bench.flicker import difference, flicker
from dreamstream.core.camera import Motion
from dreamstream.video.finish import Finish
from tests.video.scene import dream

MOTION, SIZE = Motion(1.05, 2.0, 0.02), (320, 180)
SCENE = [dream(0.15 * number, MOTION, SIZE) for number in range(3)]


def test_the_camera_alone_is_no_flicker() -> None:
    """A scene that only moves changes by rounding; one that grows brighter, by as much."""
    still = flicker(SCENE, lambda picture: picture)
    assert still.change < 1
    assert still.crawl < 0.5
    brighter = [
        replace(one, picture=np.clip(one.picture * 0.8 + 8.0 * i, 0, 255).astype(np.uint8))
        for i, one in enumerate(SCENE)
    ]
    assert flicker(brighter, lambda picture: picture).change == pytest.approx(8, abs=1)


def test_a_finish_that_crawls_is_found() -> None:
    """A grain that stays on the screen while the scene moves under it is all crawl; the edge warp has next to none."""
    grain = np.random.default_rng(0).normal(0, 12, (SIZE[1], SIZE[0], 1))
    found = flicker(SCENE, lambda picture: np.clip(picture + grain, 0, 255).astype(np.uint8))
    assert found.crawl > 8
    assert flicker(SCENE, Finish((640, 360))).crawl < 2


def test_what_the_earlier_picture_does_not_show_is_left_out() -> None:
    """A camera that falls back sees more, and what is new is no change."""
    before = SCENE[0].picture
    pose = Motion(0.9, 0.0).over(1.0)
    after = np.zeros_like(before)
    part = cv2.resize(before, (288, 162), interpolation=cv2.INTER_AREA)
    after[9:171, 16:304] = part
    assert difference(before, after, pose) < 3
