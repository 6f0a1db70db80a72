"""When a drawing was seen in a show's frames: its chalk, and the picture that it was filled with. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.drawing import Drawing
from dreamstream.video.drawn import draw_lines

Frame = NDArray[np.uint8]
# The shares of the strokes that tell when the chalk begins, and when it ends.
FIRST, LAST = 0.15, 0.88
# So much of the way from what was there before is taken for seen, and so much of the way to the filled picture.
SEEN, FILLED = 0.5, 0.6
CHALK = 240.0
# What is looked at of the filled picture: lines and the matte's edge are left out.
OPAQUE = 250


@dataclass(frozen=True)
class Sight:
    """When a drawing was seen, as its frames came; None for what never was.

    begun, ended: its chalk, the first and the last of the strokes. filled: most of the filled picture.
    """

    begun: float | None = None
    ended: float | None = None
    filled: float | None = None


class Look:
    """Looks for one drawing in frames.

    drawing: as it is shown, drawn within a second. picture: what it is filled with, uint8 [s, s, 4]. centre, side: of
    its box at first, in picture heights from the middle. motion: of the camera, for the box rides it.
    """

    def __init__(self, drawing: Drawing, picture: Frame, centre: complex, side: float, motion: Motion) -> None:
        self._centre, self._side, self._motion = centre, side, motion
        ink = [255 - draw_lines(drawing, len(picture), share).astype(np.float32) for share in (FIRST, LAST, None)]
        self._first, self._last = ink[0] > 200, ink[2] - ink[1] > 200
        inside = cv2.erode((picture[..., 3] >= OPAQUE).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        self._inside = inside & (cv2.GaussianBlur(ink[2], (0, 0), 2.0) < 40)
        self._picture = picture[..., :3].astype(np.float32)

    def seen(self, frames: Iterable[tuple[float, Frame]], sent: float) -> Sight:
        """When it was seen in frames with their times, of which some are from before `sent`."""
        before: list[NDArray[np.float32]] = []
        ground: NDArray[np.float32] | None = None
        begun = ended = None
        ways: list[tuple[float, float]] = []
        for at, frame in frames:
            part = self._part(frame, 0.0 if begun is None else at - begun)
            if at < sent:
                before.append(part)
                continue
            if ground is None:
                ground = np.mean(before or [part], axis=0, dtype=np.float32)
            if begun is None and _way(part, ground, self._first) > SEEN:
                begun = at
            if begun is None:
                continue
            if ended is None and _way(part, ground, self._last) > SEEN:
                ended = at
            ways.append((at, self._filled(part, ground)))
        most = max((way for _, way in ways), default=0.0)
        # A picture that is only a little like the one that was made is another one.
        filled = next((at for at, way in ways if way > FILLED * most), None) if most > 0.3 else None
        return Sight(begun, ended, filled)

    def _part(self, frame: Frame, elapsed: float) -> NDArray[np.float32]:
        """What lies in the box, as large as the picture, `elapsed` seconds after it began."""
        height, width = frame.shape[:2]
        moved = self._motion.over(elapsed)
        side = len(self._picture)
        box = Pose(complex(self._side) * moved.factor, moved.apply(self._centre))
        matrix = box.matrix((side, side), (width, height))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(frame, matrix, (side, side), flags=flags), np.float32)

    def _filled(self, part: NDArray[np.float32], ground: NDArray[np.float32]) -> float:
        """How far this is on the way from the ground to the filled picture, 0 to about 1."""
        way = (self._picture - ground)[self._inside]
        gone = (part - ground)[self._inside]
        return float((gone * way).sum() / max(1.0, float((way * way).sum())))


def _way(part: NDArray[np.float32], ground: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """How far the strokes here are on the way from the ground to chalk."""
    if not where.any():
        return 0.0
    was, now = (float(each[where].min(axis=1).mean()) for each in (ground, part))
    return (now - was) / max(20.0, CHALK - was)
