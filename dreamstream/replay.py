"""`dreamstream replay`: a show from its log once more, at any size, as slowly as it takes."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dreamstream import __version__
from dreamstream.dream.programme import Programme, Wish
from dreamstream.dream.snapshot import unpack
from dreamstream.dream_loop import Dreaming
from dreamstream.errors import UserError
from dreamstream.files import replacing
from dreamstream.progress import progress
from dreamstream.setting_types import parse_size
from dreamstream.show_log import VERSION
from dreamstream.video.encoder import Encoder
from dreamstream.video.mux import Muxer
from dreamstream.video.overlay import Overlay
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.video.tween import Tweener
from dreamstream.video.yuv import Picture

log = logging.getLogger(__name__)

# A picture has nothing left of what was there so many seconds before, at the usual zoom.
RUN_UP = 60.0
QUALITY, ENCODER_PRESET = 17.0, "medium"
FORMATS = {".mp4": ("mp4", {"movflags": "faststart"}), ".mkv": ("matroska", {})}

# Makes the dreamer of a show for a canvas (width, height).
MakeDreamer = Callable[["Score", tuple[int, int]], Dreaming]


@dataclass(frozen=True)
class Made:
    """One dream as it was made: handed over at show time `at`, in place at `time`. controls: set before it.

    look: the preset that took over with this dream, "" for the one before. strength: the factor on each step.
    """

    at: float
    time: float
    steps: int
    programme: Programme
    controls: dict[str, float] = field(default_factory=dict)
    restart: bool = False
    look: str = ""
    strength: float = 1.0


@dataclass(frozen=True)
class Title:
    """What the titles said from `at` on."""

    at: float
    title: str
    who: str
    coming: str


@dataclass(frozen=True)
class Score:
    """A log that was read: what the show was made of, its dreams and its titles, in order; start: see ShowLog."""

    about: dict[str, Any]
    dreams: tuple[Made, ...]
    titles: tuple[Title, ...]
    start: bytes | None = None

    @property
    def length(self) -> float:
        """Show seconds from its beginning to its last dream."""
        return self.dreams[-1].at

    def programme_at(self, at: float) -> Programme | None:
        """What the newest dream at show time `at` was made of."""
        return next((made.programme for made in reversed(self.dreams) if made.at <= at), None)


def read_score(path: Path) -> Score:
    """The log of a show. A last line cut short is left out. Raises UserError for what is no log."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        about = json.loads(lines[0]) if lines else {}
        if not isinstance(about, dict) or about.get("show") != VERSION:
            raise ValueError(f"its first line is not that of a show's log of version {VERSION}")
        dreams, titles = _read(lines[1:])
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", 2) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no show's log: {error}.", 2) from None
    if not dreams:
        raise UserError(f"{path} holds no dream; the show ended too early.", 2)
    start = None
    if name := about.get("start"):
        try:
            start = (path.parent / Path(str(name)).name).read_bytes()
        except OSError:
            log.warning("%s is missing, the picture that this show began with; it begins with another.", name)
    return Score(about, tuple(dreams), tuple(titles), start)


def _read(lines: list[str]) -> tuple[list[Made], list[Title]]:
    dreams, titles = list[Made](), list[Title]()
    programme: Programme | None = None
    restart = False
    for number, text in enumerate(lines):
        try:
            line = json.loads(text)
        except ValueError:
            if number == len(lines) - 1:
                break  # the show was killed while it wrote
            raise
        if "dream" in line:
            if "programme" in line:
                programme = Programme(tuple(Wish(**wish) for wish in line["programme"]))
            if programme is None:
                raise ValueError("a dream has no programme")
            controls = {str(key): float(value) for key, value in line.get("controls", {}).items()}
            at, time, steps = float(line["at"]), float(line["time"]), int(line["steps"])
            look, strength = str(line.get("look", "")), float(line.get("strength", 1.0))
            dreams.append(Made(at, time, steps, programme, controls, restart, look, strength))
            restart = False
        elif "title" in line:
            titles.append(Title(float(line["at"]), line["title"], line["who"], line["coming"]))
        elif "restart" in line:
            restart = True
        elif "lost" in line:
            log.warning("%d lines of the log are missing; dreams after them differ from the show's.", line["lost"])
    return dreams, titles


class Player:
    """Makes the frames of a show again. Same score, canvas and machine: same frames.

    size: of the frames. since: the first show time that a frame will be asked for; dreams more than `run_up` seconds
    before it are left out (None leaves out none).
    """

    def __init__(
        self,
        score: Score,
        dreamer: Dreaming,
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

    def _made(self, made: Made) -> Any:
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
    score = read_score(arguments.log)
    about = score.about
    output: Path = arguments.output
    if output.suffix.lower() not in FORMATS:
        raise UserError(f"The video's name must end in {' or '.join(FORMATS)}, but it is {output}.", 2)
    if not output.absolute().parent.is_dir():
        raise UserError(f"There is no folder {output.absolute().parent} to write {output.name} to.")
    size = _size(arguments.size or about["size"])
    wanted = arguments.dream_size or "auto"
    canvas = _size(about["canvas"] if wanted == "show" else size if wanted == "auto" else wanted)
    fps = int(arguments.fps or about["fps"])
    since, until = arguments.since, min(arguments.until or score.length, score.length)
    if not 0 <= since < until:
        raise UserError(f"From {since:g} to {until:g} there is nothing; the show is {score.length:.0f} s long.", 2)
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


def warnings(score: Score, canvas: tuple[int, int]) -> list[str]:
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


def open_dreamer(score: Score, canvas: tuple[int, int]) -> Dreaming:
    """The dreamer of a show. Raises UserError when its model is not the same file any more."""
    from dreamstream import engine

    about = score.about
    if about.get("sha256") and model_hash(about["model"]) != about["sha256"]:
        log.warning("The weights of %s have changed since the show; its dreams will differ.", about["model"])
    return engine.open_dreamer(about["model"], canvas, seed=int(about["seed"]), preset=str(about["preset"]))


def model_hash(model: str, cache: Path | None = None) -> str:
    """The SHA-256 of a model's weight file; "" when it cannot be read."""
    import hashlib

    from dreamstream.weights.catalog import weights_of

    try:
        with weights_of(model, cache).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, UserError):
        return ""


def _packets(player: Player, encoder: Encoder, times: Iterator[float], advance: Callable[[int], None]) -> Iterator[Any]:
    for index, at in enumerate(times):
        yield from encoder.encode(player.frame(at), index)
        advance(1)
    yield from encoder.flush()


def _size(value: Any) -> tuple[int, int]:
    try:
        return parse_size(value)
    except ValueError as error:
        raise UserError(f"size is {value!r}, but {error}.", 2) from None
