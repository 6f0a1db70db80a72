"""Random networks of true layout, and files of them as other programs write them, by those programs' own libraries."""

from __future__ import annotations

import importlib
import os
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from safetensors.numpy import save_file

from dreamstream.networks.vgg.architecture import BLOCKS, Architecture
from tests.conftest import missing

Params = Mapping[str, Mapping[str, np.ndarray[Any, Any]]]

# Small enough for hundreds of files, with a different number of channels wherever axes could be mistaken.
SMALL = Architecture("D", 1 / 32, 24, 10, 64)
SMALL_19 = Architecture("E", 1 / 32, 24, 10, 64)
# The real window, narrow.
NARROW = Architecture("D", 1 / 16, 48, 1000, 224)


def library(name: str) -> Any:
    """An optional library; without it the test is skipped, but fails in CI."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        return importlib.import_module(name)
    except ImportError:
        missing(f"{name} is not installed; pip install '.[parity]'")


def random_params(architecture: Architecture, seed: int = 0) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """Parameters whose activations neither vanish nor explode, float32."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, shape in architecture.layers().items():
        spread = (2 / (shape[0] * shape[1] * shape[2])) ** 0.5
        found[name] = {
            "kernel": rng.normal(0, spread, shape).astype(np.float32),
            "bias": rng.normal(0, 0.1, shape[3]).astype(np.float32),
        }
    return found


def torch_names(architecture: Architecture, normed: bool = False) -> dict[str, str]:
    """torchvision's name of each layer."""
    names, at, block = {}, 0, 0
    for name in architecture.layers():
        if name.startswith("fc"):
            names[name] = f"classifier.{3 * (int(name[2]) - 6)}"
            continue
        if int(name[4]) != block + 1:
            block, at = block + 1, at + 1
        names[name] = f"features.{at}"
        at += 3 if normed else 2
    assert len(names) == sum(BLOCKS[architecture.configuration]) + (3 if architecture.head == "dense" else 0)
    return names


def state_dict(architecture: Architecture, params: Params, timm: bool = False) -> dict[str, np.ndarray[Any, Any]]:
    """The parameters under torchvision's or timm's names, in PyTorch's axis order."""
    found = {}
    for name, own in torch_names(architecture).items():
        kernel = params[name]["kernel"].transpose(3, 2, 0, 1)
        if timm and name.startswith("fc"):
            own = {"fc6": "pre_logits.fc1", "fc7": "pre_logits.fc2", "fc8": "head.fc"}[name]
        if name.startswith("fc") and not (timm and name != "fc8"):
            kernel = kernel.reshape(kernel.shape[0], -1)
        found[f"{own}.weight"], found[f"{own}.bias"] = np.ascontiguousarray(kernel), params[name]["bias"]
    return found


def write_safetensors(path: Path, architecture: Architecture, params: Params, timm: bool = False) -> Path:
    """As `safetensors.torch.save_file(model.state_dict())` does."""
    save_file(state_dict(architecture, params, timm), path, {"format": "pt"})
    return path


def write_torch(path: Path, architecture: Architecture, params: Params, old: bool = False, **around: Any) -> Path:
    """As `torch.save(model.state_dict())` does; around: other things of a checkpoint, the network is then "model"."""
    torch = library("torch")
    state: Any = {name: torch.from_numpy(value.copy()) for name, value in state_dict(architecture, params).items()}
    torch.save({"model": state, **around} if around else state, path, _use_new_zipfile_serialization=not old)
    return path


def write_keras(path: Path, architecture: Architecture, params: Params) -> Path:
    """As keras.applications' files are: a group with its two datasets for each layer."""
    h5py = library("h5py")
    names = {"fc6": "fc1", "fc7": "fc2", "fc8": "predictions"}
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"input_1"]
        for name, layer in params.items():
            called = names.get(name) or f"block{name[4]}_conv{name[6]}"
            group = file.create_group(called)
            group.attrs["weight_names"] = [f"{called}_W_1:0".encode(), f"{called}_b_1:0".encode()]
            kernel = layer["kernel"]
            group[f"{called}_W_1:0"] = kernel.reshape(-1, kernel.shape[3]) if name.startswith("fc") else kernel
            group[f"{called}_b_1:0"] = layer["bias"]
    return path


def write_matconvnet(path: Path, params: Params, *, old: bool = False, compress: bool = True) -> Path:
    """As VLFeat's files are: a cell of structs; old: with filters and biases in place of weights."""
    steps = []
    for name, layer in params.items():
        bias = layer["bias"][:, None] if old else layer["bias"][None]
        weights = np.empty((1, 2), object)
        weights[0, 0], weights[0, 1] = layer["kernel"], bias
        own = {"filters": layer["kernel"], "biases": bias} if old else {"weights": weights}
        steps += [{"name": name, "type": "conv", "stride": 1.0, **own}, {"name": f"relu{name}", "type": "relu"}]
    layers = np.empty((1, len(steps)), object)
    layers[0] = steps
    mean = np.array([123.68, 116.779, 103.939], np.float32).reshape(1, 1, 3)
    count = params["fc8"]["kernel"].shape[3] if "fc8" in params else 0
    words = np.array([f"thing {n}, other name" for n in range(count)], object)[None]
    meta = {"normalization": {"averageImage": mean}, "classes": {"description": words}}
    scipy.io.savemat(path, {"layers": layers, **(meta if old else {"meta": meta})}, do_compression=compress)
    return path


def lasagne_arrays(params: Params) -> list[np.ndarray[Any, Any]]:
    """Lasagne's list: kernels OIHW, dense ones [in, out] over channels first, each followed by its bias."""
    found = []
    for name, layer in params.items():
        kernel = layer["kernel"]
        if name.startswith("fc"):
            found.append(np.ascontiguousarray(kernel.transpose(2, 0, 1, 3)).reshape(-1, kernel.shape[3]))
        else:
            found.append(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
        found.append(layer["bias"])
    return found


def write_lasagne(path: Path, params: Params, protocol: int = 2) -> Path:
    """Lasagne's model zoo's dict, pickled by this Python."""
    mean = np.array([103.939, 116.779, 123.68], np.float32)
    content = {"param values": lasagne_arrays(params), "mean value": mean, "model type": "caffe"}
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def write_python2_lasagne(path: Path, params: Params) -> Path:
    """The same as Python 2's cPickle with protocol 2 writes it: raw bytes in old strings, NumPy's old module names."""

    def text(value: str) -> bytes:
        return b"U" + bytes([len(value)]) + value.encode()

    def array(value: np.ndarray[Any, Any]) -> bytes:
        data = np.ascontiguousarray(value).tobytes()
        shape = b"(" + b"".join(b"J" + struct.pack("<i", n) for n in value.shape) + b"t"
        kind = b"cnumpy\ndtype\n" + text("f4") + b"K\x00K\x01\x87R(K\x03" + text("<") + b"NNN"
        kind += b"J\xff\xff\xff\xff" * 2
        begin = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text("b") + b"\x87R"
        return begin + b"(K\x01" + shape + kind + b"K\x00tb\x89T" + struct.pack("<i", len(data)) + data + b"tb"

    values = b"](" + b"".join(array(value) for value in lasagne_arrays(params)) + b"e"
    mean = array(np.array([103.939, 116.779, 123.68], np.float32))
    path.write_bytes(b"\x80\x02}(" + text("param values") + values + text("mean value") + mean + b"u.")
    return path
