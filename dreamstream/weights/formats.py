"""Any file of VGG weights, recognised by what is in it, never by its name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, safe_open

from dreamstream.core.errors import UsageError, UserError
from dreamstream.networks.vgg.preprocessing import CAFFE, TORCHVISION
from dreamstream.weights import heads
from dreamstream.weights.heads import HeadFile
from dreamstream.weights.readers import hdf5, matlab, torch_file, whole_models
from dreamstream.weights.readers.mapped import BadFileError, MappedFile, Tensor, mapped
from dreamstream.weights.readers.pickles import read_pickle
from dreamstream.weights.vgg import flax, lasagne, matconvnet, native
from dreamstream.weights.vgg.checkpoint import Checkpoint, arrange
from dreamstream.weights.vgg.keras import read_keras
from dreamstream.weights.vgg.labels import class_names
from dreamstream.weights.vgg.state_dict import read_state_dict

if TYPE_CHECKING:
    from dreamstream.networks.vgg.model import Model

# A VGG's list of tensors takes a few kilobytes, with the names of many classes some tens.
LARGEST_HEADER = 8 << 20
_Reader = Callable[[MappedFile, Path], Checkpoint | HeadFile]


def read_weights(path: Path, name: str | None = None, cache: Path | None = None) -> Model:
    """The network in a weight file of any known format, called `name` or else as the file.

    cache: the cache folder, where the network that a head stands on may lie. Raises UserError naming the file, the
    format and the first thing that does not fit; nothing in it is executed.
    """
    with checkpoint_of(path, cache) as checkpoint, in_one_sentence(path, checkpoint.format):
        return checkpoint.model(name or checkpoint.name or path.stem)


@contextlib.contextmanager
def checkpoint_of(path: Path, cache: Path | None = None) -> Iterator[Checkpoint]:
    """What a weight file holds, without reading its numbers; they can be read inside the block.

    Of a class head, what it makes of the network that it stands on. Raises UserError.
    """
    with contextlib.ExitStack() as stack:
        checkpoint = _opened(path, stack)
        if isinstance(checkpoint, HeadFile):
            base = stack.enter_context(checkpoint_of(heads.base_file(checkpoint, path, cache), cache))
            with in_one_sentence(path, "a class head"):
                checkpoint = checkpoint.on(base)
        yield checkpoint


def head_or_none(path: Path) -> HeadFile | None:
    """What a class head's file holds, or None for another weight file. Raises UserError for what is neither."""
    with contextlib.ExitStack() as stack:
        opened = _opened(path, stack)
    return opened if isinstance(opened, HeadFile) else None


def _opened(path: Path, stack: contextlib.ExitStack) -> Checkpoint | HeadFile:
    if whole := whole_models.in_folder(path):
        raise UserError(f"{path} cannot be used as weights: {whole}.")
    if not path.is_file():
        raise UsageError(f"There is no weight file {path}; `dreamstream weights list` shows which models there are.")
    with in_one_sentence(path):
        file = stack.enter_context(mapped(path))
        format, reader = recognise(file)
    with in_one_sentence(path, format):
        return reader(file, path)


def recognise(file: MappedFile) -> tuple[str, _Reader]:
    """The format that a file's first bytes promise, and its reader. Raises BadFileError when none is known."""
    head = file.bytes(0, min(len(file), 512))
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head[:4] == b"PK\x03\x04":
        return "a PyTorch zip", _torch_zip
    if head[:8] == hdf5.SIGNATURE:
        return "Keras HDF5", _keras
    if head.startswith(matlab.BEGINNING):
        return "MatConvNet MATLAB", _matconvnet
    if head.startswith(b"MATLAB 7.3"):
        raise BadFileError("it is a MATLAB 7.3 file; save it with -v7")
    if len(head) > 9 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < len(file):
        return "safetensors", _safetensors
    if head[:1] == b"\x80" or head[:2] in (b"(d", b"(l", b"}q", b"]q"):
        return ("an old PyTorch file", _torch_legacy) if _is_legacy(file) else ("a pickle of arrays", _pickle)
    if not head:
        raise BadFileError("it is empty")
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<!--")):
        raise BadFileError("it is a web page, saved in place of the weights; download them again")
    if head.startswith(b"version https://git-lfs"):
        raise BadFileError("it is a Git LFS pointer; fetch the file that it stands for")
    if head[:2] == b"\x1f\x8b":
        raise BadFileError("it is compressed with gzip; unpack it first")
    if head[257:262] == b"ustar":
        raise BadFileError("it is a tar archive; unpack it first")
    raise BadFileError(
        "it is none of safetensors, PyTorch, Keras HDF5, MatConvNet, Lasagne, a Flax pickle and this project's own"
    )


