"""How much a dream flickers when the next one takes its place: what changes that is not the camera's motion.

Pictures are uint8 [H, W, 3] RGB, changes are mean absolute differences, of 255.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Pose
from dreamstream.core.dream import Dream

# So many pixels next to where the earlier picture ends are left out: a cubic kernel reaches beyond it.
RIM = 4

Picture = NDArray[np.uint8]
Finishing = Callable[[Picture], Picture]


class Flicker(NamedTuple):
    """How much pictures change where they should not, the camera taken out.

    change: from each dream to the next one, as they are shown. crawl: the same of dreams on which nothing is done but
    that the camera moves: what is left is the finish's own.
    """

    change: float
    crawl: float


def flicker(dreams: Sequence[Dream], finish: Finishing) -> Flicker:
    """Of dreams that follow one another, two at least, each under `finish`."""
    changes, crawls = list[float](), list[float]()
    shown = [finish(dream.picture) for dream in dreams]
    for number in range(1, len(dreams)):
        earlier = dreams[number - 1]
        pose = earlier.motion.over(dreams[number].time - earlier.time)
        changes.append(difference(shown[number - 1], shown[number], pose))
        still, _ = moved(earlier.picture, pose)
        crawls.append(difference(shown[number - 1], finish(still), pose))
    return Flicker(float(np.mean(changes)), float(np.mean(crawls)))


def difference(before: Picture, after: Picture, pose: Pose) -> float:
    """Between two pictures of one size of which the later is seen from `pose`, where the earlier has pixels."""
    expected, known = moved(before, pose)
    return float(np.abs(expected.astype(np.float32) - after)[known].mean())


def moved(picture: Picture, pose: Pose) -> tuple[Picture, NDArray[np.bool_]]:
    """The picture under the camera's motion, and where it has pixels: [H, W]."""
    height, width = picture.shape[:2]
    matrix = pose.matrix((width, height), (width, height))
    warped = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    inside = np.zeros((height, width), np.uint8)
    inside[RIM:-RIM, RIM:-RIM] = 1
    known = np.asarray(cv2.warpAffine(inside, matrix, (width, height), flags=cv2.INTER_NEAREST), np.bool_)
    known[:RIM] = known[-RIM:] = known[:, :RIM] = known[:, -RIM:] = False
    return np.asarray(warped, np.uint8), known
