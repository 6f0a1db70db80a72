"""Files of every known writer give the same network, each with its own preprocessing and class order."""

from __future__ import annotations

import argparse
import datetime
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from dreamstream.core.errors import UserError
from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.networks.vgg.preprocessing import CAFFE, TORCHVISION, Preprocessing
from dreamstream.weights import heads
from dreamstream.weights.formats import checkpoint_of, read_weights
from tests.weights import networks
from tests.weights.networks import SMALL, SMALL_19, random_params

MATCONVNET = Preprocessing(255.0, (123.68, 116.779, 103.939), (1.0, 1.0, 1.0))
Write = Callable[[Path, Architecture, Any], Path]


def lasagne(protocol: int) -> Write:
    """Writes with this version of the pickle protocol."""
    return lambda path, architecture, params: networks.write_lasagne(path, params, protocol)


WRITERS: dict[str, tuple[Write, str, Preprocessing]] = {
    "torchvision safetensors": (networks.write_safetensors, "torchvision", TORCHVISION),
    "timm safetensors": (lambda p, a, n: networks.write_safetensors(p, a, n, timm=True), "timm", TORCHVISION),
    "torch zip": (networks.write_torch, "PyTorch zip", TORCHVISION),
    "torch old": (lambda p, a, n: networks.write_torch(p, a, n, old=True), "old PyTorch", TORCHVISION),
    "keras": (networks.write_keras, "Keras", CAFFE),
    "matconvnet": (lambda p, a, n: networks.write_matconvnet(p, n), "MatConvNet", MATCONVNET),
    "matconvnet old": (lambda p, a, n: networks.write_matconvnet(p, n, old=True), "MatConvNet", MATCONVNET),
    "matconvnet plain": (lambda p, a, n: networks.write_matconvnet(p, n, compress=False), "MatConvNet", MATCONVNET),
    "lasagne python 2": (lambda p, a, n: networks.write_python2_lasagne(p, n), "Lasagne", CAFFE),
    **{f"lasagne {protocol}": (lasagne(protocol), "Lasagne", CAFFE) for protocol in (0, 1, 2, 3, 4, 5)},
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("architecture", [SMALL, SMALL_19], ids=["16", "19"])
def test_every_format_is_read(tmp_path: Path, writer: str, architecture: Architecture) -> None:
    """The parameters come back to the bit, whatever the file is called."""
    write, format, preprocessing = WRITERS[writer]
    params = random_params(architecture)
    path = write(tmp_path / "network.bin", architecture, params)
    with checkpoint_of(path) as checkpoint:
        assert format in checkpoint.format
    model = read_weights(path)
    assert (model.name, model.architecture) == ("network", architecture)
    assert model.preprocessing.bgr == preprocessing.bgr
    assert model.preprocessing.mean == pytest.approx(preprocessing.mean)
    assert (model.preprocessing.scale, model.preprocessing.std) == (preprocessing.scale, preprocessing.std)
    for layer, group in params.items():
        for part, value in group.items():
            assert np.array_equal(model.params[layer][part], value), (layer, part)


def test_class_names(tmp_path: Path) -> None:
    """1000 outputs are ImageNet's; other numbers are named by the file, or counted."""
    thousand = Architecture("D", 1 / 64, 8, 1000, 32)
    named = read_weights(networks.write_safetensors(tmp_path / "a", thousand, random_params(thousand)))
    assert (named.classes[0], named.classes[999]) == ("tench", "toilet tissue")
    said = read_weights(networks.write_matconvnet(tmp_path / "b", random_params(SMALL)))
    assert said.classes[:2] == ("thing 0", "thing 1")
    counted = read_weights(networks.write_safetensors(tmp_path / "c", SMALL, random_params(SMALL)))
    assert counted.classes[:2] == ("class 0", "class 1")
    # A file that says that its order is another is believed.
    other = read_weights(networks.write_matconvnet(tmp_path / "d", random_params(thousand)))
    assert other.classes[0] == "thing 0"


@pytest.mark.parametrize("kind", ["float16", "float64", "bfloat16"])
def test_other_floats(tmp_path: Path, kind: str) -> None:
    """Half, double and brain floats become float32."""
    import ml_dtypes

    dtype = ml_dtypes.bfloat16 if kind == "bfloat16" else np.dtype(kind)
    tensors = networks.state_dict(SMALL, random_params(SMALL))
    save_file({name: value.astype(dtype) for name, value in tensors.items()}, tmp_path / "a.safetensors")
    read = read_weights(tmp_path / "a.safetensors").params["conv3_2"]["kernel"]
    assert read.dtype == np.float32
    assert read == pytest.approx(random_params(SMALL)["conv3_2"]["kernel"], rel=1e-2, abs=1e-3)


class Stranger:
    """What a training script leaves in its checkpoints; whoever makes one is noticed."""

    made = 0

    def __setstate__(self, state: Any) -> None:
        type(self).made += 1

    def __init__(self) -> None:
        self.metric = {"loss": [1.0, 2.0]}


@pytest.mark.parametrize("timm", [False, True], ids=["torchvision", "timm"])
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda name: f"module.{name}",
        lambda name: f"_orig_mod.module.{name}",
        lambda name: f"net.backbone.{name}",
        lambda name: f"teacher.student.{name}",
        lambda name: name.replace("features.", "features.module."),
        lambda name: name.replace(".weight", "._checkpoint_wrapped_module.weight"),
        lambda name: "model._orig_mod." + name.replace(".", "._fsdp_wrapped_module."),
        lambda name: f"module.{name}" if name.startswith("features") else name,
        lambda name: name if name.startswith("features") else f"model.net.{name}",
    ],
    ids=["front", "two", "net", "any", "features", "layer", "everywhere", "only features", "only dense"],
)
def test_wrapped_names(tmp_path: Path, wrapped: Callable[[str], str], timm: bool) -> None:
    """What data parallelism, compilers, checkpointing and trainers put before, into and between names is left out."""
    params = random_params(SMALL)
    tensors = {wrapped(name): value for name, value in networks.state_dict(SMALL, params, timm).items()}
    save_file(tensors, tmp_path / "a.safetensors")
    model = read_weights(tmp_path / "a.safetensors")
    assert all(np.array_equal(model.params[name]["kernel"], layer["kernel"]) for name, layer in params.items())


