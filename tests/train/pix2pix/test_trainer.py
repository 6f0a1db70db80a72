"""Teaching a painter: it learns what lines and words mean, with the opponent and without."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.networks.pix2pix.painter import compiled
from dreamstream.networks.pix2pix.unet import Shape
from dreamstream.train.pix2pix.trainer import PaintRecipe, PaintTrainer
from dreamstream.weights.catalog import load_model

pytestmark = [pytest.mark.slow, pytest.mark.promotes, pytest.mark.usefixtures("compiled_plainly")]
SHAPE = Shape(16, 3, (12, 16, 16), 4)


@functools.cache
def pairs() -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint8]]:
    """A filled square where the lines are a square: red for one word, blue for the other."""
    lines = np.full((8, 16, 16), 255, np.uint8)
    pictures = np.zeros((8, 16, 16, 4), np.uint8)
    words = np.array([1, 2] * 4, np.int32)
    for number, word in enumerate(words):
        lines[number, 4:12, [4, 11]] = lines[number, [4, 11], 4:12] = 0
        pictures[number, 4:12, 4:12] = (240, 20, 20, 255) if word == 1 else (20, 20, 240, 255)
    return lines, words, pictures


def test_it_learns_lines_words_and_mattes() -> None:
    """After some steps without and with the opponent, squares are filled in their colours, and nothing else is."""
    ours = PaintTrainer(PaintRecipe(shape=SHAPE, batch=8, rate=3e-3, remembered=0.9), load_model("builtin"))
    lines, words, pictures = (jnp.asarray(part) for part in pairs())
    judge = jax.tree.map(np.asarray, ours.state["judge"])
    first = float(ours.step(lines, words, pictures, opposed=False)["loss"])
    for _ in range(150):
        scores = ours.step(lines, words, pictures, opposed=False)
    assert float(scores["loss"]) < first / 2
    unchanged = jax.tree.map(np.array_equal, judge, jax.tree.map(np.asarray, ours.state["judge"]))
    assert all(jax.tree.leaves(unchanged))
    for _ in range(20):
        scores = ours.step(lines, words, pictures, opposed=True)
    assert np.isfinite(float(scores["judge"]))
    assert ours.number == 171
    made = np.asarray(compiled(SHAPE)(ours.learned, lines, words)).astype(int)
    assert (made[:, 6:10, 6:10, 3] > 180).all()
    assert made[:, 0, :, 3].max() < 70
    (red, _, no_blue), (no_red, _, blue) = made[0, 7, 7, :3], made[1, 7, 7, :3]
    assert min(red, blue) > 150
    assert max(no_blue, no_red) < 100
