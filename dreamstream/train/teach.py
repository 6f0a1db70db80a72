"""`dreamstream teach`: a folder of photographs for each class, and a network's convolutions, make a class head.

Each picture goes through the convolutions once for each of its views, and what comes out is kept; a head is then fitted
in seconds. A sixth of the pictures of each class is only measured on.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import within
from dreamstream.core.errors import UsageError, UserError
from dreamstream.networks import runtime
from dreamstream.networks.device import place
from dreamstream.networks.vgg.model import Model
from dreamstream.support.pictures import load_photo
from dreamstream.support.progress import progress
from dreamstream.support.resources import default_cache
from dreamstream.train import head_fit, photographs
from dreamstream.train.feature_cache import FeatureCache
from dreamstream.train.head_fit import HeadRecipe
from dreamstream.train.photographs import Photographs
from dreamstream.weights.catalog import BUILTIN, catalog, features_of, file_hash, resolve
from dreamstream.weights.formats import checkpoint_of, head_or_none, read_weights
from dreamstream.weights.heads import Base, base_file, write_head

FEATURES = "vgg16-features"
SIDE = 160  # pixels of a view: the network sees a thing as large as in its own training
AT_ONCE = 16
# Few pictures are looked at in many ways, many in one: about so many views are made in all.
MOST_VIEWS, ENOUGH = 8, 6000
CACHE_VERSION = b"means of all blocks, 1"


@dataclass(frozen=True)
class Report:
    """How a head did on pictures that it was not taught from.

    right, held: by class, in order. confused: (the class, what it was taken for, how often), the most frequent first.
    broken: files that could not be read. pictures: how many were taught from.
    """

    names: tuple[str, ...]
    right: tuple[int, ...]
    held: tuple[int, ...]
    confused: tuple[tuple[str, str, int], ...]
    pictures: int
    broken: tuple[Path, ...] = ()

    @property
    def accuracy(self) -> float | None:
        """Share of held-out pictures that were named rightly; None where there were none."""
        return sum(self.right) / sum(self.held) if sum(self.held) else None

    def lines(self) -> list[str]:
        """What is printed."""
        found = [f"taught from {self.pictures} pictures of {len(self.names)} classes"]
        if self.broken:
            shown = ", ".join(str(path) for path in self.broken[:3])
            found.append(f"{len(self.broken)} files are no pictures that can be read and were left out: {shown}")
        if self.accuracy is None:
            return [*found, "too few pictures to hold some back, so how well it knows them is not measured"]
        found.append(f"right on {self.accuracy:.0%} of {sum(self.held)} pictures that were held back")
        worst = sorted((r / h, n, r, h) for n, r, h in zip(self.names, self.right, self.held, strict=True) if h)
        by_class = ", ".join(f"{name} {right}/{held}" for share, name, right, held in worst if share < 1)
        found.append(f"not always right: {by_class}" if by_class else "every class was always right")
        if self.confused:
            found.append("taken for each other: " + ", ".join(f"{a} for {b} ({n})" for a, b, n in self.confused[:8]))
        return found

    def card(self) -> dict[str, Any]:
        """The same as plain data, for the head's file."""
        by_class = {n: [r, h] for n, r, h in zip(self.names, self.right, self.held, strict=True)}
        accuracy = None if self.accuracy is None else round(self.accuracy, 4)
        return {"pictures": self.pictures, "accuracy": accuracy, "right of held out": by_class}


def teach(
    folder: Path,
    out: Path,
    model: str = "auto",
    *,
    words: Path | None = None,
    hidden: int = 0,
    views: int | None = None,
    seed: int = 0,
    cache: Path | None = None,
    about: str = "",
    dtype: str = "auto",
) -> Report:
    """Teach a class head from a folder of class folders and write it to `out`; features are kept in the cache folder.

    model: whose convolutions; "auto" are those of VGG-16 where they are installed, else the built-in network's. words:
    see `photographs.find`. hidden: channels of a hidden layer. views: of each picture. about: a sentence for the card.
    Raises UserError for what a person can mend.
    """
    if out.suffix != ".safetensors":
        raise UsageError(f"The head's file must end in .safetensors, but it is {out}.")
    if out.is_dir() or not out.parent.is_dir():
        raise UsageError(f"{out} cannot be written: its folder must exist, and it must be no folder itself.")
    within("hidden", hidden, 0, 4096)
    within("seed", seed, 0, 2**32 - 1)
    found = photographs.find(folder, words)
    runtime.begin()
    count = (
        min(MOST_VIEWS, max(1, round(ENOUGH / found.count))) if views is None else int(within("views", views, 1, 64))
    )
    base, network = base_of(model, cache)
    side = SIDE if network.architecture.width == 1 else min(SIDE, 64)
    store = (cache or default_cache()) / "features" / f"{base.sha256[:16]}-{side}-blocks.bin"
    channels = sum(network.architecture.channels())
    with FeatureCache(store, channels) as kept:
        features, known, broken = _features(found, network, side, count, kept, dtype)
    taken = _taken(found, known, folder)
    recipe = HeadRecipe(hidden=hidden, seed=seed)
    taught = [(c, i) for c, used in enumerate(taken) for i, held in used if not held]
    x = np.concatenate([features[known[found.files[c][i]]] for c, i in taught])
    labels = np.repeat(np.array([c for c, _ in taught], np.int32), count)
    params = head_fit.fit(x, labels, len(found.words), recipe)
    report = _measured(found, taken, params, lambda path: features[known[path]][0], len(taught), broken)
    card = {"about": about, "views": count, "side": side, "hidden": hidden, "seed": seed, **report.card()}
    write_head(out, base, side, found.words, params, card, head_fit.typical(x, labels, len(found.words)))
    return report


