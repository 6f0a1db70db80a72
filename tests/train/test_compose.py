"""Training pictures are composed as they should be: how often which stamp, how blurred, the same for the same key."""

from __future__ import annotations

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.train.compose import BLUR_REACH, WEAKENED, Stock, _blurred, compose, portraits, weakened

SIZE = 16
# One number of pictures in all tests: each is compiled anew.
COUNT = 800
composed = jax.jit(compose, static_argnums=(2, 3))


@pytest.fixture(scope="module")
def stock() -> Stock:
    """Two classes over black: one has a red stamp and, three times as often, a green one; the other has a blue one."""
    stamps = np.zeros((3, 20, 20, 4), np.uint8)
    for index in range(3):
        stamps[index, ..., index] = stamps[index, ..., 3] = 255
    odds = np.log(np.array([[0.25, 0.75], [1.0, 1e-38]]))
    odds[1, 1] = -np.inf
    backgrounds = np.zeros((1, 24, 24, 3), np.uint8)
    return Stock(
        jnp.asarray(stamps), jnp.asarray([[0, 1], [2, 0]]), jnp.asarray(odds, jnp.float32), jnp.asarray(backgrounds)
    )


def test_classes_and_stamps_come_as_often_as_they_should(stock: Stock) -> None:
    """Half the pictures show each class, a quarter of the first one's the red stamp."""
    pictures, labels = (np.asarray(part) for part in composed(stock, jax.random.key(0), COUNT, SIZE))
    shown = pictures[:, 6:10, 6:10].mean(axis=(1, 2)).argmax(axis=1)
    assert (labels == 1).mean() == pytest.approx(0.5, abs=0.06)
    assert (shown[labels == 1] == 2).all(), "blue, always"
    assert (shown[labels == 0] == 0).mean() == pytest.approx(0.25, abs=0.08)
    assert (shown[labels == 0] != 2).all()
    assert 0 <= pictures.min() <= pictures.max() <= 1


def test_the_same_key_gives_the_same_pictures(stock: Stock) -> None:
    """And another key others."""
    first, again, other = (np.asarray(composed(stock, jax.random.key(k), COUNT, SIZE)[0]) for k in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_portrait_is_one_thing_on_a_plain_ground(stock: Stock) -> None:
    """The middle has the stamp's colour, the corners are light and change slowly."""
    pictures = np.asarray(jax.jit(portraits, static_argnums=(2, 3))(stock, jax.random.key(2), 200, SIZE))
    middle = pictures[:, 7:9, 7:9].mean(axis=(1, 2))
    assert (np.sort(middle, axis=1)[:, 1] < 0.4).mean() > 0.9, "one of three colours"
    assert np.quantile(np.abs(np.diff(pictures[:, 0], axis=1)).max(axis=(1, 2)), 0.3) < 0.1
    assert np.quantile(pictures[:, 0, 0], 0.05) > 0.3


@pytest.mark.parametrize("sigma", [0.3, 1.1])
def test_blurring_is_gaussian(sigma: float) -> None:
    """As OpenCV blurs; and a blur of nothing changes nothing."""
    picture = np.random.default_rng(1).uniform(size=(12, 9, 3)).astype(np.float32)
    side = 2 * BLUR_REACH + 1
    wanted = cv2.GaussianBlur(picture, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)
    assert np.asarray(_blurred(jnp.asarray(picture), jnp.float32(sigma))) == pytest.approx(wanted, abs=1e-5)
    assert np.array_equal(np.asarray(_blurred(jnp.asarray(picture), jnp.float32(0))), picture)


def test_what_is_weakened_has_no_colour_or_less_detail_as_often_as_asked() -> None:
    """A share is grey, half as many paler, a share blurred, each chosen by itself; luma is not touched by the first."""
    pictures = np.random.default_rng(2).uniform(size=(COUNT, 12, 12, 3)).astype(np.float32)
    made = jax.jit(weakened, static_argnums=(2, 3))
    luma = np.array([0.299, 0.587, 0.114], np.float32)
    grey = np.asarray(made(jnp.asarray(pictures), jax.random.key(0), 0.3, 0.0))
    colourful = np.ptp(grey, axis=3).mean(axis=(1, 2)) / np.ptp(pictures, axis=3).mean(axis=(1, 2))
    assert (colourful < 1e-4).mean() == pytest.approx(0.3, abs=0.05)
    assert ((colourful > 1e-4) & (colourful < 0.999)).mean() == pytest.approx(0.15, abs=0.05)
    assert grey @ luma == pytest.approx(pictures @ luma, abs=1e-5)
    soft = np.asarray(made(jnp.asarray(pictures), jax.random.key(1), 0.0, 0.25))
    changed = np.abs(soft - pictures).max(axis=(1, 2, 3)) > 1e-6
    assert changed.mean() == pytest.approx(0.25, abs=0.05)
    assert soft[changed].std(axis=(1, 2)).mean() < 0.6 * pictures.std()
    widest = cv2.GaussianBlur(pictures[changed][0], (0, 0), WEAKENED[1], borderType=cv2.BORDER_REFLECT_101)
    assert soft[changed].std(axis=(1, 2)).mean() > widest.std(axis=(0, 1)).mean()
    both = np.asarray(made(jnp.asarray(pictures), jax.random.key(2), 1.0, 1.0))
    assert np.ptp(both, axis=3).max() < 1e-4
