"""What a network sees in pictures: of one thing each, or anywhere in a whole one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import jax
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.vgg.model import Model

AT_ONCE = 32  # windows looked at together


class Sight:
    """A network that looks at pictures, with its parameters as they are on the device."""

    def __init__(self, model: Model, params: Any) -> None:
        self._side, self._classes, self._params = model.architecture.window, model.classes, params
        self._seen = jax.jit(lambda params, windows: jax.nn.softmax(model.window_logits(params, windows)))

    def things(self, pictures: Sequence[NDArray[np.uint8]]) -> list[dict[str, float]]:
        """How much of each class it sees in pictures uint8 [s, s, 3] of one thing each: log probabilities."""
        crops = []
        for picture in pictures:
            rows = len(picture)
            for edge in (round(share * rows) for share in (0.0, 0.06, 0.12)):
                crops.append(self._window(picture[edge : rows - edge, edge : rows - edge]))
        found = self._probabilities(crops).reshape(len(pictures), 3, -1)
        each = np.log(found.mean(axis=1) + 1e-12)
        return [dict(zip(self._classes, map(float, row), strict=True)) for row in each]

    def score(self, picture: NDArray[np.uint8], number: int) -> float:
        """How much of the class of a number it sees in a picture uint8 [H, W, 3]: its mean probability, 0 to 1.

        The mean is taken over windows at object scale: 0.3 and 0.45 of the height, half overlapping.
        """
        h, w = picture.shape[:2]
        crops = [
            self._window(picture[y : y + size, x : x + size])
            for size in (round(0.3 * h), round(0.45 * h))
            for y in range(0, h - size + 1, size // 2)
            for x in range(0, w - size + 1, size // 2)
        ]
        return float(self._probabilities(crops)[:, number].mean())

    def _window(self, part: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(cv2.resize(part, (self._side, self._side), interpolation=cv2.INTER_AREA), np.uint8)

    def _probabilities(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Of every class in windows [N, side, side, 3]: [N, classes]."""
        count = -(-len(crops) // AT_ONCE)
        windows = np.zeros((count * AT_ONCE, self._side, self._side, 3), np.float32)
        windows[: len(crops)] = np.asarray(crops, np.float32) / 255
        found = np.concatenate([self._seen(self._params, part) for part in np.split(windows, count)])
        return np.asarray(found[: len(crops)], np.float32)
