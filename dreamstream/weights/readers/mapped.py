"""A weight file seen through the system's page cache, and the tensors in it, which are read only when asked for."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# What a network's parameters may be made of.
FLOATS = tuple(np.dtype(kind) for kind in (np.float32, np.float16, np.float64, ml_dtypes.bfloat16))


class BadFileError(Exception):
    """A file is not what its first bytes promise; the message says the first thing that does not fit."""


@dataclass(frozen=True)
class Tensor:
    """Numbers somewhere in a file: their shape and type are known, `load` gives them, as a view where possible."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    load: Callable[[], Array]

    @property
    def size(self) -> int:
        """How many numbers."""
        return int(np.prod(self.shape, dtype=object))


class MappedFile:
    """The bytes of a file. A range that is not in the file raises BadFileError: no size written in it is believed."""

    def __init__(self, data: mmap.mmap | memoryview | bytes) -> None:
        self._view = memoryview(data)

    def __len__(self) -> int:
        return len(self._view)

    def view(self, start: int, length: int) -> memoryview:
        """`length` bytes from `start`, not copied."""
        if start < 0 or length < 0:
            raise BadFileError("it speaks of a place or a length below zero")
        if start + length > len(self._view):
            raise BadFileError(f"it ends at byte {len(self._view)}, but {length} bytes from {start} are needed")
        return self._view[start : start + length]

    def bytes(self, start: int, length: int) -> bytes:
        """`length` bytes from `start`, copied: for small things."""
        return bytes(self.view(start, length))

    def part(self, start: int, length: int) -> MappedFile:
        """`length` bytes from `start` as a file of their own."""
        return MappedFile(self.view(start, length))

    def tensor(self, start: int, shape: tuple[int, ...], dtype: np.dtype[Any], fortran: bool = False) -> Tensor:
        """The tensor that lies at `start`, in C order unless `fortran`."""
        size = int(np.prod(shape, dtype=object)) * dtype.itemsize
        data = self.view(start, size)
        return Tensor(shape, dtype, lambda: np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C"))


@contextlib.contextmanager
def mapped(path: Path) -> Iterator[MappedFile]:
    """The file's bytes for the length of the block; tensors must be loaded, and copied from, inside it.

    Raises OSError.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield MappedFile(b"")
            return
        # Closed when the last view of it is gone: closing it under a view would be an error of its own.
        yield MappedFile(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
