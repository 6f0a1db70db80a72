"""PyTorch checkpoints, in the zip format and in the older one, read without PyTorch and without running their pickles.

The formats are those of `torch.save`: a pickle in which every tensor is a call of one of a few known functions upon a
storage, and the storages' bytes beside it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import ml_dtypes
import numpy as np

from dreamstream.weights.readers import whole_models
from dreamstream.weights.readers.mapped import BadFileError, MappedFile, Tensor
from dreamstream.weights.readers.notes import Call, Name, Persistent, items_of
from dreamstream.weights.readers.pickles import read_pickle

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
# The pickle within a zip holds names and shapes only.
LARGEST_PICKLE = 64 << 20
LARGEST_DIRECTORY, LONGEST_ZIP_END = 1 << 20, 66_000
MOST_OBJECTS = 1_000_000

_STORAGES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype(np.float32),
    "DoubleStorage": np.dtype(np.float64),
    "HalfStorage": np.dtype(np.float16),
    "BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "LongStorage": np.dtype(np.int64),
    "IntStorage": np.dtype(np.int32),
    "ShortStorage": np.dtype(np.int16),
    "CharStorage": np.dtype(np.int8),
    "ByteStorage": np.dtype(np.uint8),
    "BoolStorage": np.dtype(np.bool_),
}
# A storage's bytes by its key: where they begin and how many there are.
_Place = Callable[[str], MappedFile]


@dataclass(frozen=True)
class Described:
    """A checkpoint's pickle, read as notes, and where the bytes are that it speaks of."""

    found: Any
    place: _Place
    big: bool

    def tensors(self) -> dict[str, Tensor]:
        """The largest group of named tensors: the state dict. Raises BadFileError."""
        return _tensors(self.found, self.place, self.big)

    def groups(self) -> dict[str, dict[str, Tensor]]:
        """Every group of named tensors that the outermost dict holds, by its key; its own tensors are "" 's."""
        root = items_of(self.found)
        inside = {key: items_of(value) for key, value in root.items() if isinstance(key, str)}
        named = {key: self._named(items) for key, items in ({"": root} | inside).items()}
        return {key: tensors for key, tensors in named.items() if tensors}

    def _named(self, items: dict[Any, Any]) -> dict[str, Tensor]:
        found = {name: _tensor(value, self.place, self.big) for name, value in items.items() if isinstance(name, str)}
        return {name: tensor for name, tensor in found.items() if tensor is not None}


def read_zip(file: MappedFile, path: Any) -> dict[str, Tensor]:
    """The tensors by name of a checkpoint in the zip format. Raises BadFileError."""
    return describe_zip(file, path).tensors()


def describe_zip(file: MappedFile, path: Any) -> Described:
    """What a checkpoint in the zip format holds. Raises BadFileError."""
    _check_directory(file)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, OverflowError) as error:
        raise BadFileError(f"its zip directory is damaged ({error})") from None
    if whole := whole_models.in_zip(entries):
        raise BadFileError(whole)
    pickles = [name for name in entries if PurePosixPath(name).name == "data.pkl"]
    if len(pickles) != 1:
        shown = ", ".join(sorted(entries)[:3]) or "nothing"
        raise BadFileError(f"the zip holds {shown}, and not the one data.pkl of a PyTorch checkpoint")
    root = pickles[0].removesuffix("data.pkl")
    order = _stored(file, entries[f"{root}byteorder"]) if f"{root}byteorder" in entries else None
    big = order is not None and order.bytes(0, len(order))[:3] == b"big"
    described = _stored(file, entries[pickles[0]])
    if len(described) > LARGEST_PICKLE:
        raise BadFileError(f"its data.pkl has {len(described)} bytes, more than any network's")

    def place(key: str) -> MappedFile:
        entry = entries.get(f"{root}data/{key}")
        if entry is None:
            raise BadFileError(f"storage {key[:40]!r} is missing")
        return _stored(file, entry)

    found, _ = read_pickle(described)
    return Described(found, place, big)


