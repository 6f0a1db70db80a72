"""Small films to learn from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray


def moving(count: int, width: int = 48, height: int = 32) -> list[NDArray[np.uint8]]:
    """A light square that wanders over a shaded ground: no frame is like another."""
    y, x = np.mgrid[0:height, 0:width]
    frames = []
    for n in range(count):
        left, top = 12 + 10 * np.sin(n / 3), 10 + 8 * np.cos(n / 4.1)
        frame = np.stack([60 + x, 40 + y + 2 * n, np.full_like(x, 90)], -1)
        frame[(abs(x - left - 8) < 6) & (abs(y - top - 4) < 6)] = (250, 200 - 3 * n % 90, 60)
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
    return frames


def write_film(path: Path, frames: list[NDArray[np.uint8]], codec: str = "ffv1", fps: int | Fraction = 10) -> Path:
    """Write them, without loss by default; the name says the format."""
    with av.open(str(path), "w") as file:
        stream = cast(av.VideoStream, file.add_stream(codec, rate=fps))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "bgr0" if codec == "ffv1" else "yuv420p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")))
        file.mux(stream.encode())
    return path