def test_whole_models(tmp_path: Path) -> None:
    """A model that was saved with its program is told to save its numbers; a state dict beside it in a file is read."""
    torch, keras = networks.library("torch"), networks.library("keras")
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
    state = {k: torch.from_numpy(v) for k, v in networks.state_dict(SMALL, random_params(SMALL)).items()}
    files = {name: tmp_path / name for name in ("a.pt", "old.pt", "inside.pt", "script.pt", "pickle.pt")}
    torch.save(model, files["a.pt"])
    torch.save(model, files["old.pt"], _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "model": torch.nn.DataParallel(model)}, files["inside.pt"])
    torch.jit.save(torch.jit.script(model), files["script.pt"])
    files["pickle.pt"].write_bytes(pickle.dumps(model))
    for path in files.values():
        with pytest.raises(UserError, match=r"save its numbers alone: torch\.save\(model\.state_dict\(\), FILE\)\.$"):
            read_weights(path)
    torch.save({"model": model, "state_dict": state}, tmp_path / "both.pt")
    assert read_weights(tmp_path / "both.pt").architecture == SMALL

    network = keras.Sequential([keras.layers.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])
    network.save(tmp_path / "a.keras")
    (tmp_path / "keras.pickle").write_bytes(pickle.dumps(network))
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    for name in ("a.keras", "keras.pickle", "saved"):
        with pytest.raises(UserError, match=r"save its numbers alone: model\.save_weights"):
            read_weights(tmp_path / name)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        read_weights(tmp_path / "empty")


def test_one_class(tmp_path: Path) -> None:
    """A network, or a head, of one class says why nothing can be dreamed by it."""
    one = networks.state_dict(SMALL, random_params(SMALL))
    one["classifier.6.weight"], one["classifier.6.bias"] = one["classifier.6.weight"][:1], one["classifier.6.bias"][:1]
    save_file(one, tmp_path / "a.safetensors")
    metadata = {"format": heads.FORMAT, "base": '{"name": "builtin", "sha256": ""}', "window": "64"}
    metadata["classes"] = '[{"name": "cat", "aliases": []}]'
    save_file({"fc8.kernel": np.ones((1, 1, 16, 1), np.float32)}, tmp_path / "b.safetensors", metadata)
    for name in ("a", "b"):
        with pytest.raises(UserError, match=r"one class; .* at least two classes are needed\.$"):
            read_weights(tmp_path / f"{name}.safetensors")


@pytest.mark.parametrize("old", [False, True], ids=["zip", "old"])
def test_a_checkpoint_with_other_objects(tmp_path: Path, old: bool) -> None:
    """The robust network's file: wrapped names, its own mean, an attacker's copy, pickled objects that nobody makes."""
    torch = networks.library("torch")
    params = random_params(SMALL)
    inner = {f"module.model.{k}": torch.from_numpy(v) for k, v in networks.state_dict(SMALL, params).items()}
    own = {"new_mean": torch.tensor([0.4, 0.5, 0.6]).reshape(3, 1, 1), "new_std": torch.tensor([0.2, 0.3, 0.4])}
    attacker = {k.replace("module.", "module.attacker."): v + 1 for k, v in inner.items()}
    wrapper = {f"module.normalizer.{k}": v for k, v in own.items()}
    counter = {"module.model.num_batches_tracked": torch.tensor(3)}
    checkpoint = {
        "model": {**attacker, **inner, **wrapper, **counter},
        "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": [{"lr": 0.1}]},
        "schedule": Stranger(),
        "args": argparse.Namespace(eps=3.0, when=datetime.datetime(2020, 1, 1)),
        "epoch": 90,
    }
    torch.save(checkpoint, tmp_path / "robust.ckpt", _use_new_zipfile_serialization=not old)
    Stranger.made = 0
    model = read_weights(tmp_path / "robust.ckpt")
    assert Stranger.made == 0
    assert model.preprocessing.mean == pytest.approx((0.4, 0.5, 0.6))
    assert model.preprocessing.std == pytest.approx((0.2, 0.3, 0.4))
    assert np.array_equal(model.params["fc6"]["kernel"], params["fc6"]["kernel"])


