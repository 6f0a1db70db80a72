"""A two-minute clip of a cat that looks about, made of one photograph: something to try `dreamstream learn` on.

    python -m benchmarks.cat_clip cat.mp4

The photograph is scikit-image's Chelsea (CC0). The head turns, nods and tilts, the camera comes near and drifts, the
light changes, the cat breathes and blinks: every frame differs, and all are of the same cat. Seeded.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

FPS = 30
FRAMES = 120 * FPS
SIDE = 285.0  # pixels of the photograph that a frame shows
EYES = ((172, 116, 40, 34), (318, 136, 27, 31))  # middle x, y, half width, half height, in the photograph


def wander(rng: np.random.Generator, count: int, period: float, terms: int = 6) -> NDArray[np.float64]:
    """A smooth random signal of about -1 to 1: sinusoids around one period, in frames."""
    time = np.arange(count)
    waves = [np.sin(2 * np.pi * time / (period * np.exp(rng.normal(0, 0.5))) + rng.uniform(0, 7)) for _ in range(terms)]
    return np.asarray(np.sum(waves, 0) / np.sqrt(terms / 2))


def blinks(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """How far the lids are down in each frame, 0 to 1: every 3 to 9 s for a quarter of a second, sometimes longer."""
    down, at = np.zeros(count), 40
    while at < count:
        length = int(rng.choice([8, 8, 8, 40]))
        wave = np.sin(np.pi * np.arange(length) / length) ** 0.7
        down[at : at + length] = np.maximum(down[at : at + length], wave[: count - at])
        at += int(rng.uniform(90, 270))
    return down


def turned(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """How far the head is turned in each frame, -1 to 1; the first thing that a clip's numbers are drawn for."""
    return np.asarray(np.tanh(0.9 * wander(rng, count, 260) + 0.35))


def frames(size: int = 128, count: int = FRAMES, seed: int = 1) -> Iterator[NDArray[np.uint8]]:
    """The clip's frames, uint8 [size, size, 3] RGB."""
    from skimage import data

    photo = data.chelsea()
    rng, grain = np.random.default_rng(seed), np.random.default_rng(seed + 9)
    yaw = turned(rng, count)
    pitch, roll = np.tanh(wander(rng, count, 330)), np.radians(7 * wander(rng, count, 420))
    near = np.exp(0.09 * wander(rng, count, 500))
    across, down = 16 * wander(rng, count, 380), 10 * wander(rng, count, 410)
    light, warm = np.exp(0.12 * wander(rng, count, 700)), 0.06 * wander(rng, count, 800)
    slope, breath = 0.18 * wander(rng, count, 600), np.sin(2 * np.pi * np.arange(count) / 75)
    lids = blinks(rng, count)
    large = 2 * size
    u, v = np.meshgrid((np.arange(large) + 0.5) / large - 0.5, (np.arange(large) + 0.5) / large - 0.5)
    gradient = cv2.resize(u, (size, size))[..., None]
    for n in range(count):
        zoom, c, s = SIDE / near[n], np.cos(roll[n]), np.sin(roll[n])
        x = 238 + across[n] + zoom * (u * c - v * s)
        y = 150 + down[n] + zoom * (u * s + v * c)
        # The head is an ellipsoid with a muzzle: a turn moves near points more than far ones, the ground not at all.
        round_ = np.sqrt(np.clip(1 - ((x - 235) / 175) ** 2 - ((y - 140) / 165) ** 2, 0, None))
        depth = 0.7 * round_ + 0.55 * np.exp(-(((x - 258) / 60) ** 2) - ((y - 205) / 55) ** 2)
        x = x - 26 * yaw[n] * depth * (1 + 0.15 * (x - 235) / 175 * yaw[n])
        y = y - 17 * pitch[n] * depth - 2 * breath[n] * np.clip((y - 190) / 110, 0, 1)
        for left, top, width, height in EYES if lids[n] > 0.02 else ():
            beside = (x - left) / width
            half = height * np.sqrt(np.clip(1 - beside**2, 0, None))
            upper = top - half
            edge = upper + 2 * half * lids[n]
            y = np.where((np.abs(beside) < 1) & (y > upper) & (y < edge), upper - 2 - 0.55 * (edge - y), y)
        seen = cv2.remap(
            photo, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        frame = cv2.resize(seen, (size, size), interpolation=cv2.INTER_AREA) / 255
        frame = frame * light[n] * (1 + 2 * slope[n] * gradient) * (1 + np.array([warm[n], 0, -warm[n]]))
        yield np.clip(255 * (frame + grain.normal(0, 0.008, frame.shape)) + 0.5, 0, 255).astype(np.uint8)


def write(path: Path, size: int = 128, count: int = FRAMES) -> None:
    """Write the clip as H.264."""
    with av.open(f"file:{path}", "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=FPS, options={"crf": "21", "preset": "veryfast"})
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        for frame in frames(size, count):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        file.mux(stream.encode())


def main() -> None:
    """Write the clip that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("output", type=Path, metavar="FILE.mp4")
    parser.add_argument("--size", type=int, default=128, help="side in pixels (default 128)")
    parser.add_argument("--seconds", type=float, default=FRAMES / FPS, help="length (default 120)")
    given = parser.parse_args()
    write(given.output, given.size, round(given.seconds * FPS))
    print(f"{given.output}: {given.seconds:g} s of Chelsea, {given.size}x{given.size}.")


if __name__ == "__main__":
    main()
