"""`dreamstream replay`: a show from its log once more, at any size, as slowly as it takes."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dreamstream.core.arguments import parse_size
from dreamstream.core.dreamer import Dreamer
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.version import __version__
from dreamstream.dreamers.ascent.snapshot import unpack
from dreamstream.journal.reader import DreamRecord, ShowRecord, read_show
from dreamstream.outputs.mux import Muxer
from dreamstream.support.files import replacing
from dreamstream.support.progress import progress
from dreamstream.video.encoder import Encoder
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.video.titles.overlay import Overlay
from dreamstream.video.tween import Tweener
from dreamstream.video.yuv import Picture
from dreamstream.weights.catalog import model_hash

log = logging.getLogger(__name__)

# A picture has nothing left of what was there so many seconds before, at the usual zoom.
RUN_UP = 60.0
QUALITY, ENCODER_PRESET = 17.0, "medium"
FORMATS = {".mp4": ("mp4", {"movflags": "faststart"}), ".mkv": ("matroska", {})}

# Makes the dreamer of a show for a canvas (width, height).
MakeDreamer = Callable[["ShowRecord", tuple[int, int]], Dreamer]


class Player:
    """Makes the frames of a show again. Same score, canvas and machine: same frames.

    size: of the frames. since: the first show time that a frame will be asked for; dreams more than `run_up` seconds
    before it are left out (None leaves out none).
    """

    def __init__(
        self,
        score: ShowRecord,
        dreamer: Dreamer,
        size: tuple[int, int],
        since: float = 0.0,
        run_up: float | None = RUN_UP,
        titled: bool = False,
    ) -> None:
        self._dreamer = dreamer
        begin = float("-inf") if run_up is None else since - run_up
        self._controls: dict[str, float] = {}
        skipped = [made for made in score.dreams if made.at < begin]
        for made in skipped:
            self._controls = made.controls if made.look else self._controls | made.controls
        look = next((made.look for made in reversed(skipped) if made.look), "")
        whole = not skipped
        if whole and score.start is not None:
            dreamer.restore(score.start)
        self._wear(look)
        for name, value in self._controls.items():
            self._dreamer.set(name, value)
        self._dreams = iter(score.dreams[len(skipped) :])
        self._next = next(self._dreams, None)
        self._titles = iter(score.titles)
        self._title = next(self._titles, None)
        self._tweener = Tweener(size, unpack(score.start).canvas if whole and score.start is not None else None)
        self._overlay = Overlay(size) if titled else None

    def frame(self, at: float) -> Picture:
        """The frame at show time `at`, as planar YUV; times must not go back."""
        while self._next is not None and self._next.at <= at:
            self._tweener.push(self._made(self._next), self._next.at)
            self._next = next(self._dreams, None)
        picture = self._tweener.frame_yuv(at)
        if self._overlay is None:
            return picture
        while self._title is not None and self._title.at <= at:
            self._overlay.say(self._title.title, self._title.who, self._title.coming, self._title.at)
            self._title = next(self._titles, None)
        return self._overlay.draw(picture, at)

    def _made(self, made: DreamRecord) -> Any:
        self._wear(made.look)
        for name, value in made.controls.items():
            self._dreamer.set(name, value)
        return self._dreamer.advance(made.programme, made.time, made.steps, made.strength)

    def _wear(self, look: str) -> None:
        """Let a dreamer of another look take over, as it did in the show."""
        if look:
            fresh = self._dreamer.restyled(look)
            fresh.take_over(self._dreamer)
            self._dreamer = fresh


def run(arguments: argparse.Namespace, make: MakeDreamer | None = None) -> int:
    """Render a show's log to a video file. Raises UserError."""
    score = read_show(arguments.log)
    about = score.about
    output: Path = arguments.output
    if output.suffix.lower() not in FORMATS:
        raise UsageError(f"The video's name must end in {' or '.join(FORMATS)}, but it is {output}.")
    if not output.absolute().parent.is_dir():
        raise UserError(f"There is no folder {output.absolute().parent} to write {output.name} to.")
    size = _size(arguments.size or about["size"])
    wanted = arguments.dream_size or "auto"
    canvas = _size(about["canvas"] if wanted == "show" else size if wanted == "auto" else wanted)
    fps = int(arguments.fps or about["fps"])
    since, until = arguments.since, min(arguments.until or score.length, score.length)
    if not 0 <= since < until:
        raise UsageError(f"From {since:g} to {until:g} there is nothing; the show is {score.length:.0f} s long.")
    for line in warnings(score, canvas):
        log.warning("%s", line)
    dreamer = (make or open_dreamer)(score, canvas)
    player = Player(score, dreamer, size, since, None if arguments.exact else RUN_UP, arguments.overlay)
    soundtrack = Soundtrack(arguments.audio, wait=30.0) if arguments.audio else None
    frames = max(1, round((until - since) * fps))
    times = (since + index / fps for index in range(frames))
    try:
        with progress(f"Replaying {arguments.log.name}", frames, "frames") as advance, replacing(output) as partial:
            encoder = Encoder(size, fps, preset=ENCODER_PRESET, codec="libx264", quality=QUALITY, audio=soundtrack)
            format, options = FORMATS[output.suffix.lower()]
            with Muxer(f"file:{partial}", encoder.info, format, options) as muxer:
                for packet in _packets(player, encoder, times, advance):
                    muxer.write(packet)
    finally:
        if soundtrack is not None:
            soundtrack.close()
    print(f"{output}: {frames / fps:g} s of the show, {size[0]}x{size[1]} at {fps} frames per second.")
    return 0


def warnings(score: ShowRecord, canvas: tuple[int, int]) -> list[str]:
    """Why the dreams cannot be the very ones of the show, as sentences."""
    said = []
    about = score.about
    if tuple(about["canvas"]) != canvas:
        width, height = about["canvas"]
        said.append(f"The show dreamed at {width}x{height}: the same wishes make other pictures at another size.")
    if about.get("version") != __version__:
        said.append(f"The show was made by version {about.get('version')}, this is {__version__}.")
    if any(made.restart for made in score.dreams):
        said.append("The dreamer was started again in this show; dreams after that differ.")
    if about.get("continued"):
        said.append("This is a later part of a long show; its first minute differs.")
    return said


def open_dreamer(score: ShowRecord, canvas: tuple[int, int]) -> Dreamer:
    """The dreamer of a show. Raises UserError when its model is not the same file any more."""
    from dreamstream.dreamers.ascent import factory

    about = score.about
    if about.get("sha256") and model_hash(about["model"]) != about["sha256"]:
        log.warning("The weights of %s have changed since the show; its dreams will differ.", about["model"])
    return factory.open_dreamer(about["model"], canvas, seed=int(about["seed"]), preset=str(about["preset"]))


def _packets(player: Player, encoder: Encoder, times: Iterator[float], advance: Callable[[int], None]) -> Iterator[Any]:
    for index, at in enumerate(times):
        yield from encoder.encode(player.frame(at), index)
        advance(1)
    yield from encoder.flush()


def _size(value: Any) -> tuple[int, int]:
    try:
        return parse_size(value)
    except ValueError as error:
        raise UsageError(f"size is {value!r}, but {error}.") from None
