"""Outlines of pictures as polylines: what of a picture somebody might draw.

A polyline is float32 [n, 2], x and y in pixels of the picture, pixel centres at whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Polyline = NDArray[np.float32]
NEAR = 4.0  # pixels of 160 between an inner edge and the outline, below which they are one line
# The neighbours of a pixel, the straight ones first.
AROUND = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))


def outlines(picture: Picture, blur: float, threshold: float, shortest: float = 6.0) -> list[Polyline]:
    """The outlines of a picture, uint8 [S, S, 3], or [S, S, 4] with a matte whose outline is one of them.

    blur: in hundredths of the side, below which details are not drawn. threshold: how strong an edge must be, of 255.
    shortest: of a line, in hundredths of the side.
    """
    side = len(picture)
    found: list[Polyline] = []
    edges = _edges(_on_its_own_ground(picture), blur * side / 100, threshold)
    if picture.shape[2] == 4:
        inside = (cv2.GaussianBlur(picture[..., 3], (0, 0), max(0.5, blur * side / 200)) > 127).astype(np.uint8)
        contours, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        found += [np.concatenate([each, each[:1]])[:, 0].astype(np.float32) for each in contours]
        deep = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
        edges &= deep > NEAR * side / 160
    found += joined(traced(edges), 0.02 * side)
    return [line for line in found if length(line) >= shortest * side / 100]


def _on_its_own_ground(picture: Picture) -> NDArray[np.float32]:
    """Without its matte: transparent parts take the mean colour, so that they make few edges."""
    colours = picture[..., :3].astype(np.float32)
    if picture.shape[2] == 3:
        return colours
    matte = picture[..., 3:].astype(np.float32) / 255
    mean = (colours * matte).sum((0, 1)) / max(float(matte.sum()), 1)
    return np.asarray(colours * matte + mean * (1 - matte), np.float32)


def _edges(colours: NDArray[np.float32], blur: float, threshold: float) -> NDArray[np.bool_]:
    """Thin edges (Canny 1986), by the colour that changes most, bool [S, S]."""
    smooth = cv2.GaussianBlur(colours, (0, 0), max(blur, 0.4))
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *way, ksize=3) for way in ((1, 0), (0, 1)))
    most = np.argmax(np.abs(across) + np.abs(down), axis=2)[..., None]
    dx, dy = (np.take_along_axis(each, most, 2)[..., 0].astype(np.int16) for each in (across, down))
    return np.asarray(cv2.Canny(dx, dy, threshold * 0.5, threshold) > 0)


def traced(edges: NDArray[np.bool_]) -> list[Polyline]:
    """Thin edges, bool [S, S], as polylines: from their ends first, straight on where lines cross."""
    left = {(int(y), int(x)) for y, x in np.argwhere(edges)}

    def around(at: tuple[int, int]) -> list[tuple[int, int]]:
        return [(at[0] + y, at[1] + x) for y, x in AROUND if (at[0] + y, at[1] + x) in left]

    ends = [at for at in sorted(left) if len(around(at)) == 1]
    found = []
    for start in [*ends, *sorted(left)]:
        if start not in left:
            continue
        line = [start]
        left.discard(start)
        way = (0, 0)
        while near := around(line[-1]):
            at = line[-1]
            following = max(near, key=lambda n: (n[0] - at[0]) * way[0] + (n[1] - at[1]) * way[1])
            back = line[max(0, len(line) - 4)]
            way = (following[0] - back[0], following[1] - back[1])
            line.append(following)
            left.discard(following)
        if len(line) > 2:
            if abs(line[0][0] - line[-1][0]) <= 1 and abs(line[0][1] - line[-1][1]) <= 1 and len(line) > 6:
                line.append(line[0])
            found.append(np.array([(x, y) for y, x in line], np.float32))
    return found


def joined(lines: Sequence[Polyline], reach: float) -> list[Polyline]:
    """Polylines whose ends lie within `reach` pixels of each other made one, the longest first."""
    rest = sorted(lines, key=len, reverse=True)
    found = []
    while rest:
        line = rest.pop(0)
        while rest and np.hypot(*(line[0] - line[-1])) > reach:
            ends = np.array([[each[0], each[-1]] for each in rest])
            gaps = np.hypot(*np.moveaxis(ends[None] - np.array([line[0], line[-1]])[:, None, None], -1, 0))
            mine, other, its = np.unravel_index(int(gaps.argmin()), gaps.shape)
            if gaps[mine, other, its] > reach:
                break
            more = rest.pop(int(other))
            before = line if mine == 1 else line[::-1]
            line = np.concatenate([before, more if its == 0 else more[::-1]])
        found.append(line)
    return found


def length(line: Polyline) -> float:
    """How long a polyline is."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum())
