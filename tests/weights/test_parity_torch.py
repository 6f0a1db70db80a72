"""The same weights, the same picture: PyTorch's layers and ours agree, through files that PyTorch wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.weights.formats import read_weights
from tests.weights.networks import library
from tests.weights.parity import WIDE, apart, assert_same, assert_same_gradient, canvas, ours, torch_answer, torch_vgg


def timm_names(state: dict[str, Any]) -> dict[str, Any]:
    """The state dict as timm's VGG has it: its first two dense layers are convolutions."""
    found = {name: value for name, value in state.items() if name.startswith("features")}
    dense, channels = state["classifier.0.weight"].shape[0], state["classifier.0.weight"].shape[1] // 49
    found["pre_logits.fc1.weight"] = state["classifier.0.weight"].reshape(dense, channels, 7, 7)
    found["pre_logits.fc2.weight"] = state["classifier.3.weight"][:, :, None, None]
    found["head.fc.weight"] = state["classifier.6.weight"]
    for ours_, theirs in (("pre_logits.fc1", "0"), ("pre_logits.fc2", "3"), ("head.fc", "6")):
        found[f"{ours_}.bias"] = state[f"classifier.{theirs}.bias"]
    return found


def write(path: Path, network: Any, how: str) -> Path:
    """The network's file in one of PyTorch's ways."""
    torch = library("torch")
    state = network.state_dict()
    if "safetensors" in how:
        from safetensors.torch import save_file

        save_file({k: v.contiguous() for k, v in (timm_names(state) if "timm" in how else state).items()}, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=how == "zip")
    return path


@pytest.mark.parametrize(
    ("how", "size"),
    [("zip", (224, 224)), ("old", WIDE), ("safetensors", WIDE), ("timm safetensors", WIDE), ("zip", WIDE)],
)
def test_narrow_vgg16(tmp_path: Path, how: str, size: tuple[int, int]) -> None:
    """Every container, the window and a larger canvas."""
    network = torch_vgg("D", 1 / 16, 64, 1000)
    model = read_weights(write(tmp_path / "weights", network, how))
    picture = canvas(*size)
    wanted = torch_answer(network, picture)
    assert wanted.logits.shape == ((size[0] - 224) // 32 + 1, (size[1] - 224) // 32 + 1, 1000)
    assert_same(ours(model, picture), wanted)
    if how == "zip":
        assert_same_gradient(ours(model, picture, jnp.float64), torch_answer(network.double(), picture))


@pytest.mark.parametrize(("configuration", "norm"), [("D", True), ("E", False), ("E", True)])
def test_batch_norm_and_vgg19(tmp_path: Path, configuration: str, norm: bool) -> None:
    """Batch norm that is folded computes what PyTorch computes with it, in both depths."""
    network = torch_vgg(configuration, 1 / 16, 64, 1000, norm=norm)
    model = read_weights(write(tmp_path / "weights", network, "zip"))
    picture = canvas(*WIDE)
    assert_same(ours(model, picture), torch_answer(network, picture))
    if not norm:  # folding rounds the kernels to float32
        assert_same_gradient(ours(model, picture, jnp.float64), torch_answer(network.double(), picture))


def test_bfloat16(tmp_path: Path) -> None:
    """In bfloat16 our logits stay within 2 % of PyTorch's in float32."""
    network = torch_vgg("D", 1 / 8, 128, 1000)
    model = read_weights(write(tmp_path / "weights", network, "zip"))
    picture = canvas(*WIDE)
    found = ours(model, picture, jnp.bfloat16).logits
    difference = apart(found, torch_answer(network, picture).logits)
    assert 1e-5 < difference < 2e-2  # nearer than that would not be bfloat16


def test_full_size_vgg16(tmp_path: Path) -> None:
    """The whole VGG-16: 138 million parameters, 553 MB, 224x224."""
    network = torch_vgg("D", 1.0, 4096, 1000)
    path = write(tmp_path / "vgg16.pth", network, "old")
    assert path.stat().st_size > 553_000_000
    picture = canvas(224, 224)
    wanted = torch_answer(network, picture)
    del network
    model = read_weights(path)
    path.unlink()
    assert (model.architecture.width, model.architecture.dense, len(model.classes)) == (1.0, 4096, 1000)
    assert_same(ours(model, picture), wanted)


def test_what_torch_reads_is_what_we_read(tmp_path: Path) -> None:
    """PyTorch's own reader finds the same numbers in the same files."""
    torch = library("torch")
    network = torch_vgg("D", 1 / 16, 64, 10)
    for how in ("zip", "old"):
        path = write(tmp_path / how, network, how)
        state = torch.load(path, weights_only=True)
        kernel = read_weights(path).params["conv4_2"]["kernel"]
        assert np.array_equal(kernel, state["features.19.weight"].numpy().transpose(2, 3, 1, 0))
