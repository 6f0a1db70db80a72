"""The pixel work of a tween: putting a canvas under a camera pose, and cross-fading two of them.

Pictures are planar YUV (yuv.py). Sizes are (width, height), both even. A canvas shows `margin` times the output's scene
height.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Pose
from dreamstream.video.yuv import NEUTRAL, Picture, empty, from_rgb, planes, size_of

# Contrast is restored by at most this much; more would make noise of what does not match.
MOST_GAIN = 1.25
# One cell of the coarse grid on which soft edges are computed, in pixels.
CELL = 8


def matrix(pose: Pose, source: tuple[int, int], target: tuple[int, int], margin: float) -> NDArray[np.float64]:
    """The 2x3 affine from a canvas's pixel centres to the output's, for a canvas with a margin of scene around it."""
    return Pose(pose.factor * margin, pose.offset).matrix(source, target)


def smooth(x: float) -> float:
    """Perlin's smootherstep: 0 to 1 for x from 0 to 1, with no slope and no curvature at either end."""
    x = min(max(x, 0.0), 1.0)
    return x * x * x * (x * (6 * x - 15) + 10)


def prepare(canvas: NDArray[np.uint8], size: tuple[int, int], margin: float) -> Picture:
    """An RGB canvas, uint8 [H, W, 3], as a planar picture with about as many pixels per scene as the output has.

    Done once for each dream: what is much smaller is enlarged with a cubic kernel, and what is much larger averaged
    down, so that the bilinear warp of every frame neither shows the pixel grid nor flickers.
    """
    rows, columns = canvas.shape[:2]
    density = margin * size[1] / rows
    if 0.7 <= density <= 1.2:
        density = 1.0
    width, height = max(2, 2 * round(columns * density / 2)), max(2, 2 * round(rows * density / 2))
    if (width, height) == (columns, rows):
        return from_rgb(canvas)
    if density < 1.0:
        return from_rgb(np.asarray(cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
    exact = Pose().matrix((columns, rows), (width, height))
    fine = cv2.warpAffine(canvas, exact, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return from_rgb(np.asarray(fine, np.uint8))


def warp(picture: Picture, pose: Pose, size: tuple[int, int], margin: float = 1.0) -> Picture:
    """The canvas as the output sees it under a pose; outside of it, its mirror image."""
    out = empty(size)
    for plane, target in zip(planes(picture), planes(out), strict=True):
        there = (target.shape[1], target.shape[0])
        place = matrix(pose, (plane.shape[1], plane.shape[0]), there, margin)
        cv2.warpAffine(plane, place, there, dst=target, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return out


def gap(picture: Picture, pose: Pose, size: tuple[int, int], margin: float) -> float:
    """How far, in output pixels, the canvas's edge lies inside the frame at the worst corner; 0 when it covers all."""
    place = matrix(pose, size_of(picture), size, margin)
    scale = math.hypot(place[0, 0], place[1, 0])
    back = cv2.invertAffineTransform(place)
    width, height = size
    corners = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [-0.5, height - 0.5], [width - 0.5, height - 0.5]])
    u, v = back[:, :2] @ corners.T + back[:, 2:]
    w, h = size_of(picture)
    outside = max(
        float(np.max(-0.5 - u)), float(np.max(u - w + 0.5)), float(np.max(-0.5 - v)), float(np.max(v - h + 0.5))
    )
    # A tenth of a pixel is rounding, not a gap.
    return outside * scale if outside * scale > 0.1 else 0.0


def soft_edge(
    picture: Picture, pose: Pose, size: tuple[int, int], margin: float, feather: float
) -> NDArray[np.float32]:
    """How much the canvas counts at each output pixel, float32 [H, W]: 0 where it ends, 1 `feather` pixels inside."""
    place = matrix(pose, size_of(picture), size, margin)
    scale = math.hypot(place[0, 0], place[1, 0])
    back = cv2.invertAffineTransform(place)
    width, height = size
    x = (np.arange(math.ceil(width / CELL), dtype=np.float32) + 0.5) * CELL - 0.5
    y = ((np.arange(math.ceil(height / CELL), dtype=np.float32) + 0.5) * CELL - 0.5)[:, None]
    w, h = size_of(picture)
    u = back[0, 0] * x + back[0, 1] * y + back[0, 2] + 0.5
    v = back[1, 0] * x + back[1, 1] * y + back[1, 2] + 0.5
    inside = np.minimum(np.minimum(u, w - u), np.minimum(v, h - v)) * scale / max(feather, 1e-3)
    inside = np.clip(inside, 0, 1).astype(np.float32)
    coarse = inside * inside * (3 - 2 * inside)
    whole = (coarse.shape[1] * CELL, coarse.shape[0] * CELL)
    return np.asarray(cv2.resize(coarse, whole, interpolation=cv2.INTER_LINEAR)[:height, :width], np.float32)


def likeness(a: Picture, b: Picture) -> tuple[float, float]:
    """The correlation of two pictures' luma, from 0 to 1, and its mean, from every eighth row and column."""
    few_a = planes(a)[0][::CELL, ::CELL].astype(np.float32).ravel()
    few_b = planes(b)[0][::CELL, ::CELL].astype(np.float32).ravel()
    mean = float(few_a.mean() + few_b.mean()) / 2
    few_a -= few_a.mean()
    few_b -= few_b.mean()
    power = math.sqrt(float(few_a @ few_a) * float(few_b @ few_b))
    return (min(1.0, max(0.0, float(few_a @ few_b) / power)) if power > 0 else 1.0), mean


def gain(weight: float, correlation: float) -> float:
    """What a cross-fade's contrast must be multiplied with, so that it does not fade to grey in its middle.

    For two pictures of equal variance and this correlation, a weighted mean has (1-w)^2 + w^2 + 2 r w (1-w) of it.
    """
    rest = (1 - weight) ** 2 + weight**2 + 2 * correlation * weight * (1 - weight)
    return min(MOST_GAIN, 1 / math.sqrt(max(rest, 1e-6)))


def fade(a: Picture, b: Picture, weight: float, alike: tuple[float, float]) -> Picture:
    """The picture between a (weight 0) and b (weight 1), with its contrast kept. alike: what `likeness` said."""
    correlation, mean = alike
    more, rows = gain(weight, correlation), size_of(a)[1]
    out = np.empty_like(a)
    for part, middle in ((slice(0, rows), mean), (slice(rows, None), NEUTRAL)):
        cv2.addWeighted(a[part], more * (1 - weight), b[part], more * weight, (1 - more) * middle, dst=out[part])
    return out


def over(top: Picture, mask: NDArray[np.float32], below: Picture) -> Picture:
    """`top` where the mask (float32 [H, W]) is 1, `below` where it is 0."""
    out = np.empty_like(top)
    rows, columns = mask.shape
    small = cv2.resize(mask, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    masks = (mask, small, small)
    for upper, lower, target, share in zip(planes(top), planes(below), planes(out), masks, strict=True):
        cv2.blendLinear(upper, lower, share, 1 - share, dst=target)
    return out
