"""This project's own weight files: safetensors whose metadata holds the architecture, preprocessing and classes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from dreamstream.dream.model import Model, Preprocessing
from dreamstream.dream.vgg import Architecture, Params
from dreamstream.errors import UserError

FORMAT = "dreamstream-vgg-1"


def _flatten(params: Params) -> dict[str, np.ndarray[Any, Any]]:
    return {f"{layer}.{name}": np.asarray(value) for layer, group in params.items() for name, value in group.items()}


def write_model(path: Path, model: Model, half: bool = False) -> None:
    """Write a model, atomically; half: keep the parameters as float16, half the size."""
    tensors = {
        name: np.ascontiguousarray(value, np.float16 if half else np.float32)
        for name, value in _flatten(model.params).items()
    }
    metadata = {
        "format": FORMAT,
        "name": model.name,
        "architecture": json.dumps(dataclasses.asdict(model.architecture)),
        "preprocessing": json.dumps(dataclasses.asdict(model.preprocessing)),
        "classes": json.dumps(list(model.classes), ensure_ascii=False),
    }
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(save(tensors, metadata))
    partial.replace(path)


def _refuse(path: Path, why: str) -> UserError:
    return UserError(f"{path} is no dreamstream weight file (read as safetensors): {why}.")


def read_model(path: Path) -> Model:
    """Read a model written by `write_model`.

    Raises UserError naming the file and the first thing that does not fit; nothing in the file is ever executed.
    """
    if not path.is_file():
        raise UserError(f"There is no weight file {path}; give --model a file that exists, or builtin.", 2)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise _refuse(path, f"its metadata says format {metadata.get('format')!r}, not {FORMAT!r}")
            name, architecture, preprocessing, classes = _described(path, metadata)
            params: dict[str, dict[str, np.ndarray[Any, Any]]] = {}
            for layer, kernel in architecture.layers().items():
                for part, shape in (("kernel", kernel), ("bias", kernel[3:])):
                    key = f"{layer}.{part}"
                    if key not in file.keys():  # noqa: SIM118 (not a mapping)
                        raise _refuse(path, f"{key} is missing")
                    found = tuple(file.get_slice(key).get_shape())
                    if found != shape:
                        raise _refuse(path, f"{key} has shape {found}, not {shape}")
                    value = file.get_tensor(key)
                    if value.dtype not in (np.float32, np.float16) or not np.isfinite(value).all():
                        raise _refuse(path, f"{key} ({value.dtype}) is not made of finite floats")
                    params.setdefault(layer, {})[part] = value.astype(np.float32)
    except (SafetensorError, OSError, UnicodeDecodeError) as error:
        raise _refuse(path, str(error).splitlines()[0] if str(error) else type(error).__name__) from None
    return Model(name, architecture, params, classes, preprocessing)


def _triple(values: Any) -> tuple[float, float, float]:
    first, second, third = map(float, values)
    return first, second, third


def _described(path: Path, metadata: dict[str, str]) -> tuple[str, Architecture, Preprocessing, tuple[str, ...]]:
    try:
        architecture = Architecture(**json.loads(metadata["architecture"]))
        raw = json.loads(metadata["preprocessing"])
        preprocessing = Preprocessing(float(raw["scale"]), _triple(raw["mean"]), _triple(raw["std"]), bool(raw["bgr"]))
        classes = tuple(map(str, json.loads(metadata["classes"])))
    except (KeyError, TypeError, ValueError) as error:
        raise _refuse(path, f"its metadata cannot be used ({error})") from None
    if len(classes) != architecture.classes:
        raise _refuse(path, f"it names {len(classes)} classes for {architecture.classes} outputs")
    return metadata.get("name", path.stem), architecture, preprocessing, classes
