"""Pictures as video has them: planar YUV 4:2:0, BT.709, limited range, in one array.

Such a picture of W x H pixels (both even) is uint8 [H * 3 / 2, W], as FFmpeg and OpenCV lay out I420: the luma, then
the two chroma planes of half the width and height. It has half the values of RGB, so warping and blending cost half,
and nothing is left to convert before the encoder.
"""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
# The limits of luma, and the middle of chroma.
BLACK, WHITE, NEUTRAL = 16, 235, 128


def size_of(picture: Picture) -> tuple[int, int]:
    """(width, height) in pixels."""
    return picture.shape[1], picture.shape[0] * 2 // 3


def planes(picture: Picture) -> tuple[Picture, Picture, Picture]:
    """The luma [H, W] and the two chroma planes [H/2, W/2], as views: writing to them changes the picture."""
    width, height = size_of(picture)
    flat = picture.reshape(-1)
    pixels, quarter = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        picture[:height],
        flat[pixels : pixels + quarter].reshape(half),
        flat[pixels + quarter : pixels + 2 * quarter].reshape(half),
    )


def empty(size: tuple[int, int]) -> Picture:
    """A picture of (width, height) with undefined values."""
    return np.empty((size[1] * 3 // 2, size[0]), np.uint8)


def frame(picture: NDArray[np.uint8]) -> VideoFrame:
    """FFmpeg's frame of an RGB picture [H, W, 3] or of a planar one, as yuv420p with its colours described."""
    if picture.ndim == 2:
        planar = VideoFrame.from_ndarray(np.ascontiguousarray(picture), "yuv420p")
        planar.colorspace, planar.color_range = Colorspace.ITU709, ColorRange.MPEG
        return planar
    return VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24").reformat(
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )


def from_rgb(picture: NDArray[np.uint8]) -> Picture:
    """A planar picture of an RGB one, uint8 [H, W, 3] with even sides."""
    return np.asarray(frame(picture).to_ndarray(), np.uint8)


def to_rgb(picture: Picture) -> NDArray[np.uint8]:
    """The RGB picture, uint8 [H, W, 3], of a planar one."""
    rgb = frame(picture).reformat(
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        threads=1,  # to start more costs more than they spare
    )
    return np.asarray(rgb.to_ndarray(), np.uint8)
