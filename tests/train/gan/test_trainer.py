"""Training a generator: the gradients are those of the losses as the papers write them, and it learns."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.networks.stylegan2.generator import Shape
from dreamstream.train.gan.augment import augmented
from dreamstream.train.gan.trainer import GanRecipe, GanTrainer

# Compiling two networks and their second derivatives takes a while.
pytestmark = [pytest.mark.slow, pytest.mark.promotes]
SHAPE = Shape(channels=(8, 6), latent=4, style=6, layers=2)


def trainer(**changes: Any) -> GanTrainer:
    """A small one."""
    return GanTrainer(GanRecipe(shape=SHAPE, batch=8, **changes))


def test_one_pass_gives_both_gradients() -> None:
    """They are those of softplus(made - real) + penalties, and of softplus(real - made)."""
    ours = trainer(mixed=0.0)
    state = ours.state
    real = jax.random.normal(jax.random.key(2), (8, 8, 8, 3)) * 0.5
    making, _, _ = jax.random.split(jax.random.fold_in(jax.random.key(1), 0), 3)

    def of_generator(params: Any) -> jax.Array:
        made = ours._make(params, making)
        apart = ours._judge(state["discriminator"], real) - ours._judge(state["discriminator"], made)
        return jnp.mean(jax.nn.softplus(apart))

    def of_discriminator(params: Any) -> jax.Array:
        made = ours._make(state["generator"], making)
        apart = ours._judge(params, real) - ours._judge(params, made)
        return jnp.mean(jax.nn.softplus(-apart)) + ours._penalty(params, real, made)

    found = jax.jit(lambda state: ours._gradients(state, real, True)[:2])(state)
    wanted = (
        jax.jit(jax.grad(of_generator))(state["generator"]),
        jax.jit(jax.grad(of_discriminator))(state["discriminator"]),
    )
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4 * float(jnp.abs(other).max()) + 1e-7)


def test_known_pictures_are_kept() -> None:
    """A half of the latents are the known ones, and the generator's loss then also has what is made of them."""
    ours = trainer(mixed=1.0, kept=7.0)
    state = ours.state
    real, known = (jax.random.normal(jax.random.key(seed), shape) for seed, shape in ((2, (8, 8, 8, 3)), (5, (8, 4))))
    making, _, _ = jax.random.split(jax.random.fold_in(jax.random.key(1), 0), 3)
    latents = ours._about(known, making)
    near = jnp.abs(latents[:4] - known[:4]).max(axis=1)
    assert 0 < float(near.min()) <= float(near.max()) < 0.5
    ends = known[4:6], known[jnp.array([7, 0])]
    ways = [jnp.linalg.norm(latents[4:6] - end, axis=1) for end in ends]
    np.testing.assert_allclose(ways[0] + ways[1], jnp.linalg.norm(ends[0] - ends[1], axis=1), rtol=1e-4)

    def of_generator(params: Any) -> jax.Array:
        made = ours._make(params, making, known)
        apart = ours._judge(state["discriminator"], real) - ours._judge(state["discriminator"], made)
        return jnp.mean(jax.nn.softplus(apart)) + 7 * jnp.mean(jnp.abs(made[:4] - real[:4]))

    found = jax.jit(lambda state: ours._gradients(state, real, False, known)[0])(state)
    wanted = jax.jit(jax.grad(of_generator))(state["generator"])
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4 * float(jnp.abs(other).max()) + 1e-7)


def test_the_penalty_is_the_squared_slope_of_the_scores() -> None:
    """Half of (R1 + R2), by finite differences in every direction of a picture."""
    ours = trainer(penalty=2.0, every=4)
    params = ours.state["discriminator"]
    real, made = (0.3 * jax.random.normal(jax.random.key(seed), (8, 8, 8, 3)) for seed in (3, 4))

    def slope(picture: jax.Array) -> float:
        flat, step = np.asarray(picture, np.float32).reshape(-1), 1e-2
        moved = np.concatenate([flat + step * np.eye(flat.size), flat - step * np.eye(flat.size)]).astype(np.float32)
        up, down = np.split(np.asarray(ours._judge(params, jnp.asarray(moved).reshape(-1, 8, 8, 3))), 2)
        return float((((up - down) / (2 * step)) ** 2).sum())

    wanted = 0.5 * 2.0 * 4 * (slope(real[0]) + slope(made[0]))
    found = float(ours._penalty(params, real[:1], made[:1]))
    assert found == pytest.approx(wanted, rel=0.05)


def test_it_learns_what_it_is_shown() -> None:
    """Pictures of one colour: the averaged generator makes pictures of about that colour after some steps."""
    ours = trainer(rate=1e-2, remembered=100.0)
    real = jnp.broadcast_to(jnp.array([0.6, -0.4, 0.1]), (8, 8, 8, 3))
    for _ in range(150):
        scores = ours.step(real)
    made = ours._make(ours.state["average"], jax.random.key(9)).mean(axis=(0, 1, 2))
    assert np.isfinite(float(scores["loss"]))
    np.testing.assert_allclose(made, [0.6, -0.4, 0.1], atol=0.25)


def test_the_same_seed_gives_the_same_training() -> None:
    """All randomness comes from seed and step."""
    real = jnp.zeros((8, 8, 8, 3))
    first, second = trainer(seed=3), trainer(seed=3)
    for ours in (first, second):
        for _ in range(3):
            ours.step(real)
    for one, other in zip(jax.tree.leaves(first.state), jax.tree.leaves(second.state), strict=True):
        np.testing.assert_array_equal(one, other)


def test_changes_are_made_by_chance() -> None:
    """Without a chance nothing changes; with certainty every picture does, and each differently."""
    pictures = jnp.broadcast_to(jax.random.uniform(jax.random.key(0), (1, 16, 16, 3)), (6, 16, 16, 3))
    np.testing.assert_array_equal(augmented(pictures, jax.random.key(1), 0.0), pictures)
    changed = augmented(pictures, jax.random.key(1), 1.0)
    assert bool(jnp.all(jnp.abs(changed - pictures).max(axis=(1, 2, 3)) > 0.01))
    assert float(jnp.abs(changed[0] - changed[1]).max()) > 0.01
