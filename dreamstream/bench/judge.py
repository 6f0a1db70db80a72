"""An independent judge of pictures: a residual network in PyTorch that never takes part in dreaming.

`python -m benchmarks.judge train` makes one. It looks at half overlapping windows at object scale.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

SIDE = 64
SEED = 2015
WINDOWS = (80, 112, 150, 200)  # pixels of a canvas 360 high: the sizes at which objects are meant to be seen
SURE = 0.5  # a window counts as showing something when the judge gives any class more than this

Pictures = NDArray[np.float32]


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm and a shortcut; the first may halve the size."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        same = stride == 1 and before == channels
        self.shortcut = nn.Identity() if same else nn.Conv2d(before, channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[N, before, H, W] to [N, channels, H / stride, W / stride]."""
        return torch.relu(self.shortcut(x) + self.body(x))


def network(classes: int) -> nn.Module:
    """A small residual network (He et al. 2015): pictures [N, 3, 64, 64] in [-1, 1] to logits [N, classes]."""
    torch.manual_seed(SEED)
    blocks = [Block(32, 32, 1), Block(32, 64, 2), Block(64, 128, 2), Block(128, 128, 1), Block(128, 256, 2)]
    stem = (nn.Conv2d(3, 32, 5, 2, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU())
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(256, classes))
    # torch's own annotations of `to` do not know this keyword.
    made: nn.Module = nn.Sequential(*stem, *blocks, *head).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return made


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
    """The trained network, its classes, and how it looks at pictures."""

    def __init__(self, path: Path) -> None:
        found = torch.load(path, weights_only=True, map_location="cpu")
        self.names: list[str] = found["names"]
        self._network = network(len(self.names))
        self._network.load_state_dict(found["network"])
        self._network.eval()

    def see(self, windows: Pictures) -> NDArray[np.float32]:
        """Probabilities [K, classes] of windows [K, SIDE, SIDE, 3] in [0, 1]."""
        with torch.inference_mode():
            return np.asarray(self._network(tensor(windows)).softmax(dim=1).numpy(), np.float32)

    def canvas(self, picture: NDArray[np.uint8], scale: int | None = None, look: str = "as it is") -> Any:
        """Probabilities [K, classes] of all half overlapping windows at object scale of a picture uint8 [H, W, 3].

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


def tensor(pictures: Pictures) -> torch.Tensor:
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last) * 2 - 1


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
