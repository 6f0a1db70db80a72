"""HDF5 files as h5py writes them unless told otherwise: old-style groups, contiguous datasets of floats.

Enough for every Keras file of weights, and no more: whoever hands us a file gets no C library to play with. Structures
are those of the HDF5 file format specification, version 3.0, by its section numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dreamstream.weights.readers.mapped import BadFileError, MappedFile, Tensor

SIGNATURE = b"\x89HDF\r\n\x1a\n"
# Far more than any network has; they end what runs in circles.
MOST_NODES, DEEPEST = 20_000, 12
_DATASPACE, _DATATYPE, _LAYOUT, _FILTERS, _CONTINUATION, _SYMBOLS, _LINK = 1, 3, 8, 11, 16, 17, 6


def read_hdf5(file: MappedFile) -> dict[str, Tensor]:
    """Every dataset of floats by its path. Raises BadFileError."""
    if file.bytes(0, 8) != SIGNATURE:
        raise BadFileError("it has no HDF5 signature")
    version, offsets, lengths = file.bytes(8, 1)[0], file.bytes(13, 1)[0], file.bytes(14, 1)[0]
    if version > 1 or offsets != 8 or lengths != 8:
        raise BadFileError(
            f"it has an HDF5 superblock of version {version}; only what h5py writes by default (version 0) is read"
        )
    reader = _Reader(file)
    end = reader.number((24 if version == 0 else 28) + 16)
    if end > len(file):
        raise BadFileError(f"it has been cut off: it says that it has {end} bytes, but it has {len(file)}")
    # The root's symbol table entry ends the superblock (II.A); its object header address follows the link name.
    return dict(reader.datasets(reader.number((24 if version == 0 else 28) + 32 + 8), "", 0))


class _Reader:
    def __init__(self, file: MappedFile) -> None:
        self._file = file
        self._nodes = 0

    def number(self, at: int, size: int = 8) -> int:
        return int.from_bytes(self._file.view(at, size), "little")

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise BadFileError(f"its HDF5 structure has more than {MOST_NODES} parts, or runs in circles")

    def datasets(self, header: int, path: str, depth: int) -> Iterator[tuple[str, Tensor]]:
        """The datasets at and below an object header."""
        if depth > DEEPEST:
            raise BadFileError(f"its HDF5 groups are nested more than {DEEPEST} deep")
        messages = dict(self._messages(header))
        if _SYMBOLS in messages:
            tree, heap = self.number(messages[_SYMBOLS]), self.number(messages[_SYMBOLS] + 8)
            for name, child in self._children(tree, self._heap(heap)):
                yield from self.datasets(child, f"{path}/{name}" if path else name, depth + 1)
        elif _LINK in messages:
            raise BadFileError("it has HDF5 groups of the new style, which h5py writes only with libver='latest'")
        elif _LAYOUT in messages and (tensor := self._dataset(messages, path)) is not None:
            yield path, tensor

    def _messages(self, header: int) -> Iterator[tuple[int, int]]:
        """The kind and place of every message of a version 1 object header (IV.A.1.a)."""
        if self.number(header, 1) != 1:
            raise BadFileError("it has an HDF5 object header that is not of version 1, as h5py writes by default")
        blocks = [(header + 16, self.number(header + 8, 4))]
        for at, length in blocks:  # grows while it is walked
            end = at + length
            while at + 8 <= end:
                self._count()
                kind, size = self.number(at, 2), self.number(at + 2, 2)
                if kind == _CONTINUATION:
                    blocks.append((self.number(at + 8), self.number(at + 16)))
                else:
                    yield kind, at + 8
                at += 8 + size

    def _heap(self, at: int) -> int:
        """Where a local heap's names lie (III.D)."""
        if self._file.bytes(at, 4) != b"HEAP":
            raise BadFileError("an HDF5 group has no heap of names")
        return self.number(at + 24)

    def _children(self, tree: int, names: int) -> Iterator[tuple[str, int]]:
        """Name and object header of each member of a group: its B-tree (III.A.1), down to the leaves (III.B)."""
        waiting = [tree]
        while waiting:
            at = waiting.pop(0)
            self._count()
            signature, count = self._file.bytes(at, 4), self.number(at + 6, 2)
            if signature == b"TREE":
                # Keys and children alternate, 8 bytes each; the first child comes after the first key.
                waiting += [self.number(at + 24 + 8 + 16 * index) for index in range(min(count, 4096))]
            elif signature == b"SNOD":
                for index in range(min(count, 4096)):
                    self._count()
                    entry = at + 8 + 40 * index
                    yield self._name(names + self.number(entry)), self.number(entry + 8)
            else:
                raise BadFileError("an HDF5 group's tree is damaged")

    def _name(self, at: int) -> str:
        text = self._file.bytes(at, min(256, len(self._file) - at))
        return text.partition(b"\0")[0].decode("utf-8", "replace")

    def _dataset(self, messages: dict[int, int], path: str) -> Tensor | None:
        if _DATATYPE not in messages or _DATASPACE not in messages:
            raise BadFileError(f"{path} has no HDF5 datatype or dataspace")
        dtype = self._dtype(messages[_DATATYPE])
        if dtype is None:
            return None
        # Dataspace (IV.A.2.b): version 1 has four bytes more before the sizes.
        at = messages[_DATASPACE]
        version, rank = self.number(at, 1), self.number(at + 1, 1)
        if version not in (1, 2) or rank > 8:
            raise BadFileError(f"{path} has an HDF5 dataspace of version {version} and rank {rank}")
        sizes = at + (8 if version == 1 else 4)
        shape = tuple(self.number(sizes + 8 * axis) for axis in range(rank))
        # Layout (IV.A.2.i): contiguous is class 1.
        layout = messages[_LAYOUT]
        if self.number(layout, 1) not in (3, 4) or self.number(layout + 1, 1) != 1 or _FILTERS in messages:
            raise BadFileError(f"{path} is chunked or compressed; Keras writes its weights in one piece")
        start = self.number(layout + 2)
        if start == (1 << 64) - 1:
            raise BadFileError(f"{path} was never written")
        return self._file.tensor(start, shape, dtype)

    def _dtype(self, at: int) -> np.dtype[Any] | None:
        """A datatype message (IV.A.2.d), if it is that of IEEE floats."""
        kind, size = self.number(at, 1) & 15, self.number(at + 4, 4)
        big = self.number(at + 1, 1) & 1
        kinds = {2: np.float16, 4: np.float32, 8: np.float64}
        return np.dtype(kinds[size]).newbyteorder(">" if big else "<") if kind == 1 and size in kinds else None
