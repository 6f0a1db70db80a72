"""Class heads: a few classes taught on the convolutions of another network, which the file names and knows by its hash.

What `dreamstream teach` writes: safetensors with the layers on the means of all blocks, and in the metadata the base
network, the classes with their other words, and the card (what it was taught from, how often it is right).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dreamstream.core.errors import UsageError, UserError
from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.support.files import write_tensors
from dreamstream.weights.readers.mapped import FLOATS, Array, BadFileError, Tensor
from dreamstream.weights.vgg.checkpoint import ONE_CLASS, Checkpoint, Layer
from dreamstream.wishes.class_names import ClassName

if TYPE_CHECKING:
    from dreamstream.networks.vgg.model import Typical

FORMAT = "dreamstream-head-1"
_LAYERS, _TYPICAL = ("fc7", "fc8"), ("mean", "spread")


@dataclass(frozen=True)
class Base:
    """The network whose convolutions a head stands on: its name in the catalog, or its file's, and its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True)
class HeadFile:
    """What a head's file holds. window: side of the pictures it was taught on, in pixels. card: see `write_head`.

    typical: "mean" and "spread" of `Typical`; nothing in files of before there was such a thing.
    """

    base: Base
    window: int
    words: tuple[ClassName, ...]
    layers: Mapping[str, Layer] = field(repr=False)
    card: Mapping[str, Any] = field(default_factory=dict)
    typical: Mapping[str, Tensor] = field(default_factory=dict, repr=False)

    @property
    def hidden(self) -> int:
        """Channels of the hidden layer; 0 for none."""
        return self.layers["fc7"].kernel.shape[3] if "fc7" in self.layers else 0

    def on(self, base: Checkpoint) -> Checkpoint:
        """The network of this head on a base's convolutions. Raises BadFileError when they do not fit together."""
        shape = base.architecture
        architecture = Architecture(
            shape.configuration, shape.width, self.hidden, len(self.words), self.window, head="pooled"
        )
        layers = {name: layer for name, layer in base.layers.items() if name.startswith("conv")} | dict(self.layers)
        for name, wanted in architecture.layers().items():
            if name in _LAYERS and layers[name].kernel.shape != wanted:
                raise BadFileError(
                    f"its {name} has shape {layers[name].kernel.shape}, and {self.base.name} needs {wanted}"
                )
        channels = sum(shape.channels())
        needed: dict[str, tuple[int, ...]] = {"mean": (len(self.words), channels), "spread": (channels,)}
        for part, tensor in self.typical.items():
            if tensor.shape != needed[part]:
                raise BadFileError(
                    f"its typical {part} has shape {tensor.shape}, and {self.base.name} needs {needed[part]}"
                )
        names = tuple(word.name for word in self.words)
        described = f"a head for {len(names)} classes on {self.base.name}"
        return Checkpoint(
            described, architecture, names, base.preprocessing, layers, words=self.words, typical=self.typical
        )


def write_head(
    path: Path,
    base: Base,
    window: int,
    words: Sequence[ClassName],
    params: Mapping[str, Mapping[str, Array]],
    card: Mapping[str, Any],
    typical: Typical | None = None,
) -> None:
    """Write a head, atomically, as 16-bit floats. Raises UserError.

    params: "fc8", and "fc7" where there is a hidden layer, each with kernel [1, 1, in, out] and bias [out]; they take
    the means of all blocks as they are. card: what a person should know of it, as plain JSON. typical: of its classes.
    """
    tensors = {
        f"{layer}.{part}": np.asarray(values, np.float16)
        for layer, group in params.items()
        for part, values in group.items()
    }
    if typical is not None:
        tensors |= {f"typical.{part}": np.asarray(getattr(typical, part), np.float16) for part in _TYPICAL}
    classes = [{"name": word.name, "emoji": word.emoji, "aliases": list(word.aliases)} for word in words]
    metadata = {
        "format": FORMAT,
        "base": json.dumps(dataclasses.asdict(base)),
        "window": str(window),
        "classes": json.dumps(classes, ensure_ascii=False),
        "card": json.dumps(dict(card), ensure_ascii=False),
    }
    write_tensors(path, tensors, metadata)


def read(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> HeadFile:
    """What a file written by `write_head` holds. Raises BadFileError."""
    try:
        raw = json.loads(metadata["base"])
        base = Base(str(raw["name"])[:200], str(raw["sha256"])[:64])
        window = int(metadata["window"])
        words = tuple(
            ClassName(number, str(item["name"])[:80], str(item.get("emoji", ""))[:16], tuple(map(str, item["aliases"])))
            for number, item in enumerate(json.loads(metadata["classes"]))
        )
        card = json.loads(metadata.get("card", "{}"))
        if len(words) == 1:
            raise BadFileError(f"it has one class; {ONE_CLASS}")
        Architecture(dense=1, classes=len(words), window=window, head="pooled")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise BadFileError(f"its metadata cannot be used ({error})".replace("\n", " ")[:300]) from None
    names = [word.name for word in words]
    if len(set(names)) != len(names) or not all(name.strip() for name in names):
        raise BadFileError("its classes have names that are empty or appear twice")
    layers = {}
    for name in _LAYERS:
        kernel, bias = tensors.get(f"{name}.kernel"), tensors.get(f"{name}.bias")
        if kernel is None and bias is None and name == "fc7":
            continue
        if kernel is None or bias is None:
            raise BadFileError(f"{name} is missing")
        if len(kernel.shape) != 4 or bias.shape != kernel.shape[3:]:
            raise BadFileError(f"{name} has the shapes {kernel.shape} and {bias.shape}")
        if kernel.dtype not in FLOATS or bias.dtype not in FLOATS:
            raise BadFileError(f"{name} is not made of floats")
        layers[name] = Layer(name, kernel, bias, "HWIO")
    typical = {part: tensors[f"typical.{part}"] for part in _TYPICAL if f"typical.{part}" in tensors}
    if typical and (len(typical) < len(_TYPICAL) or any(tensor.dtype not in FLOATS for tensor in typical.values())):
        raise BadFileError("what is typical of its classes is not whole, or not made of floats")
    return HeadFile(base, window, words, layers, card if isinstance(card, dict) else {}, typical)


def base_file(head: HeadFile, path: Path, cache: Path | None = None) -> Path:
    """The file of the base network of the head in `path`, found and held against the hash that the head remembers.

    A base that is not of the catalog is looked for beside the head, then among the downloaded weights. Raises
    UserError when it is not there, or is another.
    """
    from dreamstream.support.resources import weights_folder
    from dreamstream.weights.catalog import BUILTIN, builtin_of, catalog, features_of, file_hash

    name = head.base.name
    if name == BUILTIN:
        file = builtin_of(head.base.sha256)
    elif name in catalog():
        file = features_of(name, cache)
    else:
        places = [folder / Path(name).name for folder in (path.parent, weights_folder(cache))]
        there = next((place for place in places if place.is_file()), None)
        if there is None:
            raise UsageError(
                f"{path} is a head on {name!r}, which lies neither beside it nor in {places[-1].parent}; put it there.",
            )
        file = there
    if file_hash(file) != head.base.sha256:
        raise UserError(
            f"{path} is a head for another network than {file} (its SHA-256 begins with {head.base.sha256[:8]}); "
            "teach it anew with `dreamstream teach`."
        )
    return file
