"""The finish on an accelerator gives what OpenCV gives."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.dreamers import crisp as ours
from dreamstream.dreamers import finishing
from dreamstream.support import machine
from dreamstream.video.finish import Finish, crisp
from tests.video.shapes import crisp_shapes, softened

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        int(cv2.__version__.partition(".")[0]) < 5, reason="before 5.0 OpenCV moves pixels by 32nds only"
    ),
]


@pytest.mark.parametrize(
    ("dream", "video", "noise"),
    [((160, 90), (320, 180), 6), ((240, 136), (240, 136), 6), ((640, 480), (640, 480), 2)],
)
def test_it_is_opencvs_finish_to_one_level(dream: tuple[int, int], video: tuple[int, int], noise: float) -> None:
    """Everywhere, and nearly everywhere exactly: with edges, flat colours and noise; larger, as large, and where the
    pull is found on a smaller picture.
    """
    rng = np.random.default_rng(0)
    scene = softened(crisp_shapes((640, 360)), dream).astype(float) + rng.normal(0, noise, (dream[1], dream[0], 3))
    picture = np.clip(scene, 0, 255).astype(np.uint8)
    apart = np.abs(ours.crisp(picture, video).astype(int) - crisp(picture, video))
    assert apart.max() <= 1
    assert apart.mean() < 0.02


def test_dreams_are_finished_where_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an accelerator by JAX; by OpenCV without one, and where JAX finds none."""
    asked = list[tuple[int, int]]()

    def noting(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
        asked.append(size)
        return picture

    monkeypatch.setattr(ours, "crisp", noting)
    picture, usual = crisp_shapes((96, 54)), Finish((96, 54))
    monkeypatch.setattr(machine, "accelerator", lambda: "")
    assert finishing.where_dreams_are_made(usual) is usual
    monkeypatch.setattr(machine, "accelerator", lambda: "cuda")
    there = finishing.where_dreams_are_made(usual)
    assert np.array_equal(there(picture), usual(picture))
    assert not asked
    monkeypatch.setattr("jax.default_backend", lambda: "gpu")
    there(picture)
    assert asked == [(96, 54)]
