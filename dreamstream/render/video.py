"""`dreamstream render` and `dreamstream image`: the live show's engine, tweener and encoder, as slowly as it takes."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import check_folder, size_of, within
from dreamstream.core.dream import Dream
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Programme
from dreamstream.outputs.mux import Muxer
from dreamstream.render.from_arguments import INTERVAL, STEPS, open_dreamer, programme_of
from dreamstream.support.files import replacing
from dreamstream.support.pictures import load_photo
from dreamstream.support.progress import progress
from dreamstream.video.encoder import Encoder
from dreamstream.video.tween import Tweener

if TYPE_CHECKING:
    from dreamstream.dreamers.ascent.dreamer import Dreamer

# A video without a photograph does not begin with noise: so many dreams go before its first frame.
RUN_UP = 15
LONGEST_VIDEO = 24 * 3600.0
# Constant quality and a careful preset: nobody waits for a frame here.
QUALITY, ENCODER_PRESET = 17.0, "medium"
FORMATS = {".mp4": ("mp4", {"movflags": "faststart"}), ".mkv": ("matroska", {})}


def render_video(arguments: argparse.Namespace) -> int:
    """Dream a video file. Raises UserError; a broken-off rendering leaves no file of the output's name."""
    programme = programme_of(arguments)
    output: Path = arguments.output
    size = size_of(arguments.size)
    fps = int(within("fps", arguments.fps, 1, 60))
    frames = max(1, round(within("seconds", arguments.seconds, 1 / fps, LONGEST_VIDEO) * fps))
    steps = None if arguments.steps is None else int(within("steps", arguments.steps, 1, 500))
    if output.suffix.lower() not in FORMATS:
        raise UsageError(f"The video's name must end in {' or '.join(FORMATS)}, but it is {output}.")
    photo = load_photo(arguments.photo) if arguments.photo else None
    check_folder(output)
    dreamer = open_dreamer(arguments, programme, size, photo)
    run_up = RUN_UP if photo is None else 0
    with progress(f"Dreaming {programme.title()}", frames, "frames") as advance, replacing(output) as partial:
        video = _Video(dreamer, programme, size, steps or max(STEPS, dreamer.preset.steps), run_up, (frames - 1) / fps)
        _encode(video, partial, size, fps, frames, advance)
    print(f"{output}: {frames / fps:g} s of {programme.title()}, {size[0]}x{size[1]} at {fps} frames per second.")
    return 0


class _Video:
    """The frames of a rendering, from dreams at regular times; the dream at time 0 is its first picture."""

    def __init__(
        self, dreamer: Dreamer, programme: Programme, size: tuple[int, int], steps: int, run_up: int, end: float
    ) -> None:
        self._dreamer, self._programme = dreamer, programme
        # A photograph is to be seen as it is before it changes.
        self._steps = chain([steps if run_up else 1], repeat(steps))
        self._time = self._begun = -run_up * INTERVAL
        self._end = end
        self._coming: deque[Callable[[], Dream]] = deque()
        for _ in range(run_up + 1):
            picture = self._dream().picture
        self._tweener = Tweener(size, picture, still_at=0.0)

    def frame(self, time: float) -> NDArray[np.uint8]:
        """The frame at `time` seconds, as planar YUV; times must not go back."""
        while self._time - INTERVAL <= time:
            self._tweener.push(self._dream(), self._time - 2 * INTERVAL)
        return self._tweener.frame_yuv(time)

    def _dream(self) -> Dream:
        """The next dream; the one after it is begun before, so that dreaming and encoding go on side by side."""
        while len(self._coming) < 2 and (not self._coming or self._begun - INTERVAL <= self._end):
            self._coming.append(self._dreamer.begin(self._programme, self._begun, next(self._steps)))
            self._begun += INTERVAL
        self._time += INTERVAL
        return self._coming.popleft()()


def _encode(
    video: _Video, path: Path, size: tuple[int, int], fps: int, frames: int, advance: Callable[[int], None]
) -> None:
    encoder = Encoder(size, fps, preset=ENCODER_PRESET, codec="libx264", quality=QUALITY)
    format, options = FORMATS[path.suffix.lower()]
    # The prefix keeps FFmpeg from taking a name with a colon for a network address.
    with Muxer(f"file:{path}", encoder.info, format, options) as muxer:
        for index in range(frames):
            for packet in encoder.encode(video.frame(index / fps), index):
                muxer.write(packet)
            advance(1)
        for packet in encoder.flush():
            muxer.write(packet)
