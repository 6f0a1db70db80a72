"""`dreamstream render` and `dreamstream image`: the live show's engine, tweener and encoder, as slowly as it takes."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dreamstream import setting_types, words
from dreamstream.dream.dream import Dream
from dreamstream.dream.programme import PICTURED, Programme
from dreamstream.errors import UserError
from dreamstream.files import replacing
from dreamstream.given import check_folder, set_controls, size_of, within
from dreamstream.photo import load_photo, picture_format, save_picture
from dreamstream.progress import progress
from dreamstream.video.encoder import Encoder
from dreamstream.video.mux import Muxer
from dreamstream.video.tween import Tweener

if TYPE_CHECKING:
    from dreamstream.dream.dreamer import Dreamer

# Dreams come at this distance, in seconds of the video, with so many steps each: a live show's pace.
INTERVAL, STEPS = 0.4, 6
# A video without a photograph does not begin with noise: so many dreams go before its first frame.
RUN_UP = 15
IMAGE_STEPS, STEPS_AT_ONCE = 120, 4
LONGEST_VIDEO = 24 * 3600.0
# Constant quality and a careful preset: nobody waits for a frame here.
QUALITY, ENCODER_PRESET = 17.0, "medium"
FORMATS = {".mp4": ("mp4", {"movflags": "faststart"}), ".mkv": ("matroska", {})}
IMAGE_SIZE, LONGEST_IMAGE_SIDE, SHORTEST_IMAGE_SIDE = (640, 360), 1280, setting_types.SMALLEST


def render_video(arguments: argparse.Namespace) -> int:
    """Dream a video file. Raises UserError; a broken-off rendering leaves no file of the output's name."""
    programme = _programme(arguments)
    output: Path = arguments.output
    size = size_of(arguments.size)
    fps = int(within("fps", arguments.fps, 1, 60))
    frames = max(1, round(within("seconds", arguments.seconds, 1 / fps, LONGEST_VIDEO) * fps))
    steps = None if arguments.steps is None else int(within("steps", arguments.steps, 1, 500))
    if output.suffix.lower() not in FORMATS:
        raise UserError(f"The video's name must end in {' or '.join(FORMATS)}, but it is {output}.", 2)
    photo = load_photo(arguments.photo) if arguments.photo else None
    check_folder(output)
    dreamer = _dreamer(arguments, programme, size, photo)
    run_up = RUN_UP if photo is None else 0
    with progress(f"Dreaming {programme.title()}", frames, "frames") as advance, replacing(output) as partial:
        video = _Video(dreamer, programme, size, steps or max(STEPS, dreamer.preset.steps), run_up, (frames - 1) / fps)
        _encode(video, partial, size, fps, frames, advance)
    print(f"{output}: {frames / fps:g} s of {programme.title()}, {size[0]}x{size[1]} at {fps} frames per second.")
    return 0


def render_image(arguments: argparse.Namespace) -> int:
    """Dream one picture. Raises UserError."""
    programme = _programme(arguments)
    picture_format(arguments.output)
    photo = load_photo(arguments.photo) if arguments.photo else None
    size = size_of(arguments.size) if arguments.size != "auto" else _photo_size(photo)
    steps = IMAGE_STEPS if arguments.steps is None else int(within("steps", arguments.steps, 1, 100_000))
    check_folder(arguments.output)
    still = {"zoom": 1.0, "rotation": 0.0, "pan_x": 0.0, "pan_y": 0.0}
    dreamer = _dreamer(arguments, programme, size, photo, still)
    made, picture = 0, None
    with progress(f"Dreaming {programme.title()}", steps, "steps") as advance:
        while made < steps:
            count = min(STEPS_AT_ONCE, steps - made)
            picture = dreamer.advance(programme, made * INTERVAL / STEPS, count).picture
            made += count
            advance(count)
    assert picture is not None
    save_picture(arguments.output, picture)
    print(f"{arguments.output}: {programme.title()}, {size[0]}x{size[1]}, {steps} steps.")
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


def _programme(arguments: argparse.Namespace) -> Programme:
    """What is to be dreamed, every wish under the mask if there is one."""
    programme = words.programme_of(arguments.programme, words.vocabulary_of(arguments.model), arguments.seed)
    mask = str(arguments.mask or "")
    return Programme(tuple(replace(wish, mask=mask) for wish in programme.wishes))


def _dreamer(
    arguments: argparse.Namespace,
    programme: Programme,
    size: tuple[int, int],
    photo: NDArray[np.uint8] | None,
    controls: dict[str, float] | None = None,
) -> Dreamer:
    from dreamstream.engine import open_dreamer

    named = {wish.picture()[0] for wish in programme.wishes if wish.kind in PICTURED}
    named |= {wish.mask for wish in programme.wishes if wish.mask}
    pictures = {name: load_photo(Path(name)) for name in sorted(named)}
    dreamer = open_dreamer(
        arguments.model,
        size,
        seed=arguments.seed,
        preset=arguments.preset,
        start=photo,
        dtype=arguments.dtype,
        devices=arguments.devices,
    )
    for name, picture in pictures.items():
        dreamer.add_picture(name, picture)
    for name, value in (controls or {}).items():
        dreamer.set(name, value)
    set_controls(dreamer, arguments.controls)
    return dreamer


def _photo_size(photo: NDArray[np.uint8] | None) -> tuple[int, int]:
    """The photograph's own size within what can be dreamed, even; without one, the usual canvas."""
    if photo is None:
        return IMAGE_SIZE
    height, width = photo.shape[:2]
    scale = min(1.0, LONGEST_IMAGE_SIDE / max(width, height))
    scale = max(scale, SHORTEST_IMAGE_SIDE / min(width, height))
    width, height = (2 * round(side * scale / 2) for side in (width, height))
    if max(width, height) > 4 * LONGEST_IMAGE_SIDE:
        raise UserError("The picture is too long and narrow to dream on; crop it, or say its --size.")
    return width, height
