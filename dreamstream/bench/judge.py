"""An independent judge of pictures: a small residual network (He et al. 2015) that never takes part in dreaming.

One ships as models/judge; `python -m benchmarks.judge train` makes another. It looks at half overlapping windows at
object scale. Batch normalisation is folded into the convolutions, so its file holds kernels and biases alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from dreamstream.core.errors import UsageError
from dreamstream.support.files import write_tensors
from dreamstream.support.resources import models_folder

FORMAT = "dreamstream judge 1"
LARGEST = 64 << 20  # bytes of a file; the one that ships has 3 MB
MOST_WORDS = 10_000
SIDE = 64
STEM = 32
BLOCKS = ((32, 1), (64, 2), (128, 2), (128, 1), (256, 2))  # channels and stride of each
WINDOWS = (80, 112, 150, 200)  # pixels of a canvas 360 high: the sizes at which objects are meant to be seen
SURE = 0.5  # a window counts as showing something when the judge gives any class more than this
BATCH = 64

Pictures = NDArray[np.float32]
Params = Mapping[str, Any]


def shapes(words: int) -> dict[str, tuple[int, ...]]:
    """The names and shapes of all that a judge of so many words has learned: kernels [h, w, in, out], biases [out]."""
    found: dict[str, tuple[int, ...]] = {"stem.kernel": (5, 5, 3, STEM), "stem.bias": (STEM,)}
    before = STEM
    for number, (channels, stride) in enumerate(BLOCKS):
        for name, width in (("first", before), ("second", channels)):
            found[f"{number}.{name}.kernel"] = (3, 3, width, channels)
            found[f"{number}.{name}.bias"] = (channels,)
        if stride != 1 or before != channels:
            found[f"{number}.shortcut.kernel"] = (1, 1, before, channels)
        before = channels
    return found | {"head.kernel": (before, words), "head.bias": (words,)}


def logits(params: Params, pictures: jax.Array) -> jax.Array:
    """Logits [N, words] of pictures [N, SIDE, SIDE, 3] in [0, 1]."""

    def convolved(x: jax.Array, name: str, stride: int) -> jax.Array:
        kernel = params[f"{name}.kernel"]
        around = kernel.shape[0] // 2
        found: jax.Array = jax.lax.conv_general_dilated(
            x, kernel, (stride, stride), [(around, around)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return found + params[f"{name}.bias"] if f"{name}.bias" in params else found

    x = jax.nn.relu(convolved(pictures * 2 - 1, "stem", 2))
    for number, (_, stride) in enumerate(BLOCKS):
        within = jax.nn.relu(convolved(x, f"{number}.first", stride))
        within = convolved(within, f"{number}.second", 1)
        past = convolved(x, f"{number}.shortcut", stride) if f"{number}.shortcut.kernel" in params else x
        x = jax.nn.relu(past + within)
    told: jax.Array = x.mean(axis=(1, 2)) @ params["head.kernel"] + params["head.bias"]
    return told


_probabilities = jax.jit(lambda params, pictures: jax.nn.softmax(logits(params, pictures), axis=1))


def grey(x: Pictures) -> Pictures:
    """Without colour."""
    return np.repeat((x @ np.array([0.299, 0.587, 0.114], np.float32))[..., None], 3, axis=-1)


def blurred(x: Pictures) -> Pictures:
    """Without detail: a Gaussian of a 32nd of the picture's side."""
    return np.stack([cv2.GaussianBlur(picture, (0, 0), SIDE / 32) for picture in x])


def posterised(x: Pictures) -> Pictures:
    """Without shading: three levels of each colour."""
    return (np.round(x * 2) / 2).astype(np.float32)


LOOKS: dict[str, Callable[[Pictures], Pictures]] = {
    "as it is": lambda x: x,
    "grey": grey,
    "blurred": blurred,
    "posterised": posterised,
    "grey and blurred": lambda x: blurred(grey(x)),
}


class Judge:
    """A trained network, its words, and how it looks at pictures.

    path: its file; None is the judge that ships. Raises UsageError where the file holds none.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.names, params = read(path or models_folder() / "judge" / "weights.safetensors")
        self._params = jax.tree.map(jnp.asarray, params)

    def see(self, windows: Pictures) -> NDArray[np.float32]:
        """Probabilities [K, words] of windows [K, SIDE, SIDE, 3] in [0, 1]."""
        found = []
        for at in range(0, len(windows), BATCH):
            part = windows[at : at + BATCH]
            filled = np.pad(part, ((0, BATCH - len(part)), (0, 0), (0, 0), (0, 0)))  # one shape, one program
            found.append(np.asarray(_probabilities(self._params, jnp.asarray(filled)))[: len(part)])
        return np.concatenate(found)

    def canvas(self, picture: NDArray[np.uint8], scale: int | None = None, look: str = "as it is") -> Any:
        """Probabilities [K, words] of all half overlapping windows at object scale of a picture uint8 [H, W, 3].

        scale: the height of the canvas that the picture is a part of.
        """
        h, w = picture.shape[:2]
        crops = [
            cv2.resize(picture[y : y + size, x : x + size], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            for size in (min(h, round(side * (scale or h) / 360)) for side in WINDOWS)
            for y in range(0, h - size + 1, size // 2)
            for x in range(0, w - size + 1, size // 2)
        ]
        return self.see(LOOKS[look](np.asarray(crops, np.float32) / np.float32(255)))


def write(path: Path, names: Sequence[str], params: Params, card: Mapping[str, Any]) -> None:
    """Write a judge of these words in 16-bit floats. card: how it was taught. Raises UserError where it cannot be."""
    tensors = {name: np.asarray(value, np.float16) for name, value in params.items()}
    metadata = {"format": FORMAT, "words": json.dumps(list(names)), "card": json.dumps(dict(card))}
    write_tensors(path, tensors, metadata)


def read(path: Path) -> tuple[list[str], dict[str, NDArray[np.float32]]]:
    """A judge's words and parameters. Raises UsageError where the file holds none."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is too large")
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ValueError("its format is another")
            names = [str(name) for name in json.loads(metadata["words"])]
            if not 0 < len(names) <= MOST_WORDS:
                raise ValueError("it has no words, or too many")
            wanted = shapes(len(names))
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no mapping
            if found != wanted:
                raise ValueError("its parameters are others")
            params = {name: np.asarray(file.get_tensor(name), np.float32) for name in wanted}
        if not all(np.isfinite(value).all() for value in params.values()):
            raise ValueError("it holds what is no number")
        return names, params
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} holds no judge ({type(error).__name__}: {error}).") from None


def figures(windows: NDArray[np.float32], index: int) -> dict[str, float]:
    """What the judge's windows say of one class.

    rank: by the mean over all windows. mean: of the class's probability over all windows. shown: over those windows
    in which the judge is sure of something, whatever it is. best: in the clearest.
    """
    mean = windows.mean(axis=0)
    sure = windows[windows.max(axis=1) > SURE]
    return {
        "rank": int((mean > mean[index]).sum()) + 1,
        "mean": float(mean[index]),
        "shown": float(sure[:, index].mean()) if len(sure) else 0.0,
        "best": float(windows[:, index].max()),
    }
