"""Text files of any editor, and writing a file so that its name stands for the whole file or for nothing."""

from __future__ import annotations

import codecs
import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamstream.core.errors import UsageError, UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the name `path` at the end, and is removed on any exception.

    Raises UserError when the folder cannot be written or the disk is full.
    """
    try:
        with _replacing(path) as partial:
            yield partial
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from None


def write(path: Path, data: bytes, *, lasting: bool = False, private: bool = False) -> None:
    """Write a whole file or none: on an error, which comes as OSError, the one before it stays.

    lasting: the disk has it before it takes its name, so that a power cut leaves the old file or the new one.
    private: only its owner may read it, from the first moment on.
    """
    with _replacing(path) as partial:
        number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        with os.fdopen(number, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(number)


def write_tensors(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Write arrays as safetensors, whole or not at all.

    Raises UserError when it cannot be written, and for what is no number, or none in 16-bit floats: to read that again
    would be to find out too late.
    """
    import numpy as np
    from safetensors.numpy import save_file

    for name, value in tensors.items():
        if not np.isfinite(value).all():
            raise UserError(f"{path} is not written: {name} holds what is no number, or one too large for its kind.")

    with replacing(path) as partial:
        partial.touch()
        permissions = partial.stat().st_mode
        # The library writes an array's memory as it lies, whatever its order.
        save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, partial, dict(metadata))
        partial.chmod(permissions)  # the library keeps its files to their owner


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    partial = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    with contextlib.suppress(FileNotFoundError):
        partial.unlink()
    try:
        yield partial
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def free_name(path: Path) -> Path:
    """The path itself where nothing has it, else with -2, -3 ... behind its name."""
    free, number = path, 2
    while free.exists():
        free, number = path.with_name(f"{path.name}-{number}"), number + 1
    return free


def read_text(path: Path) -> str:
    """A text file that a person wrote: UTF-8, or UTF-16 with its mark, as editors on Windows save it.

    Raises OSError, and UnicodeDecodeError for another encoding.
    """
    data = path.read_bytes()
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")


def check_output(output: Path, *sources: Path, force: bool = False) -> None:
    """Say before hours of work that its result could not be written, or would take the place of something else.

    sources: what the work is made from; never replaced, even by `force`. Raises UserError.
    """
    folder = output.absolute().parent
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder} to write {output.name} to.")
    if output.is_dir():
        raise UsageError(f"{output} is a folder; name the file to write.")
    if any(source.exists() and output.exists() and output.samefile(source) for source in sources):
        raise UsageError(f"{output} is what this is made from; write to another file.")
    if output.exists() and not output.is_file():
        raise UsageError(f"{output} is no ordinary file; write to another one.")
    if (output.exists() or output.is_symlink()) and not force:
        raise UsageError(f"{output} exists already; name another file, or replace it with --force.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"{output} cannot be written: {folder} takes no new files.")
