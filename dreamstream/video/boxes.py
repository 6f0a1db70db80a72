"""Cutting a stream of bytes into MP4 boxes. Pure: bytes in, boxes out."""

from __future__ import annotations

import struct
from collections.abc import Iterator

# No box of a live stream comes near this; a larger one means that these bytes are no MP4.
LARGEST = 256 << 20


class Boxes:
    """Collects bytes in pieces of any size and gives out whole top-level boxes.

    Source: ISO/IEC 14496-12, 4.2.
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The boxes completed by `data`: the type, and the whole box. Raises ValueError for what is no box."""
        self._rest += data
        while len(self._rest) >= 8:
            size, kind = struct.unpack_from(">I4s", self._rest)
            if size == 1 and len(self._rest) >= 16:
                (size,) = struct.unpack_from(">Q", self._rest, 8)
            elif size == 1:
                return
            if not 8 <= size <= LARGEST:
                raise ValueError(f"an MP4 box cannot have {size} bytes")
            if len(self._rest) < size:
                return
            box = bytes(self._rest[:size])
            del self._rest[:size]
            yield bytes(kind), box
