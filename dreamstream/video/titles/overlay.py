"""The title on the video: what is dreamed, for whom, and what comes next."""

from __future__ import annotations

import threading

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from dreamstream.video import yuv
from dreamstream.video.layers import smooth
from dreamstream.video.titles.lettering import Patch, TextLine, clean, render, shorten, wrap

FADE_OUT, PAUSE, FADE_IN = 0.5, 0.35, 0.8
# The text takes at most this share of the picture's width.
SHARE = 0.72


class Overlay:
    """Draws a title at the middle of the upper edge, unobtrusive and readable on anything.

    There the page, which has titles of its own below, and the usual players put nothing.

    size: (width, height) of the frames. say() may be called from any thread, draw() from one.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._words: tuple[str, str, str] = ("", "", "")
        self._changed = float("-inf")
        self._entering: Patch | None = None
        self._leaving: tuple[Patch, float] | None = None
        self._shown = 0.0

    def say(self, title: str, who: str = "", coming: str = "", t: float = 0.0) -> None:
        """Show another title from show time `t` (seconds) on; an empty one fades out.

        who: for whom it is dreamed. coming: what comes next. Both may be empty. Any text will do: it is cleaned of what
        cannot be set, wrapped, and cut to fit.
        """
        words = (clean(title), clean(who), clean(coming))
        with self._lock:
            if words == self._words:
                return
        patch = self._set(*words)
        with self._lock:
            self._leaving = None if self._entering is None or self._shown <= 0 else (self._entering, self._shown)
            self._words, self._entering, self._changed, self._shown = words, patch, t, 0.0

    def draw(self, frame: NDArray[np.uint8], t: float) -> NDArray[np.uint8]:
        """Draw what is to be seen at show time `t` into `frame`, in place, and return it.

        frame: uint8 [H, W, 3] RGB, or planar YUV (yuv.py).
        """
        with self._lock:
            entering, leaving, since = self._entering, self._leaving, t - self._changed
            self._shown = smooth((since - (PAUSE if leaving is not None else 0.0)) / FADE_IN)
            shown = self._shown
            if since > FADE_OUT:
                self._leaving = None
        if leaving is not None and since <= FADE_OUT:
            self._lay(frame, leaving[0], leaving[1] * (1 - smooth(since / FADE_OUT)))
        if entering is not None:
            self._lay(frame, entering, shown)
        return frame

    def _set(self, title: str, who: str, coming: str) -> Patch | None:
        if not title:
            return None
        width, height = self._size
        room = int(width * SHARE)
        large = TextLine("", "SemiBold", max(10, round(height * 0.056)))
        small = TextLine("", "Regular", max(9, round(height * 0.037)), 225)
        lines = [TextLine(text, large.face, large.pixels) for text in wrap(title, large, room)]
        below = "    ".join(part for part in (f"for {who}" if who else "", f"next: {coming}" if coming else "") if part)
        if below:
            lines.append(TextLine(shorten(below, small, room), small.face, small.pixels, small.level))
        return render(lines)

    def _lay(self, frame: NDArray[np.uint8], patch: Patch, share: float) -> None:
        """Lay a patch under the middle of the upper edge, as much of it as fits."""
        if share <= 0:
            return
        planar = frame.ndim == 2
        width, height = yuv.size_of(frame) if planar else (frame.shape[1], frame.shape[0])
        # Everything is even, so that the chroma planes have the same corners.
        edge = 2 * round(height * 0.01)
        h, w = min(patch.light.shape[0], height - edge), min(patch.light.shape[1], width - edge)
        if h <= 0 or w <= 0:
            return
        light, clear = patch.light[:h, :w], patch.clear[:h, :w]
        if share < 1:
            light = np.asarray(cv2.convertScaleAbs(light, alpha=share), np.uint8)
            clear = np.asarray(cv2.convertScaleAbs(clear, alpha=share, beta=255 * (1 - share)), np.uint8)
        bottom, left = edge + h, (width - w) // 4 * 2
        right = left + w
        if not planar:
            _blend(frame[edge:bottom, left:right], cv2.merge([light] * 3), cv2.merge([clear] * 3))
            return
        # Light of 0 to 255 in limited range, with black where letters or shadow cover.
        limited = cv2.addWeighted(light, (yuv.WHITE - yuv.BLACK) / 255, clear, -yuv.BLACK / 255, yuv.BLACK)
        thin = cv2.resize(clear, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
        neutral = cv2.convertScaleAbs(thin, alpha=-yuv.NEUTRAL / 255, beta=yuv.NEUTRAL)
        luma, *chroma = yuv.planes(frame)
        _blend(luma[edge:bottom, left:right], limited, clear)
        for plane in chroma:
            _blend(plane[edge // 2 : bottom // 2, left // 2 : right // 2], neutral, thin)


def _blend(place: NDArray[np.uint8], added: MatLike, clear: MatLike) -> None:
    """place * clear + added, in place."""
    place[:] = cv2.add(cv2.multiply(place, clear, scale=1 / 255), added)
