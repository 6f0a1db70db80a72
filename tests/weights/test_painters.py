"""A painter's file: what is written is read, and anything else is refused in a sentence."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from dreamstream.core.errors import UsageError, UserError
from dreamstream.networks.pix2pix.unet import Shape, UNet
from dreamstream.support.resources import models_folder
from dreamstream.weights.painters import FORMAT, Painting, open_painter, read_painting, write_painting
from dreamstream.wishes.vocabulary import Vocabulary

SHAPE = Shape(32, 3, (4, 6, 8), 5)


@functools.cache
def painting() -> Painting:
    """A small one, not taught."""
    params = jax.jit(UNet(SHAPE).init)(jax.random.key(0), jnp.zeros((1, 32, 32, 1)), jnp.zeros(1, jnp.int32))
    return Painting(("cat", "tree frog"), SHAPE, params, False, {"steps": 3})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Words, shape, card and parameters, these to 16 bits; and it paints."""
    path = tmp_path / "cats.safetensors"
    write_painting(path, painting())
    found = read_painting(path)
    assert replace(found, params={}) == replace(painting(), params={})
    for one, other in zip(jax.tree.leaves(found.params), jax.tree.leaves(painting().params), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    opened = open_painter(str(path))
    assert (opened.words, opened.side) == (("cat", "tree frog"), 32)
    assert opened.paint(np.zeros((32, 32), np.uint8), "tree frog").shape == (32, 32, 4)


def changed(path: Path, metadata: Mapping[str, str], tensors: Mapping[str, Any] | None = None) -> None:
    """Write the file with other metadata or tensors."""
    write_painting(path, painting())
    held = {**load_file(path), **(tensors or {})}
    told = {
        "format": FORMAT,
        "words": json.dumps(painting().words),
        "shape": json.dumps({"size": 32, "words": 3, "channels": [4, 6, 8], "word": 5}),
        "framed": "true",
    }
    save_file(held, path, {**told, **metadata})


def test_a_painter_from_before_doubles_as_it_was_taught(tmp_path: Path) -> None:
    """A file that does not say how it doubles repeats pixels; one that is taught now goes between them."""
    path = tmp_path / "cats.safetensors"
    made = {}
    for smooth in (True, False):
        write_painting(path, replace(painting(), shape=replace(SHAPE, smooth=smooth)))
        assert read_painting(path).shape.smooth is smooth
        lines = np.full((32, 32), 255, np.uint8)
        lines[8:24, 15] = 0
        made[smooth] = open_painter(str(path)).paint(lines, "cat")
    assert (made[True] != made[False]).any()
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
    shape = json.loads(metadata["shape"])
    del shape["smooth"]
    save_file(load_file(path), path, metadata | {"shape": json.dumps(shape)})
    np.testing.assert_array_equal(open_painter(str(path)).paint(lines, "cat"), made[False])


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"format": "dreamstream generator 1"}, "it holds no painter"),
        ({"words": '["cat"]'}, "it has 1 words, but its network has 3"),
        ({"words": '["cat", 7]'}, "its words are none"),
        ({"shape": '{"size": 32, "words": 3, "channels": [4, 6, 100000], "word": 5}'}, "beyond what can be made"),
        ({"shape": '{"size": 36, "words": 3, "channels": [4, 6, 8], "word": 5}'}, "beyond what can be made"),
        ({"shape": '{"size": 32, "words": 3, "channels": [4, 6, 9], "word": 5}'}, "but should be"),
        ({"shape": "[]"}, "is no painter's file"),
        ({"framed": "3"}, "its card is none"),
        ({"card": "{"}, "is no painter's file"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, metadata: dict[str, str], said: str) -> None:
    """With what is wrong."""
    path = tmp_path / "odd.safetensors"
    changed(path, metadata)
    with pytest.raises(UserError, match=said):
        read_painting(path)


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    """NaN, and what is missing, too much, or no safetensors at all."""
    path = tmp_path / "odd.safetensors"
    changed(path, {}, {"picture/bias": np.array([0, np.nan, 0, 0], np.float16)})
    with pytest.raises(UserError, match="picture/bias holds what is no number"):
        read_painting(path)
    changed(path, {}, {"more": np.zeros(3, np.float16)})
    with pytest.raises(UserError, match=r"more is \(3,\), but should be absent"):
        read_painting(path)
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(UserError, match="is no painter's file"):
        read_painting(path)
    with pytest.raises(UsageError, match="There is no painter"):
        read_painting(tmp_path / "none.safetensors")


def test_the_painter_that_ships() -> None:
    """At most 3 MB, at least twelve of the built-in words, and its card beside it."""
    path = models_folder() / "doodle" / "weights.safetensors"
    assert path.stat().st_size < 3e6
    found = read_painting(path)
    known = {entry.name for entry in Vocabulary.builtin()}
    assert len(found.words) >= 12
    assert set(found.words) <= known
    assert (found.shape.size, found.framed) == (128, True)
    card = (path.parent / "README.md").read_text()
    assert all(word in card.replace("\n", " ") for word in found.words)
