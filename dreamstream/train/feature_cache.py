"""Features of pictures that were computed once, in a file that only grows: what was interrupted goes on from there."""

from __future__ import annotations

import zlib
from pathlib import Path
from types import TracebackType

import filelock
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UserError

KEY = 32  # bytes
_CHECK = 4
LOCK_WITHIN = 2.0


class FeatureCache:
    """Vectors of `width` 16-bit floats by keys of 32 bytes, in `path`; use it in a `with` block.

    Each record is key, vector and their CRC-32. A record that a killed process left half written, and all that comes
    after one that is damaged, is cut off. Raises UserError when the file cannot be used, or another process uses it.
    """

    def __init__(self, path: Path, width: int) -> None:
        self._path, self._width = path, width
        self._lock = filelock.FileLock(path.with_suffix(".lock"), timeout=LOCK_WITHIN)
        self._found: dict[bytes, NDArray[np.float16]] = {}

    def __enter__(self) -> FeatureCache:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._file = self._path.open("a+b")
            self._read()
        except filelock.Timeout:
            raise UserError(f"Another dreamstream is teaching with {self._path}; wait for it.") from None
        except OSError as error:
            self._lock.release()
            raise UserError(f"Features cannot be kept in {self._path}: {error.strerror or error}.") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._lock.release()

    def __contains__(self, key: bytes) -> bool:
        return key in self._found

    def __getitem__(self, key: bytes) -> NDArray[np.float16]:
        return self._found[key]

    def add(self, key: bytes, vector: NDArray[np.float16]) -> None:
        """Keep a vector [width]. Raises UserError when it cannot be written."""
        record = key + np.ascontiguousarray(vector, np.float16).tobytes()
        try:
            self._file.write(record + zlib.crc32(record).to_bytes(_CHECK, "little"))
            self._file.flush()
        except OSError as error:
            raise UserError(f"Features cannot be kept in {self._path}: {error.strerror or error}.") from None
        self._found[key] = np.asarray(vector, np.float16)

    def _read(self) -> None:
        size = KEY + 2 * self._width + _CHECK
        self._file.seek(0)
        good = 0
        while len(record := self._file.read(size)) == size:
            body = record[:-_CHECK]
            if zlib.crc32(body).to_bytes(_CHECK, "little") != record[-_CHECK:]:
                break
            self._found[body[:KEY]] = np.frombuffer(body[KEY:], np.float16)
            good += size
        self._file.truncate(good)