def test_parameters_and_views(tmp_path: Path) -> None:
    """Parameters are tensors in a wrapper, and a tensor may be a transposed part of a shared storage."""
    torch = networks.library("torch")
    tensors = networks.state_dict(SMALL, random_params(SMALL))
    state = {name: torch.nn.Parameter(torch.from_numpy(value)) for name, value in tensors.items()}
    whole = torch.from_numpy(np.concatenate([np.zeros((3, 24), np.float32), tensors["classifier.3.weight"].T]))
    state["classifier.3.weight"] = whole[3:].t()
    torch.save(state, tmp_path / "a.pth")
    read = read_weights(tmp_path / "a.pth").params["fc7"]["kernel"]
    assert np.array_equal(read, random_params(SMALL)["fc7"]["kernel"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"features.0.weight": (2, 3, 3, 4)}, r"features\.0 \(conv1_1\) has kernel \(2, 3, 3, 4\)"),
        ({"features.0.weight": (4, 3, 3, 3)}, "no VGG of any one width"),
        ({"features.28.weight": None}, "neither VGG-16 nor VGG-19"),
        ({"classifier.0.bias": None}, r"classifier\.0 \(fc6\) has no bias"),
        ({"classifier.6.bias": (11,)}, r"vector of shape \(11,\), not \(10,\)"),
        ({"classifier.3.weight": None}, "2 dense layers"),
        ({"classifier.0.weight": (24, 50)}, "no square of 16 channels"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """The first layer that is no VGG's."""
    tensors = networks.state_dict(SMALL, random_params(SMALL))
    for name, shape in change.items():
        tensors.pop(name)
        if shape:
            tensors[name] = np.ones(shape, np.float32)
    save_file(tensors, tmp_path / "a.safetensors")
    with pytest.raises(UserError, match=said):
        read_weights(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\n<!DOCTYPE html><html><body>404", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        (b"\x1f\x8b" + bytes(600), "gzip"),
        (bytes(257) + b"ustar" + bytes(300), "tar archive"),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64" + bytes(600), "save it with -v7"),
        (b"just some words", "none of safetensors, PyTorch"),
        (b"PK\x05\x06" + bytes(18), "none of safetensors"),
    ],
)
def test_what_is_no_weight_file(tmp_path: Path, content: bytes, said: str) -> None:
    """Files that people save in place of weights are called by their name."""
    path = tmp_path / "vgg16.pth"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        read_weights(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", [SMALL, SMALL_19])
@pytest.mark.parametrize("how", ["torchvision", "timm", "torch zip", "torch old", "keras", "matconvnet", "lasagne"])
def test_convolutions_alone(tmp_path: Path, how: str, shape: Architecture) -> None:
    """A file without dense layers ("no top") is a network without classes, in every layout."""
    bare = shape.without_head()
    params = random_params(bare)
    path = tmp_path / "notop"
    match how:
        case "torchvision" | "timm":
            networks.write_safetensors(path, bare, params, timm=how == "timm")
        case "torch zip" | "torch old":
            networks.write_torch(path, bare, params, old=how == "torch old")
        case "keras":
            networks.write_keras(path, bare, params)
        case "matconvnet":
            networks.write_matconvnet(path, params)
        case "lasagne":
            networks.write_lasagne(path, params)
    model = read_weights(path)
    assert (model.architecture, model.classes) == (bare, ())
    for name, layer in params.items():
        assert np.array_equal(model.params[name]["kernel"], layer["kernel"])
        assert np.array_equal(model.params[name]["bias"], layer["bias"])


def test_some_dense_layers_are_no_network(tmp_path: Path) -> None:
    """Two of three dense layers are neither a network nor one without a top."""
    tensors = networks.state_dict(SMALL, random_params(SMALL))
    del tensors["classifier.6.weight"], tensors["classifier.6.bias"]
    save_file(tensors, tmp_path / "a.safetensors")
    with pytest.raises(UserError, match="2 dense layers after the convolutions, not 3, or none"):
        read_weights(tmp_path / "a.safetensors")


def test_values_that_are_no_numbers(tmp_path: Path) -> None:
    """NaN and infinity anywhere are refused, also where batch norm makes them."""
    path = networks.write_safetensors(tmp_path / "a.safetensors", SMALL, random_params(SMALL))
    tensors = load_file(path)
    tensors["features.5.bias"][1] = np.inf
    save_file(tensors, path)
    with pytest.raises(UserError, match=r"bias of features\.5 holds values that are no finite numbers"):
        read_weights(path)
