"""Frames into a video file that is not written live: constant quality, as slowly as it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from dreamstream.core.errors import UsageError
from dreamstream.outputs.mux import Muxer
from dreamstream.support.files import replacing
from dreamstream.video.encoder import Encoder
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.video.yuv import Picture

# Constant quality and a careful preset: nobody waits for a frame here.
QUALITY, ENCODER_PRESET = 17.0, "medium"
FORMATS = {".mp4": ("mp4", {"movflags": "faststart"}), ".mkv": ("matroska", {})}


def check_format(path: Path) -> None:
    """Raise UsageError unless the name is that of a video."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"The video's name must end in {' or '.join(FORMATS)}, but it is {path}.")


def write_video(
    path: Path,
    frames: Iterable[Picture],
    size: tuple[int, int],
    fps: int,
    advance: Callable[[int], object],
    audio: Soundtrack | None = None,
) -> None:
    """Write planar YUV frames of `size` (width, height) to a file; what is broken off leaves none of this name.

    advance: is called with 1 after each frame.
    """
    format, options = FORMATS[path.suffix.lower()]
    with replacing(path) as partial:
        encoder = Encoder(size, fps, preset=ENCODER_PRESET, codec="libx264", quality=QUALITY, audio=audio)
        # The prefix keeps FFmpeg from taking a name with a colon for a network address.
        with Muxer(f"file:{partial}", encoder.info, format, options) as muxer:
            for index, frame in enumerate(frames):
                for packet in encoder.encode(frame, index):
                    muxer.write(packet)
                advance(1)
            for packet in encoder.flush():
                muxer.write(packet)
