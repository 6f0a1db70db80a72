"""What a generator is to learn: square frames of a film or of a folder of pictures, near-duplicates left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support.pictures import load_photo
from dreamstream.support.progress import progress

Picture = NDArray[np.uint8]
ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic"})
LEAST = 16  # different frames
MOST = 12_000  # frames that are kept: a longer film is looked at less often
# Beyond so many frames, decoding all of them takes longer than learning; key frames alone come every few seconds.
ONLY_KEYS_FROM = 54_000
# Two frames are near-duplicates when no part of the picture (of SIDE x SIDE) differs by so much of 255.
APART, SIDE = 4, 16
# Blocks of this length in seconds are held out as a whole, every fifth: neighbours in time are near copies. Pictures of
# a folder have no time, and go by their order.
BLOCK, EVERY = 2.0, 5
PICTURES_IN_BLOCK = 4

Crop = tuple[int, int, int]


@dataclass(frozen=True)
class Footage:
    """The frames to learn from, uint8 [N, size, size, 3] RGB, and which of them are only judged by, bool [N].

    whole: an upright frame as it was, uint8 [h, w, 3]. crop: the square of it that is used, (left, top, side).
    seen: frames looked at. left_out: near-duplicates among them. unread: files that are no pictures. seconds: how long
    the film is; 0 for pictures.
    """

    frames: Picture
    held: NDArray[np.bool_]
    whole: Picture
    crop: Crop
    seen: int
    left_out: int
    unread: tuple[Path, ...] = ()
    seconds: float = 0.0

    @property
    def taught(self) -> Picture:
        """The frames that are taught."""
        return self.frames[~self.held]

    @property
    def judged(self) -> Picture:
        """The frames that are held out."""
        return self.frames[self.held]

    def told(self) -> str:
        """What was found, as a person would say it."""
        height, width = self.whole.shape[:2]
        left, top, side = self.crop
        what = f"{self.seen} frames of {self.seconds:.0f} s" if self.seconds else f"{self.seen} pictures"
        parts = f"the square {side}x{side} at {left},{top} of {width}x{height}"
        text = f"{what}, {parts}: {len(self.taught)} are taught, {len(self.judged)} held out, {self.left_out} left out"
        return f"{text} as near-duplicates." + (f" {len(self.unread)} files are no pictures." if self.unread else "")

    def shown(self) -> Picture:
        """The whole frame with what is not used darkened."""
        left, top, side = self.crop
        seen = self.whole // 4
        seen[top : top + side, left : left + side] = self.whole[top : top + side, left : left + side]
        return seen


def read_footage(path: Path, size: int, crop: Crop | None = None) -> Footage:
    """The frames of a film, or of a folder of pictures, `size` pixels a side.

    crop: (left, top, side) in the upright picture; by default the largest square in the middle.
    Raises UserError, in a sentence, for what cannot be learned from.
    """
    if path.is_dir():
        return _of_folder(path, size, crop)
    if not path.is_file():
        raise UsageError(f"There is no film and no folder {path}.")
    try:
        try:
            return _of_film(path, size, crop)
        except _TooFewKeysError:  # a film may have one key frame at its beginning and no other
            return _of_film(path, size, crop, every=True)
    except (av.error.FFmpegError, ValueError) as error:
        if isinstance(error, av.error.InvalidDataError | ValueError):
            raise UserError(f"{path} is no film that can be read.") from None
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


class _TooFewKeysError(Exception):
    """The key frames of a long film are too few to learn from."""


def _of_film(path: Path, size: int, crop: Crop | None, every: bool = False) -> Footage:
    """every: decode all frames, also of a long film."""
    with av.open(f"file:{path}") as file:
        if not file.streams.video:
            raise UserError(f"{path} has no picture, only sound; give a film.")
        stream = file.streams.video[0]
        seconds = float(file.duration or 0) / 1e6
        expected = stream.frames or round(seconds * float(stream.average_rate or 30))
        stream.thread_type = "AUTO"
        keys_alone = expected > ONLY_KEYS_FROM and not every
        if keys_alone:
            stream.codec_context.skip_frame = "NONKEY"
        stride = 1 if keys_alone else max(1, -(-expected // MOST))
        pixel = stream.sample_aspect_ratio or Fraction(1)
        sieve = _Sieve()
        whole: Picture | None = None
        square: Crop | None = None
        times: list[float] = []
        seen = 0
        with progress(f"Looking at {path.name}", max(1, expected), "frames") as advance:
            for number, frame in enumerate(_decoded(file, stream)):
                advance(1)
                if number % stride:
                    continue
                upright = _upright(frame, pixel)
                if whole is None or upright.shape != whole.shape:
                    square = _square(upright, crop, path)
                    whole = upright if whole is None else whole
                assert square is not None
                seen += 1
                if sieve.takes(_cut(upright, square, size)):
                    times.append(float(frame.time if frame.time is not None else number / 30))
                if len(times) >= MOST:
                    break
    if keys_alone and len(times) < LEAST:
        raise _TooFewKeysError
    if whole is None or square is None:
        raise UserError(f"{path} has no frames that can be decoded.")
    blocks = np.asarray((np.asarray(times) - times[0]) // BLOCK, int)
    return _made(path, sieve, blocks, whole, _square(whole, crop, path), seen, seconds=max(seconds, times[-1]))


def _decoded(file: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """The frames up to the end, or to where the file is cut off."""
    frames = file.decode(stream)
    while True:
        try:
            frame = next(frames)
        except (StopIteration, av.error.FFmpegError):
            return
        yield frame


def _upright(frame: av.VideoFrame, pixel: Fraction) -> Picture:
    """A frame as it is to be seen: square pixels, turned as its camera was."""
    width = frame.width if pixel == 1 else max(1, round(frame.width * pixel))
    shown = frame.reformat(width=width, height=frame.height, format="rgb24").to_ndarray()
    return np.asarray(np.rot90(shown, round(frame.rotation / 90)), np.uint8)


def _of_folder(folder: Path, size: int, crop: Crop | None) -> Footage:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    paths = [path for path in found if path.suffix.lower() in ENDINGS]
    if not paths:
        raise UsageError(f"{folder} holds no pictures; JPEG, PNG, WebP and others are read.")
    sieve, unread, seen = _Sieve(), [], 0
    whole: Picture | None = None
    paths = paths[:: max(1, -(-len(paths) // MOST))]
    with progress(f"Looking at {folder.name}", len(paths), "pictures") as advance:
        for path in paths:
            advance(1)
            try:
                picture = load_photo(path)
            except UserError:
                unread.append(path)
                continue
            whole = picture if whole is None else whole
            seen += 1
            sieve.takes(_cut(picture, _square(picture, crop, path), size))
    if whole is None:
        raise UserError(f"None of the {len(paths)} files in {folder} is a picture that can be read.")
    blocks = np.arange(len(sieve.kept)) // PICTURES_IN_BLOCK
    return _made(folder, sieve, blocks, whole, _square(whole, crop, folder), seen, tuple(unread))


def _square(picture: Picture, crop: Crop | None, path: Path) -> Crop:
    height, width = picture.shape[:2]
    if crop is None:
        side = min(height, width)
        return (width - side) // 2, (height - side) // 2, side
    left, top, side = crop
    if left < 0 or top < 0 or side < 16 or left + side > width or top + side > height:
        raise UsageError(f"The crop {left},{top},{side} is not within {path}, which has {width}x{height} pixels.")
    return crop


def _cut(picture: Picture, crop: Crop, size: int) -> Picture:
    left, top, side = crop
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    part = np.ascontiguousarray(picture[top : top + side, left : left + side])
    return np.asarray(cv2.resize(part, (size, size), interpolation=method), np.uint8)


def _made(
    path: Path,
    sieve: _Sieve,
    blocks: NDArray[np.int_],
    whole: Picture,
    crop: Crop,
    seen: int,
    unread: tuple[Path, ...] = (),
    seconds: float = 0.0,
) -> Footage:
    count = len(sieve.kept)
    if count < LEAST:
        found = "one frame" if seen == 1 else f"{count} frames that differ from each other, of {seen}"
        raise UserError(f"{path} has {found}; at least {LEAST} are needed to learn from, better thousands.")
    number = np.unique(blocks, return_inverse=True)[1]
    if number.max() < EVERY - 1:  # a short film
        number = np.arange(count) * 2 * EVERY // count
    return Footage(np.stack(sieve.kept), number % EVERY == EVERY // 2, whole, crop, seen, seen - count, unread, seconds)


class _Sieve:
    """Keeps what differs from everything kept before."""

    def __init__(self) -> None:
        self.kept: list[Picture] = []
        self._small = np.empty((MOST, SIDE * SIDE * 3), np.int16)
        self._means = np.empty((MOST, 12), np.float32)

    def takes(self, picture: Picture) -> bool:
        """Keep it, unless it is a near-duplicate; whether it was kept."""
        small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
        means = small.reshape(2, SIDE // 2, 2, SIDE // 2, 3).mean(axis=(1, 3), dtype=np.float32).reshape(-1)
        flat, count = small.reshape(-1), len(self.kept)
        # Where no part differs, no mean of parts does: few are left to be compared closely.
        near = np.flatnonzero((np.abs(self._means[:count] - means) < APART).all(axis=1))
        if len(near) and (np.abs(self._small[near] - flat).max(axis=1) < APART).any():
            return False
        self._small[count], self._means[count] = flat, means
        self.kept.append(picture)
        return True
