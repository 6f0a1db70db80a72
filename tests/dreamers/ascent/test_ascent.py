"""What shapes a step: the optimiser's parts, each by its own property."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dreamstream.dreamers.ascent.ascent import filter_spectrum, momentum_ascent


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_spectral_filter_is_one_over_f(power: float) -> None:
    """A wave of twice the frequency comes out 2^power times as weak; what is very long is raised no further."""
    size = 96
    x = np.arange(size) / size

    def strength(waves: int) -> float:
        wave = jnp.asarray(np.broadcast_to(np.cos(2 * np.pi * waves * x)[None, :, None], (size, size, 3)))
        out, _ = filter_spectrum(power).update(wave, optax.EmptyState())
        return float(jnp.abs(out).max())

    assert strength(12) / strength(24) == pytest.approx(2**power, rel=1e-3)
    assert strength(2) == pytest.approx(strength(8), rel=1e-3)


def test_a_look_without_filter_is_the_plain_chain() -> None:
    """Power 0 adds nothing, so older looks dream what they dreamed."""
    update = jnp.asarray(np.random.default_rng(0).normal(size=(16, 16, 3)), jnp.float32)
    plain, shaped = momentum_ascent(0.02, 0.6), momentum_ascent(0.02, 0.6, power=0.0)
    assert len(plain.init(update)) == len(shaped.init(update)) == 3


def test_steady_steps_are_as_large_however_gradients_differ() -> None:
    """Gradients that have nothing in common, or all: the change has the same root mean square. Without, it has not."""
    rng = np.random.default_rng(0)
    same = jnp.asarray(rng.normal(size=(32, 32, 3)), jnp.float32)
    others = [jnp.asarray(rng.normal(size=(32, 32, 3)), jnp.float32) for _ in range(8)]

    def last(steady: bool, gradients: list[jax.Array]) -> float:
        optimiser = momentum_ascent(0.1, 0.6, steady=steady)
        state = optimiser.init(same)
        for gradient in gradients:
            update, state = optimiser.update(gradient, state)
        return float(jnp.sqrt(jnp.mean(update**2)))

    assert last(True, others) == pytest.approx(0.1, rel=0.02)
    assert last(True, [same] * 8) == pytest.approx(0.1, rel=0.02)
    assert last(False, others) < 0.06
