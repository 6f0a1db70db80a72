"""Which network a name means, and where its weights are or can be had."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support import machine
from dreamstream.support.resources import models_folder as models_folder
from dreamstream.support.resources import weights_folder

if TYPE_CHECKING:
    from dreamstream.networks.prior import Prior
    from dreamstream.networks.vgg.model import Model

BUILTIN = "builtin"
# What "auto" means where there is an accelerator and the weights are there.
PREFERRED = "vgg16"


@dataclass(frozen=True)
class RemoteFile:
    """A file of weights that can be downloaded, and what is known about it beforehand.

    size: the exact number of bytes. megabytes: about that much. sha256_begins: the first digits of its SHA-256.
    """

    name: str
    format: str
    urls: tuple[str, ...]
    sha256: str | None = None
    sha256_begins: str | None = None
    size: int | None = None
    megabytes: int | None = None

    def check(self) -> str:
        """What is checked after a download, in words."""
        if self.sha256:
            return "SHA-256"
        return f"SHA-256 begins with {self.sha256_begins}" if self.sha256_begins else "content only (no hash is known)"


@dataclass(frozen=True)
class Entry:
    """A network of the catalog."""

    name: str
    title: str
    licence: str
    origin: str
    configuration: str
    files: tuple[RemoteFile, ...]
    width: float = 1.0


@functools.cache
def catalog() -> dict[str, Entry]:
    """The networks of models/catalog.toml by name."""
    return read_catalog((models_folder() / "catalog.toml").read_text(encoding="utf-8"))


def read_catalog(text: str) -> dict[str, Entry]:
    """The networks of a catalog in TOML by name. Raises KeyError, TypeError or ValueError for one that is damaged."""
    entries = {}
    for table in tomllib.loads(text)["model"]:
        files = tuple(_file(raw) for raw in table["file"])
        name, title, licence = str(table["name"]), str(table["title"]), str(table["licence"])
        entries[name] = Entry(name, title, licence, str(table["origin"]), str(table["configuration"]), files)
    return entries


def _file(raw: dict[str, Any]) -> RemoteFile:
    return RemoteFile(
        raw["name"],
        raw["format"],
        tuple(raw["urls"]),
        raw.get("sha256"),
        raw.get("sha256_begins"),
        raw.get("bytes"),
        raw.get("megabytes"),
    )


def cached(entry: Entry, folder: Path) -> Path | None:
    """The network's file in a folder of downloaded weights, or None."""
    return next((folder / file.name for file in entry.files if (folder / file.name).is_file()), None)


def resolve(model: str | Path, cache: Path | None = None) -> str | Path:
    """What `--model` means: "builtin", a name of the catalog, or a path. Nothing is opened.

    "auto" is VGG-16 where its weights are in the cache and there is an accelerator, else the built-in network. A name
    of the catalog wins over a file that is called the same. Raises UsageError for a path that is no file.
    """
    if model == "auto":
        there = cached(catalog()[PREFERRED], weights_folder(cache))
        return PREFERRED if there and machine.accelerator() else BUILTIN
    if model == BUILTIN or model in catalog():
        return str(model)
    path = Path(model)
    if not path.is_file():
        known = ", ".join(("auto", BUILTIN, *catalog()))
        raise UsageError(f"There is no weight file {path}; --model takes a file, or one of {known}.")
    return path


def weights_of(model: str | Path, cache: Path | None = None) -> Path:
    """The file that holds the network that `--model` means. Raises UserError when it is not on this machine."""
    found = resolve(model, cache)
    if isinstance(found, Path):
        return found
    if found == BUILTIN:
        return models_folder() / "builtin" / "weights.safetensors"
    path = cached(catalog()[found], weights_folder(cache))
    if path is None:
        raise UsageError(
            f"The weights of {found} are not on this machine; `dreamstream weights fetch {found}` downloads them."
        )
    return path


def load_model(model: str | Path, cache: Path | None = None) -> Model:
    """The network that `--model` means, ready to run.

    Raises UserError when it is not on this machine, or when its file is no network.
    """
    from dreamstream.weights.formats import read_weights

    found = resolve(model, cache)
    return read_weights(weights_of(found, cache), None if isinstance(found, Path) else found)


def load_prior(model: str = BUILTIN) -> Prior:
    """The patch prior for a network by its name: the built-in one has its own kind of picture, all others have
    photographs.
    """
    from dreamstream.networks.prior import read_prior

    kind = "builtin" if model == BUILTIN else "natural"
    return read_prior(models_folder() / "prior" / f"{kind}.safetensors")


def model_hash(model: str, cache: Path | None = None) -> str:
    """The SHA-256 of a model's weight file; "" when it cannot be read."""
    import hashlib

    try:
        with weights_of(model, cache).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, UserError):
        return ""
