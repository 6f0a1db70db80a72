"""The strength of augmentation follows how much a discriminator knows by heart."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.networks.stylegan2.generator import Shape
from dreamstream.train.gan.adaptive import MOST, adapted, overfitting, remembered
from dreamstream.train.gan.trainer import GanRecipe, GanTrainer

pytestmark = pytest.mark.promotes


@pytest.mark.parametrize(
    ("taught", "held", "made", "found"),
    [(1, 1, -1, 0), (1, -1, -1, 1), (3, 2, 1, 0.5), (13, 12, 11, 0.5), (2, 3, 1, -1), (1, 0, 1, 0), (1, 0, 2, 0)],
)
def test_the_measure_is_where_frames_never_taught_lie(taught: float, held: float, made: float, found: float) -> None:
    """Between taught and made ones, wherever scores are; nothing, where made ones are taken for real."""
    assert float(overfitting(jnp.array([taught, held, made], jnp.float32))) == pytest.approx(found)


@pytest.mark.parametrize(("held", "wanted"), [(-0.9, 0.62), (0.9, 0.58)])
def test_the_chance_follows_the_measure_slowly(held: float, wanted: float) -> None:
    """From 0 to 1 in half a million pictures, so a short training hardly changes it; never beyond its bounds."""
    means = jnp.array([1.0, held, -1.0])
    assert float(adapted(jnp.float32(0.6), means, 10_000.0)) == pytest.approx(wanted)
    assert float(adapted(jnp.float32(0.6), means, 1e9)) == pytest.approx(MOST if wanted > 0.6 else 0)


def test_scores_are_averaged() -> None:
    """The plain mean at first, then nine tenths of what was."""
    seen = jnp.zeros(3)
    for times in range(3):
        seen = remembered(seen, jnp.full(3, times + 1.0), jnp.float32(times))
    np.testing.assert_allclose(seen, 2)
    np.testing.assert_allclose(remembered(jnp.ones(3), jnp.full(3, 11.0), jnp.float32(100)), 2, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_plainly")
def test_a_discriminator_that_has_learned_by_heart_is_shown_more_changes() -> None:
    """Its scores are those of brightness here: what is never taught and as dark as what is made raises the chance."""
    ours = GanTrainer(GanRecipe(shape=Shape(channels=(4,), latent=2, style=3, layers=1), batch=8, chance=0.1))
    ours._judge = lambda params, pictures: jnp.mean(pictures, axis=(1, 2, 3))  # type: ignore[method-assign]
    ours._make = lambda params, key, known=None: jnp.full((8, 4, 4, 3), -0.9)  # type: ignore[method-assign]
    bright, dark = (jnp.full((8, 4, 4, 3), value) for value in (0.9, -0.9))
    ours.adapt(bright, bright, None, 50)
    assert float(ours.state["chance"]) == pytest.approx(0.1 - 400 / 500_000)
    for _ in range(20):
        ours.adapt(bright, dark, None, 50)
    assert float(ours.state["chance"]) > 0.1
