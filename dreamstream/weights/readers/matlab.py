"""MATLAB files of version 5 (all that MATLAB saves without -v7.3), with cells, structs, text and numbers.

Every size is held against the bytes that are really there before anything of that size is made, which is why this is
not left to a general reader. Source: MathWorks, "MAT-File Format".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from dreamstream.weights.readers.mapped import BadFileError, MappedFile, Tensor

BEGINNING = b"MATLAB 5.0 MAT-file"
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _CHAR = 1, 2, 4
_STORED: dict[int, Any] = {
    1: np.int8,
    2: np.uint8,
    3: np.int16,
    4: np.uint16,
    5: np.int32,
    6: np.uint32,
    7: np.float32,
    9: np.float64,
    12: np.int64,
    13: np.uint64,
    16: np.uint8,
    17: np.uint16,
}
_FLOAT_CLASSES: dict[int, Any] = {6: np.float64, 7: np.float32}
MOST_ELEMENTS, DEEPEST = 200_000, 12
# Trained weights hardly compress; what unpacks to many times its size was made to fill memory.
UNPACKED, TIMES = 64 << 20, 8
STEP = 16 << 20


def read_matlab(file: MappedFile) -> dict[str, Any]:
    """The variables by name: Tensor for numbers, str for text, list for cells, dict (or a list of them) for structs.

    What is none of these is None. Raises BadFileError.
    """
    if file.bytes(0, len(BEGINNING)) != BEGINNING or file.bytes(126, 2) not in (b"IM", b"MI"):
        raise BadFileError("it has no MATLAB 5 header")
    reader = _Reader("little" if file.bytes(126, 2) == b"IM" else "big")
    variables: dict[str, Any] = {}
    for kind, data in reader.elements(file, 128):
        inner = [(kind, data)]
        if kind == _COMPRESSED:
            inner = list(reader.elements(_unpacked(data), 0))
        for type_, content in inner:
            if type_ == _MATRIX:
                name, value = reader.matrix(content, 0)
                variables[name] = value
    return variables


def _unpacked(data: MappedFile) -> MappedFile:
    """What a compressed element holds. Raises BadFileError for one that is damaged or was made to fill memory."""
    limit = UNPACKED + TIMES * len(data)
    unpacker, unpacked = zlib.decompressobj(), bytearray()
    try:
        for start in range(0, len(data), STEP):
            pending: bytes = data.bytes(start, min(STEP, len(data) - start))
            while pending and not unpacker.eof:
                unpacked += unpacker.decompress(pending, STEP)
                pending = unpacker.unconsumed_tail
                if len(unpacked) > limit:
                    raise BadFileError(f"a compressed part of {len(data)} bytes unpacks to more than {limit}")
    except zlib.error as error:
        raise BadFileError(f"a compressed part is damaged ({error})") from None
    return MappedFile(memoryview(unpacked))


class _Reader:
    def __init__(self, order: str) -> None:
        self._order, self._sign = order, "<" if order == "little" else ">"
        self._elements = 0

    def _number(self, file: MappedFile, at: int, size: int = 4) -> int:
        data = file.view(at, size)
        return int.from_bytes(data, "little" if self._order == "little" else "big")

    def elements(self, file: MappedFile, at: int) -> Iterator[tuple[int, MappedFile]]:
        """The data elements that follow each other from `at` to the end, as type and content."""
        while at + 8 <= len(file):
            self._elements += 1
            if self._elements > MOST_ELEMENTS:
                raise BadFileError(f"it has more than {MOST_ELEMENTS} parts")
            kind = self._number(file, at)
            if kind >> 16:  # a small element: its length is in the upper half, its content within the tag
                yield kind & 0xFFFF, file.part(at + 4, min(kind >> 16, 4))
                at += 8
                continue
            length = self._number(file, at + 4)
            yield kind, file.part(at + 8, length)
            at += 8 + length + (0 if kind == _COMPRESSED else -length % 8)

    def matrix(self, file: MappedFile, depth: int) -> tuple[str, Any]:
        """The name and value of a matrix element, which is what everything in these files is."""
        if depth > DEEPEST:
            raise BadFileError(f"its cells and structs are nested more than {DEEPEST} deep")
        parts = self.elements(file, 0)
        try:
            (_, flags), (_, sizes), (_, name) = next(parts), next(parts), next(parts)
        except StopIteration:
            return "", None  # an empty matrix may have no parts at all
        kind = self._number(flags, 0) & 0xFF
        shape = tuple(self._number(sizes, 4 * axis) for axis in range(min(len(sizes) // 4, 8)))
        count = int(np.prod(shape, dtype=object))
        called = name.bytes(0, min(len(name), 64)).decode("latin-1")
        if kind == _CELL:
            return called, [self._inner(part, depth) for part in self._some(parts, count)]
        if kind == _STRUCT:
            return called, self._struct(parts, count, depth)
        if kind == _CHAR:
            return called, self._text(next(parts, None))
        if kind in range(6, 16):
            return called, self._numbers(next(parts, None), shape, kind)
        return called, None

    def _some(self, parts: Iterator[tuple[int, MappedFile]], count: int) -> Iterator[tuple[int, MappedFile]]:
        for index in range(count):
            part = next(parts, None)
            if part is None:
                raise BadFileError(f"it ends after {index} of {count} parts of a cell or struct")
            yield part

    def _inner(self, part: tuple[int, MappedFile], depth: int) -> Any:
        return self.matrix(part[1], depth + 1)[1] if part[0] == _MATRIX else None

    def _struct(self, parts: Iterator[tuple[int, MappedFile]], count: int, depth: int) -> Any:
        (_, width), (_, names) = next(parts, (0, None)), next(parts, (0, None))
        length = self._number(width, 0) if width else 0
        if not names or not 0 < length <= 256:
            raise BadFileError("a struct has no names of fields")
        text = names.bytes(0, len(names)) if len(names) <= 1 << 16 else b""
        fields = [text[at : at + length].partition(b"\0")[0].decode("latin-1") for at in range(0, len(text), length)]
        if not fields:
            raise BadFileError("a struct has no names of fields")
        cells = []
        for _ in range(count):
            values = [self._inner(part, depth) for part in self._some(parts, len(fields))]
            cells.append(dict(zip(fields, values, strict=True)))
        return cells[0] if len(cells) == 1 else cells

    def _text(self, part: tuple[int, MappedFile] | None) -> str:
        if part is None:
            return ""
        kind, data = part
        encoding = {4: "utf-16", 17: "utf-16", 18: "utf-32"}.get(kind, "utf-8")
        if encoding != "utf-8":
            encoding += "-le" if self._sign == "<" else "-be"
        return data.bytes(0, min(len(data), 4096)).decode(encoding, "replace")

    def _numbers(self, part: tuple[int, MappedFile] | None, shape: tuple[int, ...], kind: int) -> Tensor | None:
        if part is None or part[0] not in _STORED:
            return None
        dtype = np.dtype(_STORED[part[0]]).newbyteorder(self._sign)
        size = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if size != len(part[1]):
            raise BadFileError(f"an array of shape {shape} comes with {len(part[1])} bytes, not {size}")
        tensor = part[1].tensor(0, shape, dtype, fortran=True)
        float_type = _FLOAT_CLASSES.get(kind)
        if float_type is None or dtype.kind == "f":
            return tensor
        # MATLAB keeps floats that are whole numbers as small integers.
        return Tensor(shape, np.dtype(float_type), lambda: tensor.load().astype(float_type))
