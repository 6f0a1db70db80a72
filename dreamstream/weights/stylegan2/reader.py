"""Somebody's StyleGAN2: which layout a file has, and the generator in it. Nothing in the file is executed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from dreamstream.core.errors import UserError
from dreamstream.weights.readers import torch_file, whole_models
from dreamstream.weights.readers.mapped import BadFileError, MappedFile, mapped
from dreamstream.weights.readers.pickles import read_pickle
from dreamstream.weights.stylegan2 import lucidrains, nvidia, rosinality
from dreamstream.weights.stylegan2.source import Published, Source

READ = "those of NVIDIA's, rosinality's and lucidrains' programs are read"
CONFIGURATION, LONGEST = ".config.json", 1 << 16  # what lucidrains' program writes beside its files


ENDINGS = (".pt", ".pth", ".pkl")
PICKLES = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))


def is_published(path: Path) -> bool:
    """Whether a file is a zip or a pickle, by its name or its beginning, and so no subject of this project's own."""
    if path.suffix.lower() in ENDINGS:
        return True
    # Such a file begins with a length, which may be any bytes.
    if path.suffix.lower() == ".safetensors":
        return False
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(2) in (b"PK", *PICKLES)
    return False


def read_published(path: Path) -> Published:
    """The generator in a file. Raises UserError, one sentence, for what is none."""
    try:
        with mapped(path) as file:
            return _read(file, path)
    except BadFileError as error:
        raise UserError(f"{path} is no StyleGAN2 that can be read: {error}.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    except MemoryError:
        raise UserError(f"{path} needs more memory than there is.") from None


def _read(file: MappedFile, path: Path) -> Published:
    if file.bytes(0, min(2, len(file))) == b"PK":
        return _of_groups(torch_file.describe_zip(file, path), path)
    if file.bytes(0, min(2, len(file))) not in PICKLES:
        raise BadFileError("it begins like neither a zip nor a pickle")
    found, _ = read_pickle(file)
    if found == torch_file.LEGACY_MAGIC:
        return _of_groups(torch_file.describe_legacy(file), path)
    parts = nvidia.parts(found)
    if parts is None:
        plain = f"its pickle holds no generator, and of such files {READ}"
        raise BadFileError(whole_models.in_pickle(torch_file.walk(found)) or plain)
    return nvidia.read(parts)


def _of_groups(described: torch_file.Described, path: Path) -> Published:
    groups = described.groups()
    for name in ("g_ema", "g", ""):
        source = Source(groups.get(name, {}))
        if rosinality.is_such(source):
            return rosinality.read(source)
    source = Source(groups.get("GAN", {}))
    if lucidrains.is_such(source):
        return lucidrains.read(source, _rate(path))
    shown = ", ".join(sorted({name for group in groups.values() for name in group})[:3])[:120] or "no named tensors"
    raise BadFileError(f"it holds {shown}, and of StyleGAN2s {READ}")


def _rate(path: Path) -> float:
    """Of the mapping network's learning, as the configuration beside a file of lucidrains' program tells it."""
    beside = path.with_name(CONFIGURATION)
    if not beside.is_file():
        return lucidrains.RATE
    try:
        with beside.open("rb") as file:
            told = json.loads(file.read(LONGEST))
        rate = float(told.get("lr_mlp", lucidrains.RATE))
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        raise BadFileError(f"the {CONFIGURATION} beside it cannot be read") from None
    if not 0 < rate < 100:
        raise BadFileError(f"the {CONFIGURATION} beside it says lr_mlp {rate}, which cannot be")
    return rate
