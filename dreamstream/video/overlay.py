"""The title on the video: what is dreamed, for whom, and what comes next."""

from __future__ import annotations

import threading

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.video.layers import smooth
from dreamstream.video.lettering import Line, Patch, clean, render, shorten, wrap

FADE_OUT, PAUSE, FADE_IN = 0.5, 0.35, 0.8
# The text takes at most this share of the picture's width.
SHARE = 0.72


class Overlay:
    """Draws a title in the lower left corner, unobtrusive and readable on anything.

    size: (width, height) of the frames. say() may be called from any thread, draw() from one.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._words: tuple[str, str, str] = ("", "", "")
        self._changed = float("-inf")
        self._coming: Patch | None = None
        self._going: tuple[Patch, float] | None = None
        self._shown = 0.0

    def say(self, title: str, who: str = "", nxt: str = "", t: float = 0.0) -> None:
        """Show another title from show time `t` (seconds) on; an empty one fades out.

        who: for whom it is dreamed. nxt: what comes next. Both may be empty. Any text will do: it is cleaned of what
        cannot be set, wrapped, and cut to fit.
        """
        words = (clean(title), clean(who), clean(nxt))
        with self._lock:
            if words == self._words:
                return
        patch = self._set(*words)
        with self._lock:
            self._going = None if self._coming is None or self._shown <= 0 else (self._coming, self._shown)
            self._words, self._coming, self._changed, self._shown = words, patch, t, 0.0

    def draw(self, frame: NDArray[np.uint8], t: float) -> NDArray[np.uint8]:
        """Draw what is to be seen at show time `t` into `frame` (uint8 [H, W, 3], changed in place) and return it."""
        with self._lock:
            coming, going, since = self._coming, self._going, t - self._changed
            self._shown = smooth((since - (PAUSE if going is not None else 0.0)) / FADE_IN)
            shown = self._shown
            if since > FADE_OUT:
                self._going = None
        if going is not None and since <= FADE_OUT:
            self._lay(frame, going[0], going[1] * (1 - smooth(since / FADE_OUT)))
        if coming is not None:
            self._lay(frame, coming, shown)
        return frame

    def _set(self, title: str, who: str, nxt: str) -> Patch | None:
        if not title:
            return None
        width, height = self._size
        room = int(width * SHARE)
        large = Line("", "SemiBold", max(10, round(height * 0.056)))
        small = Line("", "Regular", max(9, round(height * 0.037)), 225)
        lines = [Line(text, large.face, large.pixels) for text in wrap(title, large, room)]
        below = "    ".join(part for part in (f"for {who}" if who else "", f"next: {nxt}" if nxt else "") if part)
        if below:
            lines.append(Line(shorten(below, small, room), small.face, small.pixels, small.level))
        return render(lines)

    def _lay(self, frame: NDArray[np.uint8], patch: Patch, share: float) -> None:
        """Lay a patch over the lower left corner, as much of it as fits."""
        if share <= 0:
            return
        height, width = frame.shape[:2]
        edge = round(height * 0.02)
        h, w = min(patch.colour.shape[0], height - edge), min(patch.colour.shape[1], width - edge)
        if h <= 0 or w <= 0:
            return
        colour, clear = patch.colour[-h:, :w], patch.clear[-h:, :w]
        if share < 1:
            colour = np.asarray(cv2.convertScaleAbs(colour, alpha=share), np.uint8)
            clear = np.asarray(cv2.convertScaleAbs(clear, alpha=share, beta=255 * (1 - share)), np.uint8)
        place = frame[height - edge - h : height - edge, edge : edge + w]
        place[:] = cv2.add(cv2.multiply(place, clear, scale=1 / 255), colour)
