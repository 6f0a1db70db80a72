"""StyleGAN2s of others, in files of their true layout, against plain PyTorch forms; what else there is, is refused."""

from __future__ import annotations

import functools
import json
import pickle
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers import registry
from dreamstream.networks.generators import Shape, generator_of, kind_of
from dreamstream.networks.stylegan2.layers import applied
from dreamstream.train.learn.beginning import beginning
from dreamstream.weights.generators import heading_of, read_subject, write_subject
from dreamstream.weights.stylegan2.reader import read_published

pytest.importorskip("torch")

import torch

from tests.weights import stylegan_files, stylegans

pytestmark = pytest.mark.parity

WRITERS: dict[str, tuple[Any, Any]] = {
    "rosinality": (stylegans.Rosinality, stylegan_files.write_rosinality),
    "rosinality, old format": (stylegans.Rosinality, functools.partial(stylegan_files.write_rosinality, old=True)),
    "lucidrains": (stylegans.Lucidrains, stylegan_files.write_lucidrains),
    "NVIDIA's PyTorch": (stylegans.Nvidia, stylegan_files.write_nvidia),
    "NVIDIA's TensorFlow": (stylegans.Nvidia, stylegan_files.write_tensorflow),
}


@functools.partial(jax.jit, static_argnums=0)
def pictures(shape: Shape, params: Any, latents: jax.Array) -> jax.Array:
    """Of a generator, compiled once for all files of its shape."""
    return applied(generator_of(shape), params, latents)


def drawn(path: Path, latents: Any) -> Any:
    """What a file's generator makes, [N, 3, S, S]."""
    found = read_subject(path)
    made = pictures(found.shape, found.generator, jnp.asarray(latents.numpy()))
    return np.asarray(made).transpose(0, 3, 1, 2)


