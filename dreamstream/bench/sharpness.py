"""How crisp a finished picture is, and how quiet its ground: measures of what an audience sees, on pictures alone.

Pictures are uint8 [H, W, 3] RGB. Lengths are counted in pixels of the picture itself; one of another height is brought
to the height asked for first (`at_height`), so that figures of several sizes can stand beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT = 720
# A profile reaches so many pixels to either side of an edge; what rises by less than RISE of the full range is none.
REACH, RISE = 20, 0.2
# Steps along a profile, in pixels; a rise or fall below FLAT per step ends the edge.
STRIDE, FLAT = 0.5, 0.0015
MOST_EDGES = 6000
# Coloured blobs are what is left between these two Gaussians, in pixels at HEIGHT: smaller is detail, larger a tint.
BLOBS = (4.0, 40.0)
# What lies further than this share of its side from every thing's middle is ground.
GROUND = 0.55

# A thing's place: x and y of its centre from the picture's middle, and its side, all in picture heights.
Place = tuple[float, float, float]


class Sharpness(NamedTuple):
    """How sharp a picture's things are, and how quiet its ground is.

    edge: median width of strong edges, from 10 to 90 % of their rise, in pixels; nan where there are none.

    edges: strong edges looked at. fine: the luminance's spectral energy above a quarter of Nyquist, per mille.
    chroma: mean Lab chroma of the ground. rainbow: root mean square of the ground's coloured blobs, in Lab.
    """

    edge: float
    edges: int
    fine: float
    chroma: float
    rainbow: float


def measure(picture: NDArray[np.uint8], things: Sequence[Place] = (), height: int = HEIGHT) -> Sharpness:
    """All figures of a picture, at `height`; the ground is what is between the things, or all without any."""
    picture = at_height(picture, height)
    light = luminance(picture)
    widths = edge_widths(light)
    chroma, rainbow = ground_colour(picture, things)
    edge = float(np.median(widths)) if len(widths) else float("nan")
    return Sharpness(edge, len(widths), fine_share(light), chroma, rainbow)


def at_height(picture: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """The picture at that height, its shape kept."""
    scale = height / picture.shape[0]
    if scale == 1:
        return picture
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (round(picture.shape[1] * scale), height), interpolation=method), np.uint8)


def luminance(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luma, from 0 to 1: [H, W]."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)


def edge_widths(light: NDArray[np.float32]) -> NDArray[np.float64]:
    """Widths of strong edges in pixels: of profiles along the gradient, through points where it is greatest."""
    soft = cv2.GaussianBlur(light, (0, 0), 1.0)
    across, down = (cv2.Scharr(soft, -1, dx, 1 - dx, scale=1 / 32) for dx in (1, 0))
    strength = cv2.magnitude(across, down)
    across, down = across / (strength + 1e-9), down / (strength + 1e-9)
    rows, columns = np.mgrid[0 : light.shape[0], 0 : light.shape[1]].astype(np.float32)

    def beside(way: int) -> NDArray[np.float32]:
        samples = cv2.remap(strength, columns + way * across, rows + way * down, cv2.INTER_LINEAR)
        return np.asarray(samples, np.float32)

    peak = (strength >= beside(1)) & (strength > beside(-1)) & (strength > RISE / REACH)
    border = REACH + 1
    peak[:border] = peak[-border:] = peak[:, :border] = peak[:, -border:] = False
    y, x = np.nonzero(peak)
    if len(y) > MOST_EDGES:
        few = np.random.default_rng(0).choice(len(y), MOST_EDGES, replace=False)
        y, x = y[few], x[few]
    if not len(y):
        return np.zeros(0)
    place = np.arange(-REACH, REACH + STRIDE, STRIDE, dtype=np.float32)
    profiles = cv2.remap(
        light,
        x[:, None].astype(np.float32) + place * across[y, x][:, None],
        y[:, None].astype(np.float32) + place * down[y, x][:, None],
        cv2.INTER_LINEAR,
    )
    widths = [width for profile in profiles if (width := _width(profile, place)) is not None]
    return np.array(widths, np.float64)


def _width(profile: NDArray[np.float32], place: NDArray[np.float32]) -> float | None:
    """From 10 to 90 % of the rise about the profile's middle, as long as it rises; None where that is too little."""
    low = high = len(place) // 2
    steps = np.diff(profile)
    while high < len(steps) and steps[high] > FLAT:
        high += 1
    while low > 0 and steps[low - 1] > FLAT:
        low -= 1
    rise = float(profile[high] - profile[low])
    if rise < RISE:
        return None
    levels = [profile[low] + share * rise for share in (0.1, 0.9)]
    begin, end = np.interp(levels, profile[low : high + 1], place[low : high + 1])
    return float(end - begin)


def fine_share(light: NDArray[np.float32]) -> float:
    """How much of the luminance's spectral energy lies above a quarter of Nyquist, per mille (Hann window, no mean)."""
    rows, columns = light.shape
    windowed = (light - light.mean()) * np.outer(np.hanning(rows), np.hanning(columns))
    energy = np.abs(np.fft.fft2(windowed)) ** 2
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(columns)[None])
    total = float(energy.sum())
    return 1000 * float(energy[frequency > 0.125].sum()) / total if total > 0 else 0.0


def ground_colour(picture: NDArray[np.uint8], things: Sequence[Place]) -> tuple[float, float]:
    """The ground's mean Lab chroma, and the root mean square of its coloured blobs."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    scale = picture.shape[0] / HEIGHT
    fine, coarse = (cv2.GaussianBlur(lab[..., 1:], (0, 0), sigma * scale) for sigma in BLOBS)
    free = ground(picture.shape[:2], things)
    chroma = np.hypot(lab[..., 1], lab[..., 2])[free]
    return float(chroma.mean()), float(np.sqrt((np.square(fine - coarse)[free]).sum(-1).mean()))


def ground(shape: tuple[int, ...], things: Sequence[Place]) -> NDArray[np.bool_]:
    """Where no thing is: [H, W]; everywhere, when there would be next to nothing."""
    height, width = shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    free = np.ones((height, width), bool)
    for x, y, side in things:
        away = np.hypot(columns - (x * height + (width - 1) / 2), rows - (y * height + (height - 1) / 2))
        free &= away > GROUND * side * height
    return free if free.mean() > 0.001 else np.ones((height, width), bool)
