"""Random latents show afterwards what codes have shown before."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from dreamstream.networks.stylegan2.generator import Generator, Shape
from dreamstream.networks.stylegan2.layers import applied
from dreamstream.train.learn.codes import drawn_like

SHAPE = Shape(channels=(4,), latent=6, style=5, layers=1)


def test_a_random_latent_is_a_code_drawn_like_those() -> None:
    """Its style is that of the mean code plus the latent times a root of the codes' covariance."""
    rng = np.random.default_rng(0)
    codes = (rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)) * 0.1 + rng.normal(size=6)).astype(np.float32)
    generator = Generator(SHAPE)
    params = jax.jit(generator.init)(jax.random.key(1), jnp.zeros((1, 6)))
    bias = params["params"]["mapping_0"]["bias"] + 3.0
    params["params"]["mapping_0"]["bias"] = bias
    moved, known = drawn_like(jax.tree.map(np.asarray, params), SHAPE, codes)
    latents = rng.normal(size=(5, 6))
    latents /= np.sqrt((latents**2).mean(axis=1, keepdims=True))
    values, directions = np.linalg.eigh(np.cov(codes.astype(np.float64), rowvar=False))
    meant = codes.mean(axis=0) + latents @ np.diag(np.sqrt(values)) @ directions.T
    kernel = np.asarray(params["params"]["mapping_0"]["kernel"])
    plain = meant @ kernel * 0.01 / np.sqrt(6) + np.asarray(bias) * 0.01
    found = applied(generator, moved, jnp.asarray(latents, jnp.float32), method="style")
    np.testing.assert_allclose(found, np.maximum(plain, 0.2 * plain) * np.sqrt(2), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose((known**2).mean(axis=1), 1, rtol=1e-4)
    length = np.sqrt((((codes - codes.mean(axis=0)) @ directions / np.sqrt(values)) ** 2).mean(axis=1, keepdims=True))
    back = known * length @ np.diag(np.sqrt(values)) @ directions.T + codes.mean(axis=0)
    np.testing.assert_allclose(back, codes, atol=1e-3)
    others = jax.tree.map(lambda a, b: bool(np.array_equal(a, b)), moved["params"], dict(params["params"]))
    assert all(all(jax.tree.leaves(same)) for name, same in others.items() if name != "mapping_0")