def plain(net: Any) -> tuple[Any, Any]:
    """Three latents, and their pictures in [-1, 1] by the plain form."""
    latents = torch.randn(3, stylegans.LATENT, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        made = net(latents).numpy()
    return latents, 2 * made - 1 if isinstance(net, stylegans.Lucidrains) else made


@pytest.mark.parametrize("layout", WRITERS)
def test_pictures_are_those_of_the_plain_form(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All latents' pictures, and no source in a file has been run."""
    monkeypatch.chdir(tmp_path)
    network, write = WRITERS[layout]
    net = stylegans.random_(network())
    path = write(tmp_path / "their cat.pt", net)
    latents, wanted = plain(net)
    made = drawn(path, latents)
    assert made.shape == wanted.shape == (3, 3, 16, 16)
    assert np.std(wanted, axis=0).mean() > 0.1 * np.abs(wanted).mean()
    np.testing.assert_allclose(made, wanted, atol=2e-5 * np.abs(wanted).max())
    assert heading_of(path) == ("their cat", kind_of(read_subject(path).shape))
    assert [each.name for each in tmp_path.iterdir()] == ["their cat.pt"]


def test_it_can_be_written_as_a_subject(tmp_path: Path) -> None:
    """In 16-bit floats, and read again; it is not taught on."""
    theirs = stylegan_files.write_rosinality(tmp_path / "x.pt", stylegans.random_(stylegans.Rosinality()))
    found = read_subject(theirs)
    write_subject(tmp_path / "ours.safetensors", found)
    again = read_subject(tmp_path / "ours.safetensors")
    assert (again.shape, again.name) == (found.shape, "x")
    with pytest.raises(UsageError, match="can be dreamed, but not taught on"):
        beginning("style", str(theirs), 16)


def test_the_rate_beside_a_file_is_read(tmp_path: Path) -> None:
    """lucidrains' program keeps it in a file of its own; what cannot be a rate is said."""
    net = stylegans.random_(stylegans.Lucidrains(rate=0.02))
    path = stylegan_files.write_lucidrains(tmp_path / "model_3.pt", net)
    latents, wanted = plain(net)
    assert np.abs(drawn(path, latents) - wanted).max() > 1e-3 * np.abs(wanted).max()
    (tmp_path / ".config.json").write_text(json.dumps({"image_size": 16, "lr_mlp": 0.02}))
    np.testing.assert_allclose(drawn(path, latents), wanted, atol=2e-5 * np.abs(wanted).max())
    for beside, said in (("[3]", "cannot be read"), ('{"lr_mlp": -1}', "lr_mlp -1.0, which cannot be")):
        (tmp_path / ".config.json").write_text(beside)
        with pytest.raises(UserError, match=said):
            read_published(path)


def test_it_dreams(tmp_path: Path) -> None:
    """By the file's name, like any subject: described, asked for a point, the same dreams for the same seed."""
    path = stylegan_files.write_lucidrains(tmp_path / "Their_Cat.PT", stylegans.random_(stylegans.Lucidrains()))
    request = DreamerRequest(size=(128, 96), cache=tmp_path / "cache")
    assert [word.name for word in registry.describe(str(path), request).words[:2]] == ["Their Cat", "Their Cat a"]
    seen = []
    for _ in range(2):
        dreamer = registry.open_dreamer(str(path), request)
        seen += [dreamer.dream(Programme((Wish("Their Cat b"),)), time).picture for time in (0.0, 0.5)]
    assert (seen[0] != seen[1]).any()
    np.testing.assert_array_equal(seen[:2], seen[2:])


def refused(path: Path) -> str:
    """What is said of a file that is not read."""
    with pytest.raises(UserError) as caught:
        read_published(path)
    said = str(caught.value)
    assert str(path) in said
    assert "\n" not in said
    assert len(said) < 500
    return said


def changed(path: Path, network: Any, held: Any, **tensors: Any) -> str:
    """What is said of a file in which some tensors of a network are others (None: none). held: how it is kept."""
    state = network.state_dict()
    for name, tensor in tensors.items():
        state.pop(name, None)
        if tensor is not None:
            state[name] = tensor
    torch.save(held(state), path)
    return refused(path)


def test_what_differs_is_said(tmp_path: Path) -> None:
    """Sizes and numbers that cannot be, other filters, parts that are not read here, and other networks."""
    path, net = tmp_path / "x.pt", stylegans.random_(stylegans.Rosinality())

    def said(**tensors: Any) -> str:
        return changed(path, net, lambda state: {"g_ema": state}, **tensors)

    assert "convs.1.conv.weight is missing" in said(**{"convs.1.conv.weight": None})
    wrong = said(**{"convs.1.conv.weight": torch.zeros(1, 5, 5, 5, 5)})
    assert "convs.1.conv.weight is [1, 5, 5, 5, 5], but should be [1, any, any, 3, 3]" in wrong
    assert "holds what is no number" in said(**{"input.input": torch.full((1, 6, 4, 4), float("nan"))})
    assert "is of int64 and not of floats" in said(**{"input.input": torch.zeros(1, 6, 4, 4, dtype=torch.int64)})
    assert "[1, 3, 3, 1]" in said(**{"convs.0.conv.blur.kernel": torch.ones(4, 4)})
    # Each by itself is right, but they do not go together.
    assert "should be" in said_of_subject(
        path, net, "style.2.weight", torch.zeros(9, 8), "style.2.bias", torch.zeros(9)
    )
    assert "pictures of 2048 pixels" in said(**{f"to_rgbs.{n}.bias": torch.zeros(1, 3, 1, 1) for n in range(9)})
    free = stylegans.random_(stylegans.Lucidrains())

    def said_free(**tensors: Any) -> str:
        return changed(path, free, lambda state: {"GAN": state}, **tensors)

    assert "attention" in said_free(**{"GE.attns.1.0.fn.g": torch.zeros(1)})
    assert "early versions" in said_free(**{"GE.initial_conv.weight": None})
    assert "transparent" in said_free(**{"GE.blocks.2.to_rgb.conv.weight": torch.zeros(4, 4, 1, 1)})
    torch.save({"state_dict": {"conv1.weight": torch.zeros(3)}}, path)
    assert "it holds conv1.weight, and of StyleGAN2s those of NVIDIA's" in refused(path)


def said_of_subject(path: Path, net: Any, *changes: Any) -> str:
    """What is said when a file's tensors do not go together, which is seen when the generator is made."""
    state = net.state_dict() | dict(zip(changes[::2], changes[1::2], strict=True))
    torch.save({"g_ema": state}, path)
    with pytest.raises(UserError) as caught:
        read_subject(path)
    return str(caught.value)


def test_what_differs_in_a_pickle_is_said(tmp_path: Path) -> None:
    """Classes, a StyleGAN3, a residual generator, a network saved whole, and what is none at all."""
    path, net = tmp_path / "x.pkl", stylegans.random_(stylegans.Nvidia())
    net.c_dim = 10
    assert "pictures of classes" in refused(stylegan_files.write_nvidia(path, net))
    net.c_dim = 0
    net.synthesis.b8.skip = stylegans.holder(weight=torch.zeros(5, 6, 1, 1))
    assert "residual generator" in refused(stylegan_files.write_nvidia(path, net))
    del net.synthesis.b8.skip
    net.synthesis.L0_36_64 = stylegans.holder(weight=torch.zeros(3))
    assert "StyleGAN3" in refused(stylegan_files.write_nvidia(path, net))
    del net.synthesis.L0_36_64
    net.mapping.fc1.activation = "relu"
    assert "followed by relu" in refused(stylegan_files.write_nvidia(path, net))
    path.write_bytes(pickle.dumps({"G": [1, 2], "epoch": 3}))
    assert "its pickle holds no generator" in refused(path)
    for content in (b"", b"hello", b"<!DOCTYPE html>"):
        path.write_bytes(content)
        assert "begins like neither a zip nor a pickle" in refused(path)
        with pytest.raises(UserError, match="begins like neither"):
            heading_of(path)
    path.write_bytes(b"\x80\x04cos\nsystem\n\x8c\x0ctouch canary\x85R.")
    assert "its pickle holds no generator" in refused(path)
