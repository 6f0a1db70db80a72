"""Models that were saved whole, a program with its numbers in it: told from files of numbers, and what to do instead.

Whoever opens such a file runs the program that is in it, or needs the code that wrote it; so none is opened here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from dreamstream.weights.readers.notes import Call, Name, Persistent

_TORCH = "save its numbers alone: torch.save(model.state_dict(), FILE)"
_KERAS = 'save its numbers alone: model.save_weights("NAME.weights.h5")'


def in_zip(entries: Collection[str]) -> str:
    """What a zip with these entries holds and what to do about it, as the end of a sentence; "" for no model."""
    names = {PurePosixPath(entry).name for entry in entries}
    if "constants.pkl" in names and any("code" in PurePosixPath(entry).parts for entry in entries):
        return f"it is a TorchScript program; open it with torch.jit.load, and {_TORCH}"
    if {"config.json", "model.weights.h5"} <= names:
        return f"it is a whole Keras model; open it with Keras, and {_KERAS}"
    return ""


def in_pickle(values: Iterable[Any]) -> str:
    """The same for what a pickle describes: everything in it, nearest first."""
    for value in values:
        if not isinstance(value, Call):
            continue
        if isinstance(value.state, dict) and "_modules" in value.state:
            return f"it is a whole pickled model ({_called(value)}); open it where its code is, and {_TORCH}"
        if any(name.module.partition(".")[0] in ("keras", "tensorflow") for name in _names(value)):
            return f"it is a whole pickled Keras model; open it with Keras, and {_KERAS}"
    return ""


def in_folder(folder: Path) -> str:
    """The same for a folder; "" also for one that is none."""
    if (folder / "saved_model.pb").is_file():
        return f"it is TensorFlow's SavedModel; open it with Keras, and {_KERAS}"
    return "it is a folder, and not a file of weights" if folder.is_dir() else ""


def own_tensors(value: Call) -> set[int]:
    """The ids of the dicts in which a pickled module keeps its own tensors: a part of the model, and no state dict."""
    state = value.state if isinstance(value.state, dict) and "_modules" in value.state else {}
    return {id(state[part]) for part in ("_parameters", "_buffers") if part in state}


def _names(value: Call) -> list[Name]:
    """The functions and classes that a call speaks of."""
    spoken = (value.function, *value.arguments) if isinstance(value.arguments, tuple) else (value.function,)
    return [each for each in spoken if isinstance(each, Name)]


def _called(value: Call) -> str:
    """A pickled module's class; the older format keeps it outside of the pickle, with its source."""
    kept = value.function.id if isinstance(value.function, Persistent) else None
    name = kept[1] if isinstance(kept, tuple) and len(kept) > 1 else value.function
    return str(name) if isinstance(name, Name) else "of a class of its own"
