"""Frames of a tweener that is told of dreams as a test says, and how two of them differ."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion
from dreamstream.core.dream import Dream
from dreamstream.core.programme import split
from dreamstream.video.tween import Tweener

SIZE, FPS = (160, 90), 30


MOTIONS = [Motion(), Motion(1.12, 3.0, 0.03, -0.02), Motion(1.0, 0.0, 0.06, 0.0), Motion(0.96, -2.0)]


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """The mean absolute difference of two pictures, in levels of 255."""
    return float(cv2.absdiff(a, b).mean())


def inner(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture without its outermost tenth, where there may be no truth to compare with."""
    height, width = picture.shape[:2]
    return picture[height // 10 : -height // 10, width // 10 : -width // 10]


def play(
    tween: Tweener, arrivals: list[tuple[float, Dream]], seconds: float, start: float = 0.0, fps: int = FPS
) -> NDArray[np.uint8]:
    """The frames at a rate, with each dream pushed at its time of arrival."""
    queue = sorted(arrivals, key=lambda arrival: arrival[0])
    frames = []
    for index in range(round(seconds * fps)):
        t = start + index / fps
        while queue and queue[0][0] <= t:
            now, one = queue.pop(0)
            tween.push(one, now)
        frames.append(tween.frame(t))
    return np.stack(frames)


def greys(*dreams: tuple[float, float]) -> list[Dream]:
    """Plain pictures of (level, time) under a camera at rest."""
    still = Motion(1.0, 0.0)
    return [Dream(np.full((90, 160, 3), level, np.uint8), time, still, split(["grey"])) for level, time in dreams]