def _check_directory(file: MappedFile) -> None:
    """Refuse a zip directory that would take more memory than the names of any network's storages."""
    tail = file.bytes(max(0, len(file) - LONGEST_ZIP_END), min(len(file), LONGEST_ZIP_END))
    for mark, place, count in ((b"PK\x05\x06", 12, 4), (b"PK\x06\x06", 40, 8)):
        at = tail.rfind(mark)
        if at >= 0:
            size = int.from_bytes(tail[at + place : at + place + count], "little")
            if size > LARGEST_DIRECTORY and size != 0xFFFFFFFF:
                raise BadFileError(f"its zip directory claims {size} bytes, more than any network's")
        elif count == 4:
            raise BadFileError("its zip directory is missing: the file has been cut off")


def _stored(file: MappedFile, entry: zipfile.ZipInfo) -> MappedFile:
    """An entry's bytes. PyTorch compresses nothing, so an entry that claims to be small inside is no checkpoint's."""
    name = entry.filename[:60]
    if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size or entry.flag_bits & 1:
        raise BadFileError(f"{name} in it is compressed, which PyTorch's files are not")
    header = file.bytes(entry.header_offset, 30)
    if header[:4] != b"PK\x03\x04":
        raise BadFileError(f"{name} in it has no header where the zip directory says")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return file.part(entry.header_offset + 30 + lengths, entry.file_size)


def read_legacy(file: MappedFile) -> dict[str, Tensor]:
    """The tensors by name of a checkpoint in the format before PyTorch 1.6. Raises BadFileError."""
    return describe_legacy(file).tensors()


def describe_legacy(file: MappedFile) -> Described:
    """What a checkpoint in the format before PyTorch 1.6 holds. Raises BadFileError."""
    magic, at = read_pickle(file)
    version, at = read_pickle(file, at)
    if magic != LEGACY_MAGIC or version != 1001:
        raise BadFileError("it does not begin like a PyTorch checkpoint")
    system, at = read_pickle(file, at)
    found, at = read_pickle(file, at)
    keys, at = read_pickle(file, at)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise BadFileError("it has no list of storages")
    big = isinstance(system, dict) and system.get("little_endian") is False
    sizes = _item_sizes(found)
    places: dict[str, MappedFile] = {}
    for key in keys:
        count = int.from_bytes(file.view(at, 8), "big" if big else "little", signed=True)
        if key not in sizes:
            raise BadFileError(f"storage {key[:40]!r} is nobody's, so its size is not known")
        places[key] = file.part(at + 8, count * sizes[key])
        at += 8 + count * sizes[key]

    def place(key: str) -> MappedFile:
        if key not in places:
            raise BadFileError(f"storage {key[:40]!r} is missing")
        return places[key]

    return Described(found, place, big)


def walk(root: Any) -> list[Any]:
    """Everything that can be reached from an object, each once, nearest first."""
    seen: set[int] = set()
    waiting = [root]
    for value in waiting:  # grows while it is walked
        if isinstance(value, dict):
            inside: list[Any] = list(value.values())
        elif isinstance(value, (list, tuple)):
            inside = list(value)
        elif isinstance(value, Call):
            inside = [value.function, value.arguments, value.state, *value.items.values(), *value.members]
        elif isinstance(value, Persistent):
            inside = [value.id]
        else:
            continue
        for item in inside:
            if isinstance(item, (dict, list, tuple, Call, Persistent)) and id(item) not in seen:
                seen.add(id(item))
                waiting.append(item)
        if len(waiting) > MOST_OBJECTS:
            raise BadFileError(f"its pickle describes more than {MOST_OBJECTS} objects")
    return waiting


def _item_sizes(root: Any) -> dict[str, int]:
    sizes = {}
    for value in walk(root):
        if isinstance(value, Persistent) and (storage := storage_of(value)):
            sizes[storage[0]] = storage[1].itemsize
    return sizes


def storage_of(value: Any) -> tuple[str, np.dtype[Any], int] | None:
    """A storage's key, type and length, or None for anything else."""
    if not isinstance(value, Persistent) or not isinstance(value.id, tuple) or len(value.id) < 5:
        return None
    kind, storage, key, _, count = value.id[:5]
    if kind != "storage" or not isinstance(storage, Name) or not isinstance(key, str) or not _is_count(count):
        return None
    if len(value.id) > 5 and value.id[5] is not None:
        raise BadFileError("it has views of storages, which PyTorch has not written since 2017")
    dtype = _STORAGES.get(storage.name) if storage.module in ("torch", "torch.storage") else None
    return (key, dtype, count) if dtype else None


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 48