def base_of(model: str, cache: Path | None = None) -> tuple[Base, Model]:
    """The network whose convolutions `--model` means, and what a head remembers of it. Raises UserError."""
    if model == "auto":
        package = catalog()[FEATURES].package
        model = FEATURES if package and package.path() else BUILTIN
    found = resolve(model, cache)
    if not isinstance(found, Path):
        name, path = found, features_of(found, cache)
    elif head := head_or_none(found):
        name, path = head.base.name, base_file(head, found, cache)
    else:
        name, path = found.name, found
    with checkpoint_of(path, cache) as checkpoint:
        bare = checkpoint.architecture.without_head()
    network = read_weights(path, name, cache)
    return Base(name, file_hash(path)), replace(network, architecture=bare, classes=())


def _features(
    found: Photographs, network: Model, side: int, count: int, kept: FeatureCache, dtype: str
) -> tuple[NDArray[np.float16], dict[Path, int], list[Path]]:
    """Features [pictures, views, C], which row is whose, and the files that could not be read."""
    target = place(dtype)
    params = target.params(network.params)
    run = jax.jit(lambda params, x: _means(network, params, x))
    waiting: list[tuple[bytes, NDArray[np.uint8]]] = []

    def flush() -> None:
        batch = np.zeros((AT_ONCE, side, side, 3), np.uint8)
        batch[: len(waiting)] = [view for _, view in waiting]
        made = np.asarray(run(params, jnp.asarray(batch)), np.float16)
        for (key, _), vector in zip(waiting, made, strict=False):
            kept.add(key, vector)
        waiting.clear()

    keys: dict[Path, list[bytes]] = {}
    broken: list[Path] = []
    with progress("Looking at pictures", found.count, "pictures") as advance:
        for path in (path for files in found.files for path in files):
            try:
                content = photographs.digest_of(path)
                own = [hashlib.sha256(CACHE_VERSION + content + bytes([number])).digest() for number in range(count)]
                if not all(key in kept for key in own):
                    made = photographs.views(load_photo(path), side, count, content)
                    waiting += [(key, view) for key, view in zip(own, made, strict=True) if key not in kept]
                keys[path] = own
            except (UserError, OSError):
                broken.append(path)
            while len(waiting) >= AT_ONCE:
                later = waiting[AT_ONCE:]
                del waiting[AT_ONCE:]
                flush()
                waiting += later
            advance(1)
        if waiting:
            flush()
    rows = {path: row for row, path in enumerate(keys)}
    channels = sum(network.architecture.channels())
    features = np.array([[kept[key] for key in own] for own in keys.values()], np.float16)
    return features.reshape(len(keys), count, channels), rows, broken


def _means(network: Model, params: Any, pictures: jax.Array) -> jax.Array:
    canvas = pictures.astype(jnp.float32) / 255
    found: jax.Array = network.activations(params, canvas, until="means")["means"]
    return found.astype(jnp.float32).mean(axis=(1, 2))


def _taken(found: Photographs, known: dict[Path, int], folder: Path) -> list[list[tuple[int, bool]]]:
    """Of each class the numbers of the files that could be read, and whether each is held back."""
    taken = []
    for word, files in zip(found.words, found.files, strict=True):
        usable = [number for number, path in enumerate(files) if path in known]
        if not usable:
            raise UsageError(
                f"None of the {len(files)} files for {word.name!r} in {folder} is a picture that can be read; "
                "put others there.",
            )
        taken.append(list(zip(usable, photographs.held_out(len(usable)).tolist(), strict=True)))
    return taken


def _measured(
    found: Photographs,
    taken: list[list[tuple[int, bool]]],
    params: head_fit.Params,
    first_view: Callable[[Path], NDArray[np.float16]],
    pictures: int,
    broken: list[Path],
) -> Report:
    names = tuple(word.name for word in found.words)
    right, held, wrong = [0] * len(names), [0] * len(names), Counter[tuple[str, str]]()
    for own, used in enumerate(taken):
        for number, back in used:
            if back:
                said = int(head_fit.logits(params, first_view(found.files[own][number])[None])[0].argmax())
                held[own] += 1
                right[own] += said == own
                if said != own:
                    wrong[names[own], names[said]] += 1
    confused = tuple((a, b, n) for (a, b), n in wrong.most_common())
    return Report(names, tuple(right), tuple(held), confused, pictures, tuple(broken))