@contextlib.contextmanager
def in_one_sentence(path: Path, format: str = "") -> Iterator[None]:
    """Turn what makes a file unreadable, inside the block, into a UserError with file and format."""
    try:
        yield
    except BadFileError as error:
        tried = f" (read as {format})" if format else ""
        raise UserError(f"{path} cannot be used as weights{tried}: {error}.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    except MemoryError:
        raise UserError(f"{path} needs more memory than there is.") from None


def _is_legacy(file: MappedFile) -> bool:
    """Whether a pickle is PyTorch's magic number, which needs a dozen bytes."""
    with contextlib.suppress(BadFileError):
        return bool(read_pickle(file.part(0, min(64, len(file))))[0] == torch_file.LEGACY_MAGIC)
    return False


def _torch_zip(file: MappedFile, path: Path) -> Checkpoint:
    return _from_state_dict(torch_file.read_zip(file, path), "PyTorch zip")


def _torch_legacy(file: MappedFile, path: Path) -> Checkpoint:
    return _from_state_dict(torch_file.read_legacy(file), "old PyTorch")


_SAFE: dict[str, Any] = {"F32": np.float32, "F16": np.float16, "F64": np.float64, "BF16": ml_dtypes.bfloat16}


def _safetensors(file: MappedFile, path: Path) -> Checkpoint | HeadFile:
    if int.from_bytes(file.view(0, 8), "little") > LARGEST_HEADER:
        raise BadFileError(f"its header is longer than {LARGEST_HEADER} bytes")
    try:
        handle = safe_open(path, framework="numpy")
        with handle as opened:
            metadata = opened.metadata() or {}
            slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118 (not a mapping)
            begun = {name: (tuple(s.get_shape()), s.get_dtype()) for name, s in slices.items()}
    except (SafetensorError, OSError, UnicodeDecodeError) as error:
        raise BadFileError(str(error).splitlines()[0] if str(error) else type(error).__name__) from None

    def tensor(name: str, shape: tuple[int, ...], kind: str) -> Tensor:
        def load() -> Any:
            with safe_open(path, framework="numpy") as opened:
                return opened.get_tensor(name)

        return Tensor(shape, np.dtype(_SAFE.get(kind, np.uint8)), load)

    tensors = {name: tensor(name, shape, kind) for name, (shape, kind) in begun.items()}
    if metadata.get("format") == native.FORMAT:
        return native.read(tensors, metadata)
    if metadata.get("format") == heads.FORMAT:
        return heads.read(tensors, metadata)
    return _from_state_dict(tensors, "safetensors")


def _from_state_dict(tensors: dict[str, Tensor], container: str) -> Checkpoint:
    writer, layers, preprocessing = read_state_dict(tensors)
    architecture, named = arrange(layers)
    return Checkpoint(f"{writer} ({container})", architecture, class_names(architecture.classes), preprocessing, named)


def _keras(file: MappedFile, path: Path) -> Checkpoint:
    architecture, named = arrange(read_keras(hdf5.read_hdf5(file)))
    return Checkpoint("Keras (HDF5)", architecture, class_names(architecture.classes), CAFFE, named)


def _matconvnet(file: MappedFile, path: Path) -> Checkpoint:
    layers, preprocessing, words = matconvnet.read_matconvnet(matlab.read_matlab(file))
    architecture, named = arrange(layers)
    names = class_names(architecture.classes, words)
    return Checkpoint("MatConvNet (MATLAB 5)", architecture, names, preprocessing, named)


def _pickle(file: MappedFile, path: Path) -> Checkpoint:
    found, _ = read_pickle(file)
    if whole := whole_models.in_pickle(torch_file.walk(found)):
        raise BadFileError(whole)
    if (module := flax.module_of(found)) is not None:
        architecture, named = arrange(flax.read_flax(module[1]))
        names = class_names(architecture.classes)
        return Checkpoint(f"Flax (pickle, {module[0] or 'module'})"[:80], architecture, names, TORCHVISION, named)
    layers, preprocessing, words = lasagne.read_lasagne(found)
    architecture, named = arrange(layers)
    return Checkpoint("Lasagne (pickle)", architecture, class_names(architecture.classes, words), preprocessing, named)
