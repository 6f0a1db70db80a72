"""`dreamstream replay`: a show from its log once more, at any size, as slowly as it takes."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import size_of
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import Dreamer, DreamerRequest
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.version import __version__
from dreamstream.dreamers import registry
from dreamstream.journal.reader import CheckpointRecord, DreamRecord, ShowRecord, read_show
from dreamstream.render.from_arguments import finish_of
from dreamstream.render.video_file import check_format, write_video
from dreamstream.support.files import check_output
from dreamstream.support.progress import progress
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.video.titles.overlay import Overlay
from dreamstream.video.tween import Tweener
from dreamstream.video.yuv import Picture
from dreamstream.weights.catalog import BUILTIN, builtin_of, model_hash
from dreamstream.weights.painters import painter_hash

log = logging.getLogger(__name__)

# A picture has nothing left of what was there so many seconds before, at the usual zoom.
RUN_UP = 60.0

# Makes the dreamer of a show for a canvas (width, height).
MakeDreamer = Callable[[ShowRecord, tuple[int, int]], Dreamer]


class Player:
    """Makes the frames of a show again. Same record, canvas and machine: same frames.

    size: of the frames. since: the first show time that a frame will be asked for; dreams more than `run_up` seconds
    before it are left out (None leaves out none). finish: "crisp", "plain" or "auto", as the show has it.
    checkpoint: go on from this one, with the dreams after it. Raises UserError when it is not this dreamer's.
    """

    def __init__(
        self,
        show: ShowRecord,
        dreamer: Dreamer,
        size: tuple[int, int],
        since: float = 0.0,
        run_up: float | None = RUN_UP,
        titled: bool = False,
        finish: str = "auto",
        checkpoint: CheckpointRecord | None = None,
    ) -> None:
        self._dreamer = dreamer
        self._size, self._how = size, finish
        begin = float("-inf") if run_up is None else since - run_up
        controls: dict[str, float] = {}
        after = sum(dream.at < begin for dream in show.dreams) if checkpoint is None else checkpoint.after
        skipped = show.dreams[:after]
        for dream in skipped:
            controls = dream.controls if dream.preset else controls | dream.controls
        preset = next((dream.preset for dream in reversed(skipped) if dream.preset), "")
        still = None
        if not after and show.start is not None:
            dreamer.restore(show.start)
            still = dreamer.picture()
        self._change_preset(preset)
        for name, value in controls.items():
            self._dreamer.set(name, value)
        if checkpoint is not None:
            _resume(self._dreamer, checkpoint)
        self._dreams = iter(show.dreams[after:])
        self._next = next(self._dreams, None)
        self._titles = iter(show.titles)
        self._title = next(self._titles, None)
        if still is not None:
            still = self._finished(still)
        self._tweener = Tweener(size, still, between=dreamer.card.between)
        self._overlay = Overlay(size) if titled else None

    def frame(self, at: float) -> Picture:
        """The frame at show time `at`, as planar YUV; times must not go back."""
        while self._next is not None and self._next.at <= at:
            dream = self.dream(self._next)
            self._tweener.push(replace(dream, picture=self._finished(dream.picture)), self._next.at)
            self._next = next(self._dreams, None)
        picture = self._tweener.frame_yuv(at)
        if self._overlay is None:
            return picture
        while self._title is not None and self._title.at <= at:
            self._overlay.say(self._title.title, self._title.who, self._title.coming, self._title.at)
            self._title = next(self._titles, None)
        return self._overlay.draw(picture, at)

    def dream(self, record: DreamRecord) -> Dream:
        """The dream of a record once more; records must come in their order."""
        self._change_preset(record.preset)
        for name, value in record.controls.items():
            self._dreamer.set(name, value)
        return self._dreamer.dream(record.programme, record.time, record.effort)

    def _finished(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return finish_of(self._how, self._dreamer.card, self._size)(picture)

    def _change_preset(self, preset: str) -> None:
        """Let a dreamer of another preset take over, as it did in the show."""
        if preset:
            fresh = self._dreamer.with_preset(preset)
            fresh.take_over(self._dreamer)
            self._dreamer = fresh


def _resume(dreamer: Dreamer, checkpoint: CheckpointRecord) -> None:
    try:
        dreamer.resume(checkpoint.path.read_bytes())
    except OSError as error:
        raise UserError(f"{checkpoint.path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UserError(f"{checkpoint.path.name} does not go with this log: {error}.") from None


def run(args: argparse.Namespace, make: MakeDreamer | None = None) -> int:
    """Render a show's log to a video file. Raises UserError."""
    show = read_show(args.log)
    about = show.about
    output: Path = args.output
    check_format(output)
    check_output(output, args.log, *([args.audio] if args.audio else []), force=args.force)
    size = size_of(args.size or about["size"])
    canvas = replayed_canvas(show, args.dream_size or "auto", size)
    fps = int(args.fps or about["fps"])
    since, until = replayed_span(show, args.since, args.until)
    for line in warnings(show, canvas):
        log.warning("%s", line)
    dreamer = (make or open_dreamer)(show, canvas)
    finish = args.finish if args.finish != "auto" else about.get("finish", "auto")
    player = Player(show, dreamer, size, since, None if args.exact else RUN_UP, args.overlay, finish)
    soundtrack = Soundtrack(args.audio, wait=30.0) if args.audio else None
    count = max(1, round((until - since) * fps))
    frames = (player.frame(since + index / fps) for index in range(count))
    try:
        with progress(f"Replaying {args.log.name}", count, "frames") as advance:
            write_video(output, frames, size, fps, advance, soundtrack)
    finally:
        if soundtrack is not None:
            soundtrack.close()
    print(f"{output}: {count / fps:g} s of the show, {size[0]}x{size[1]} at {fps} frames per second.")
    return 0


