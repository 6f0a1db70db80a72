"""`dreamstream render`: the live show's dreamer, tweener and encoder, as slowly as it takes."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

from dreamstream.core.arguments import size_of, within
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import Dreamer, Effort
from dreamstream.core.programme import Programme
from dreamstream.dreamers import registry
from dreamstream.render.from_arguments import (
    INTERVAL,
    canvas_of,
    effort_of,
    finish_of,
    first_effort,
    interval_of,
    open_dreamer,
    programme_of,
    request_of,
    sources,
)
from dreamstream.render.video_file import check_format, write_video
from dreamstream.support.files import check_output
from dreamstream.support.pictures import load_photo
from dreamstream.support.progress import progress
from dreamstream.video.finish import Finish
from dreamstream.video.tween import Tweener
from dreamstream.video.yuv import Picture

# A video without a photograph does not begin with noise: so many dreams go before its first frame.
RUN_UP = 15
LONGEST_VIDEO = 24 * 3600.0


def render_video(args: argparse.Namespace) -> int:
    """Dream a video file. Raises UserError, and Interrupted when Ctrl-C ends it with a part of the video."""
    output: Path = args.output
    size = size_of(args.size)
    fps = int(within("fps", args.fps, 1, 60))
    frames = max(1, round(within("seconds", args.seconds, 1 / fps, LONGEST_VIDEO) * fps))
    check_format(output)
    request = request_of(args, canvas_of(args, size), load_photo(args.photo) if args.photo else None)
    card = registry.describe(args.dreamer, request)
    programme = programme_of(args.programme, card, args.seed, args.mask)
    effort = effort_of(args.steps, card)
    check_output(output, *sources(args), force=args.force)
    dreamer = open_dreamer(args, card, request, programme)
    run_up, first = (RUN_UP, effort) if args.photo is None else (0, first_effort(card))
    with progress(f"Dreaming {programme.title()}", frames, "frames") as advance:
        finish = finish_of(args.finish, card, size, args.photo is not None)
        interval = interval_of(card, fps)
        video = _Video(dreamer, programme, size, finish, first, effort, run_up, (frames - 1) / fps, interval)
        write_video(output, (video.frame(index / fps) for index in range(frames)), size, fps, advance)
    print(f"{output}: {frames / fps:g} s of {programme.title()}, {size[0]}x{size[1]} at {fps} frames per second.")
    return 0


class _Video:
    """The frames of a rendering, from dreams at regular times; the dream at time 0 is its first picture.

    first: the effort of the first dream, others have `effort`. run_up: how many dreams go before time 0. interval:
    seconds from dream to dream.
    """

    def __init__(
        self,
        dreamer: Dreamer,
        programme: Programme,
        size: tuple[int, int],
        finish: Finish,
        first: Effort,
        effort: Effort,
        run_up: int,
        end: float,
        interval: float = INTERVAL,
    ) -> None:
        self._dreamer, self._programme, self._finish = dreamer, programme, finish
        self._efforts = chain([first], repeat(effort))
        self._interval, self._end = interval, end
        self._time = self._begun = -run_up * interval
        self._coming: deque[Callable[[], Dream]] = deque()
        for _ in range(run_up + 1):
            picture = self._dream().picture
        self._tweener = Tweener(size, picture, still_at=0.0, between=dreamer.card.between)

    def frame(self, time: float) -> Picture:
        """The frame at `time` seconds, as planar YUV; times must not go back."""
        while self._time - self._interval <= time:
            self._tweener.push(self._dream(), self._time - 2 * self._interval)
        return self._tweener.frame_yuv(time)

    def _dream(self) -> Dream:
        """The next dream; the one after it is begun before, so that dreaming and encoding go on side by side."""
        while len(self._coming) < 2 and (not self._coming or self._begun - self._interval <= self._end):
            self._coming.append(self._dreamer.begin(self._programme, self._begun, next(self._efforts)))
            self._begun += self._interval
        self._time += self._interval
        dream = self._coming.popleft()()
        return replace(dream, picture=self._finish(dream.picture))
