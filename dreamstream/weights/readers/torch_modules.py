"""PyTorch modules that were pickled whole, as StyleGAN2's authors publish them: their numbers, without their program.

Such a pickle brings the source of its classes along, which its own reader runs. Here the source stays a string that
nobody looks at: of a module only its parameters, buffers, parts and plain attributes are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dreamstream.weights.readers.mapped import BadFileError, MappedFile, Tensor
from dreamstream.weights.readers.notes import Call, Name, items_of
from dreamstream.weights.readers.pickles import read_pickle
from dreamstream.weights.readers.torch_file import LEGACY_MAGIC, storage_of, tensor_of

DEEPEST, MOST_PARTS = 8, 2000
PERSISTENT = "_reconstruct_persistent_obj"


@dataclass
class Parts:
    """What modules hold, by their full names: tensors, and attributes that are numbers or words."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    told: dict[str, float | str] = field(default_factory=dict)


def parts_of(module: Any) -> Parts:
    """The parts of a pickled module and of all within it. Raises BadFileError."""
    found = Parts()
    waiting = [("", module)]
    for prefix, value in waiting:  # grows while it is walked
        state = _state(value)
        if prefix.count(".") > DEEPEST or len(waiting) > MOST_PARTS:
            raise BadFileError("its module has more parts than any network")
        for kind in ("_parameters", "_buffers"):
            for name, asked in items_of(state.get(kind)).items():
                tensor = tensor_of(asked, _inline)
                if tensor is not None:
                    found.tensors[f"{prefix}{name}"] = tensor
        plain = {name: told for name, told in state.items() if isinstance(told, (int, float, str))}
        found.told |= {f"{prefix}{name}": told for name, told in plain.items()}
        inside = items_of(state.get("_modules")).items()
        waiting += [(f"{prefix}{name}.", part) for name, part in inside if isinstance(name, str)]
    return found


def is_module(value: Any) -> bool:
    """Whether a pickle's object is a module."""
    return "_modules" in _state(value)


def _state(value: Any) -> dict[Any, Any]:
    """A module's own attributes: kept with its source, where that is pickled too, or by themselves."""
    if not isinstance(value, Call):
        return {}
    if isinstance(value.function, Name) and value.function.name == PERSISTENT and isinstance(value.arguments, tuple):
        kept = items_of(value.arguments[0]) if value.arguments else {}
        return items_of(kept.get("state"))
    return items_of(value.state)


def _inline(value: Any) -> tuple[Callable[[], MappedFile], np.dtype[Any]] | None:
    """A storage that lies in the pickle as the bytes of an old PyTorch file of its own."""
    if not isinstance(value, Call) or not isinstance(value.function, Name) or not isinstance(value.arguments, tuple):
        return None
    if str(value.function) != "torch.storage._load_from_bytes" or not value.arguments:
        return None
    content = value.arguments[0]
    if not isinstance(content, (bytes, memoryview)):
        return None
    file = MappedFile(content)
    magic, at = read_pickle(file)
    if magic != LEGACY_MAGIC:
        raise BadFileError("a storage in it is no old PyTorch file")
    for _ in range(2):  # the version, and the writer's system
        _, at = read_pickle(file, at)
    described, at = read_pickle(file, at)
    _, at = read_pickle(file, at)  # the storages' names, here one
    storage = storage_of(described)
    if storage is None:
        raise BadFileError("a storage in it is not described")
    _, dtype, count = storage
    return lambda: file.part(at + 8, count * dtype.itemsize), dtype