def replayed_canvas(show: ShowRecord, said: str, size: tuple[int, int]) -> tuple[int, int]:
    """The canvas that is asked for: the show's own ("show"), of the video's `size` ("auto"), or a size.

    Raises UsageError.
    """
    return size_of(show.about["canvas"] if said == "show" else size if said == "auto" else said)


def replayed_span(show: ShowRecord, since: float | None, until: float | None) -> tuple[float, float]:
    """The part of a show that is asked for, in show seconds; None or 0 is an end of it. Raises UsageError for none."""
    begin, end = since or 0.0, min(until or show.length, show.length)
    if not 0 <= begin < end:
        raise UsageError(f"From {begin:g} to {end:g} there is nothing; the show is {show.length:.0f} s long.")
    return begin, end


def warnings(show: ShowRecord, canvas: tuple[int, int]) -> list[str]:
    """Why the dreams cannot be the very ones of the show, as sentences."""
    sentences = []
    about = show.about
    if tuple(about["canvas"]) != canvas:
        width, height = about["canvas"]
        sentences.append(f"The show dreamed at {width}x{height}: the same wishes make other pictures at another size.")
    if about.get("version") != __version__:
        sentences.append(f"The show was made by version {about.get('version')}, this is {__version__}.")
    if any(dream.restart for dream in show.dreams):
        sentences.append("The dreamer was started again in this show; dreams after that differ.")
    if subject_changed(show):
        sentences.append("The subject among the things has changed since the show; its dreams will differ.")
    if painter_changed(show):
        sentences.append("The painter that fills drawings has changed since the show; what was drawn will differ.")
    if about.get("continued"):
        sentences.append("This is a later part of a long show; its first minute differs.")
    return sentences


def model_of(show: ShowRecord) -> str:
    """The show's model, as `--model` takes it: of a built-in network of before, its file."""
    about = show.about
    if about["model"] == BUILTIN and weights_differ(BUILTIN, about):
        return str(builtin_of(about["sha256"]))
    return str(about["model"])


def weights_differ(model: str, about: Mapping[str, Any]) -> bool:
    """Whether a model is another file than the one with which a show was dreamed, where its log says which."""
    return bool(about.get("sha256")) and model_hash(model) != about["sha256"]


def weights_changed(show: ShowRecord) -> bool:
    """Whether the show's model is not the same file any more, and that one is not here either."""
    return weights_differ(model_of(show), show.about)


def subject_changed(show: ShowRecord) -> bool:
    """Whether the file of the subject among the show's things is another one now."""
    about = show.about
    return bool(about.get("subject_sha256")) and model_hash(about["subject"]) != about["subject_sha256"]


def check_repeatable(show: ShowRecord) -> None:
    """Raise UsageError for a show that no log can make again."""
    if show.about.get("dreamer") in registry.UNREPEATABLE:
        raise UsageError(
            "This show watched a training, whose weights of that time are gone; `dreamstream learn --film` makes a "
            "film of one."
        )


def painter_changed(show: ShowRecord) -> bool:
    """Whether drawings of the show were filled by another painter; logs of before painters were named do not tell."""
    painter = show.about.get("painter")
    return bool(show.drawings and painter) and painter_hash() != painter


def open_dreamer(show: ShowRecord, canvas: tuple[int, int]) -> Dreamer:
    """The dreamer of a show; a warning when its model is not the same file any more.

    Raises UserError, also for a show that cannot be made again.
    """
    about = show.about
    check_repeatable(show)
    if weights_changed(show):
        log.warning("The weights of %s have changed since the show; its dreams will differ.", about["model"])
    preset = str(about["preset"]) or "auto"
    request = DreamerRequest(
        model_of(show),
        canvas,
        seed=int(about["seed"]),
        preset=preset,
        pictures=show.pictures,
        drawings=show.drawings,
        subject=str(about.get("subject", "")),
    )
    # Logs of version 1 say nothing of the dreamer, for there was one.
    return registry.open_dreamer(about.get("dreamer", registry.USUAL), request)
