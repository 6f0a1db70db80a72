"""An endless analytic scene seen through the camera, so that every tween can be compared with the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.dream import Dream
from dreamstream.core.programme import split
from dreamstream.video import yuv


def seen(pose: Pose, size: tuple[int, int], margin: float = 1.0, tint: float = 0.0) -> NDArray[np.uint8]:
    """The scene under a pose, uint8 [H, W, 3]; tint shifts the colours, for dreams that differ."""
    width, height = size
    x = (np.arange(width) - (width - 1) / 2) / height
    y = (np.arange(height) - (height - 1) / 2) / height
    screen = (x[None, :] + 1j * y[:, None]) * margin
    back = pose.inverse()
    world = back.factor * screen + back.offset
    waves = [
        np.sin(9 * world.real + 4 * world.imag + tint + c) + np.sin(7 * world.imag - 5 * world.real + c)
        for c in (0, 2, 4)
    ]
    return np.asarray(127.5 + 55 * np.stack(waves, axis=-1), np.uint8)


def shown(pose: Pose, size: tuple[int, int], tint: float = 0.0) -> NDArray[np.uint8]:
    """The scene under a pose as video can show it: with a quarter of the colour."""
    return yuv.to_rgb(yuv.from_rgb(seen(pose, size, tint=tint)))


def dream(time: float, motion: Motion, size: tuple[int, int], margin: float = 1.0, tint: float = 0.0) -> Dream:
    """The scene as a dreamer would deliver it: exactly in place at `time`."""
    return Dream(seen(motion.over(time), size, margin, tint), time, motion, split(["scene"]))
