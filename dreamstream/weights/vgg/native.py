"""This project's own weight files: safetensors whose metadata holds the architecture, preprocessing and classes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.networks.vgg.preprocessing import Preprocessing
from dreamstream.support.files import write_tensors
from dreamstream.weights.readers.mapped import FLOATS, BadFileError, Tensor
from dreamstream.weights.vgg.checkpoint import Checkpoint, Layer

if TYPE_CHECKING:
    from dreamstream.networks.vgg.model import Model

FORMAT = "dreamstream-vgg-1"


def write_model(path: Path, model: Model, half: bool = False) -> None:
    """Write a model, atomically; half: keep the parameters as float16, half the size. Raises UserError."""
    kind = np.float16 if half else np.float32
    tensors = {
        f"{layer}.{name}": np.asarray(value, kind)
        for layer, group in model.params.items()
        for name, value in group.items()
    }
    metadata = {
        "format": FORMAT,
        "name": model.name,
        "architecture": json.dumps(dataclasses.asdict(model.architecture)),
        "preprocessing": json.dumps(dataclasses.asdict(model.preprocessing)),
        "classes": json.dumps(list(model.classes), ensure_ascii=False),
    }
    write_tensors(path, tensors, metadata)


def read(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Checkpoint:
    """What a file written by `write_model` holds. Raises BadFileError."""
    architecture, preprocessing, classes = _described(metadata)
    layers = {}
    for layer, kernel in architecture.layers().items():
        parts = []
        for part, shape in (("kernel", kernel), ("bias", kernel[3:])):
            key = f"{layer}.{part}"
            tensor = tensors.get(key)
            if tensor is None:
                raise BadFileError(f"{key} is missing")
            if tensor.shape != shape:
                raise BadFileError(f"{key} has shape {tensor.shape}, not {shape}")
            if tensor.dtype not in FLOATS:
                raise BadFileError(f"{key} is not made of floats")
            parts.append(tensor)
        layers[layer] = Layer(layer, parts[0], parts[1], "HWIO")
    name = metadata.get("name", "")[:80] or None
    return Checkpoint("dreamstream (safetensors)", architecture, classes, preprocessing, layers, name)


def _triple(values: Any) -> tuple[float, float, float]:
    first, second, third = map(float, values)
    return first, second, third


def _described(metadata: Mapping[str, str]) -> tuple[Architecture, Preprocessing, tuple[str, ...]]:
    try:
        architecture = Architecture(**json.loads(metadata["architecture"]))
        raw = json.loads(metadata["preprocessing"])
        preprocessing = Preprocessing(float(raw["scale"]), _triple(raw["mean"]), _triple(raw["std"]), bool(raw["bgr"]))
        classes = tuple(map(str, json.loads(metadata["classes"])))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadFileError(f"its metadata cannot be used ({error})".replace("\n", " ")[:300]) from None
    if len(classes) != architecture.classes:
        raise BadFileError(f"it names {len(classes)} classes for {architecture.classes} outputs")
    if len(set(classes)) != len(classes) or not all(name.strip() for name in classes):
        raise BadFileError("its classes have names that are empty or appear twice")
    return architecture, preprocessing, classes