def _counts(value: Any) -> tuple[int, ...] | None:
    return tuple(value) if isinstance(value, tuple) and len(value) <= 8 and all(map(_is_count, value)) else None


# The functions that stand for a tensor, and where they are said to come from.
_REBUILD = {"_rebuild_tensor", "_rebuild_tensor_v2"}
_WRAP = {"_rebuild_parameter", "_rebuild_parameter_with_state"}


def _arguments(value: Any, functions: set[str]) -> tuple[Any, ...]:
    """The arguments of a call of one of torch._utils' `functions`; none for anything else."""
    if not isinstance(value, Call) or not isinstance(value.function, Name) or not isinstance(value.arguments, tuple):
        return ()
    known = value.function.module == "torch._utils" and value.function.name in functions
    return value.arguments if known else ()


def _tensor(value: Any, place: _Place, big: bool) -> Tensor | None:
    """The tensor that a call stands for, or None for any other object."""

    def kept(asked: Any) -> tuple[Callable[[], MappedFile], np.dtype[Any]] | None:
        storage = storage_of(asked)
        if storage is None:
            return None
        key, dtype, _ = storage
        return lambda: place(key), dtype.newbyteorder(">") if big and dtype.itemsize > 1 else dtype

    return tensor_of(value, kept)


def tensor_of(
    value: Any, kept: Callable[[Any], tuple[Callable[[], MappedFile], np.dtype[Any]] | None]
) -> Tensor | None:
    """The tensor that a call stands for, or None for any other object.

    kept: a storage's bytes, when they are wanted, and their type; None for what is no storage.
    """
    arguments = _arguments(value, _WRAP)
    if arguments:  # a parameter is a tensor that is wrapped
        value = arguments[0]
    arguments = _arguments(value, _REBUILD)
    if len(arguments) < 4:
        return None
    offset, shape, stride = arguments[1], _counts(arguments[2]), _counts(arguments[3])
    if shape is None or stride is None or len(shape) != len(stride) or not _is_count(offset):
        return None
    storage = kept(arguments[0])
    return None if storage is None else _strided(*storage, offset, shape, stride)


def _strided(
    data_of: Callable[[], MappedFile],
    dtype: np.dtype[Any],
    offset: int,
    shape: tuple[int, ...],
    stride: tuple[int, ...],
) -> Tensor:
    """A tensor in a storage's bytes, offset and stride in items; none of these is believed when it is loaded."""

    def load() -> np.ndarray[Any, Any]:
        data = data_of()
        reach = offset + sum((length - 1) * step for length, step in zip(shape, stride, strict=True)) + 1
        count = int(np.prod(shape, dtype=object))
        if not count:
            return np.empty(shape, dtype)
        if reach * dtype.itemsize > len(data) or count > reach:
            raise BadFileError(f"a tensor of shape {shape} reaches out of its storage of {len(data)} bytes")
        flat = np.frombuffer(data.view(0, reach * dtype.itemsize), dtype)
        return np.lib.stride_tricks.as_strided(
            flat[offset:], shape, [step * dtype.itemsize for step in stride], writeable=False
        )

    return Tensor(shape, dtype, load)


def _tensors(root: Any, place: _Place, big: bool) -> dict[str, Tensor]:
    """The largest group of named tensors anywhere in the checkpoint: its state dict."""
    best: dict[str, Tensor] = {}
    values, parts = walk(root), set[int]()
    for value in values:
        if isinstance(value, Call):
            parts |= whole_models.own_tensors(value)
        items = value.items if isinstance(value, Call) else value
        if isinstance(items, dict) and id(value) not in parts and len(items) > len(best):
            candidate = {k: t for k, v in items.items() if isinstance(k, str) and (t := _tensor(v, place, big))}
            if len(candidate) > len(best):
                best = candidate
    if not best:
        plain = "it holds no named tensors, as `torch.save(model.state_dict(), FILE)` writes them"
        raise BadFileError(whole_models.in_pickle(values) or plain)
    return best
