"""A generator's file: what is written is read, and anything else is refused in a sentence."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from dreamstream.core.errors import UserError
from dreamstream.networks.stylegan2.generator import Generator, Shape
from dreamstream.networks.stylegan2.layers import applied
from dreamstream.support.resources import models_folder
from dreamstream.weights.generators import FORMAT, Subject, heading_of, read_subject, write_subject
from dreamstream.weights.stylegan2.reader import is_published

SHAPE = Shape(channels=(8, 6), latent=4, style=6, layers=2)


@functools.partial(jax.jit, static_argnums=0)
def drawn(shape: Shape, params: Mapping[str, Any], latents: jax.Array) -> jax.Array:
    """The pictures of a generator."""
    return applied(Generator(shape), params, latents)


@functools.cache
def subject() -> Subject:
    """A small one, not taught."""
    params = jax.jit(Generator(SHAPE).init)(jax.random.key(0), jnp.zeros((1, 4)))
    return Subject("char, the cat", SHAPE, params, None, {"pictures": 12})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Shape, card and parameters, these to 16 bits."""
    path = tmp_path / "char.safetensors"
    write_subject(path, subject())
    found = read_subject(path)
    assert (found.name, found.shape, found.card, found.discriminator) == (
        "char, the cat",
        SHAPE,
        {"pictures": 12},
        None,
    )
    latents = jax.random.normal(jax.random.key(1), (3, 4))
    one, other = (drawn(SHAPE, each.generator, latents) for each in (subject(), found))
    assert float(jnp.abs(one - other).max()) < 0.02


def test_points_are_kept(tmp_path: Path) -> None:
    """Latents of what is known by heart; those of another length are refused. The name is known without the rest."""
    path = tmp_path / "char.safetensors"
    points = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    write_subject(path, replace(subject(), points=points))
    found = read_subject(path).points
    assert found is not None
    np.testing.assert_allclose(found, points, atol=1e-3)
    assert heading_of(path) == ("char, the cat", "stylegan2")
    write_subject(path, replace(subject(), points=points[:, :3]))
    with pytest.raises(UserError, match=r"its points are \[3, 3\]"):
        read_subject(path)


def test_the_ancestor_ships() -> None:
    """It is small, has a discriminator to go on with, and makes pictures that differ from each other."""
    path = models_folder() / "ancestor" / "weights.safetensors"
    assert path.stat().st_size < 8_000_000
    found = read_subject(path)
    assert found.discriminator is not None
    made = np.asarray(drawn(found.shape, found.generator, jax.random.normal(jax.random.key(1), (8, 64))))
    assert made.shape == (8, 64, 64, 3)
    assert np.abs(made).mean() < 1.2
    assert np.std(made, axis=0).mean() > 0.15
    # What 16-bit floats may have taken off each number is not seen.
    rng = np.random.default_rng(0)

    def before(stored: NDArray[np.float32]) -> NDArray[np.float32]:
        gap = np.spacing(np.abs(stored).astype(np.float16)).astype(np.float32)
        return stored + gap * rng.uniform(-0.5, 0.5, stored.shape).astype(np.float32)

    exact = drawn(found.shape, jax.tree.map(before, found.generator), jax.random.normal(jax.random.key(1), (8, 64)))
    assert 10 * np.log10(4 / np.mean((np.asarray(exact) - made) ** 2)) > 45  # of a range of 2


def test_what_is_no_generator_is_refused(tmp_path: Path) -> None:
    """A text, other weights, a file cut short, one whose shape is not that of its parameters, one too deep."""
    path = tmp_path / "x.safetensors"
    path.write_text("hello")
    with pytest.raises(UserError, match=r"is no generator's file"):
        read_subject(path)
    save_file({"a": np.zeros(3, np.float32)}, path)
    with pytest.raises(UserError, match="it holds no generator"):
        read_subject(path)
    write_subject(path, subject())
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"is no generator's file"):
        read_subject(path)
    write_subject(path, replace(subject(), shape=Shape(channels=(8, 7), latent=4, style=6, layers=2)))
    with pytest.raises(UserError, match="but should be"):
        read_subject(path)
    write_subject(path, replace(subject(), shape=Shape(channels=(8,) * 30, latent=4, style=6, layers=2)))
    with pytest.raises(UserError, match="beyond what can be made"):
        read_subject(path)
    tensors = {"generator/a": np.zeros(3, np.float32)}
    save_file(tensors, path, {"format": FORMAT, "name": "a", "network": "biggan", "shape": "{}"})
    with pytest.raises(UserError, match="its network is a 'biggan', and there are stylegan2, began"):
        read_subject(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_subject(tmp_path / "none.safetensors")


def test_a_length_that_looks_like_a_pickle_is_a_length(tmp_path: Path) -> None:
    """A file of ours begins with the length of its description, whose bytes may be a pickle's or a zip's."""
    for start in (b"\x80\x02\x00\x00\x00\x00\x00\x00", b"PK\x00\x00\x00\x00\x00\x00"):
        path = tmp_path / "cat.safetensors"
        path.write_bytes(start + b"{}")
        assert not is_published(path)
        assert is_published(path.rename(tmp_path / "cat.bin"))
