"""Where drawings are filled, in threads beside the dreams, one at a time.

The painter is opened when somebody is about to draw, or at the latest when the first drawing comes; a show in which
nobody draws never loads it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.drawing import Drawing, Point, Stroke
from dreamstream.dreamers.doodle.chalk import chalk
from dreamstream.dreamers.doodle.guess import Filled, Painter, Seen, likest
from dreamstream.video.drawn import draw_lines

log = logging.getLogger(__name__)

# Seconds that a dream waits for a picture at most: compiling on a busy machine takes some of them, once.
PATIENCE = 120.0
_DOT = Drawing((Stroke((Point(0.5, 0.5, 0.0),)),))


class Studio:
    """Fills the drawings of one dreamer.

    open_painter: loads it. seen: see guess.py.
    on_filled: is told each picture, in the thread that made it, and what was seen where nobody had said what it is of.
    soon: whether somebody is about to draw.
    """

    def __init__(
        self,
        open_painter: Callable[[], Painter],
        seen: Seen,
        drawings: Mapping[str, Drawing],
        on_filled: Callable[[str, NDArray[np.uint8], str], None] | None,
        soon: Callable[[], bool] = lambda: False,
    ) -> None:
        self._open, self._seen, self._drawings, self._on_filled = open_painter, seen, drawings, on_filled
        self._soon = soon
        self._warmed = False
        self._painter: Painter | None = None
        self._busy = threading.Lock()
        self._jobs: dict[str, _Job] = {}

    def look(self) -> None:
        """Open the painter, and compile what it does, once somebody is about to draw; nothing waits for it."""
        if not self._warmed and self._soon():
            self._warmed = True
            threading.Thread(target=self._warm, name="studio", daemon=True).start()

    def begin(self, key: str, word: str, barred: Collection[str] = ()) -> None:
        """Fill a drawing; word: what it is of, "" where nobody said; barred: what it must not be taken for then."""
        if key not in self._jobs:
            drawing = self._drawings.get(key)
            self._jobs[key] = _Job(drawing)
            # Daemon: compiling cannot be interrupted, and must not keep the process from ending.
            told = key, self._jobs[key], word, barred
            threading.Thread(target=self._fill, args=told, name="studio", daemon=True).start()

    def drawing(self, key: str) -> Drawing | None:
        """The drawing of a job that was begun, drawn within a second; None when it was gone by then."""
        return self._jobs[key].drawing

    def filled(self, key: str) -> Filled | None:
        """The picture of a drawing that was begun, waited for; None when there is none to be had."""
        job = self._jobs[key]
        if not job.done.wait(PATIENCE):
            raise TimeoutError("a drawing was not filled in time")
        return job.filled

    def forget(self, key: str) -> None:
        """Its picture is not needed any more."""
        self._jobs.pop(key, None)

    def _warm(self) -> None:
        began = time.monotonic()
        try:
            with self._busy:
                self._paint(_DOT, "")
        except Exception as error:  # the first drawing says it
            log.debug("The painter is not ready: %s.", error, exc_info=True)
        else:
            log.info("The painter is ready for drawings (%.1f s).", time.monotonic() - began)

    def _fill(self, key: str, job: _Job, word: str, barred: Collection[str]) -> None:
        try:
            if job.drawing is not None:
                with self._busy:
                    job.filled = self._paint(job.drawing, word, barred)
                if self._on_filled is not None:
                    self._on_filled(key, job.filled.picture, "" if word else job.filled.word)
        except Exception as error:
            log.error("A drawing could not be filled (%s); its lines stay.", type(error).__name__)
            log.debug("Where it failed:", exc_info=True)
            if job.filled is None and job.drawing is not None:
                job.filled = Filled(chalk(job.drawing, 256), word)
        finally:
            job.done.set()

    def _paint(self, drawing: Drawing, word: str, barred: Collection[str] = ()) -> Filled:
        painter = self._painter = self._painter or self._open()
        lines = draw_lines(drawing, painter.side)
        if not word:
            return likest(painter, lines, self._seen, barred)
        return Filled(painter.paint(lines, word if word in painter.words else None), word)


class _Job:
    """A drawing that is being filled."""

    def __init__(self, drawing: Drawing | None) -> None:
        self.drawing = None if drawing is None else drawing.framed().within(1.0)
        self.filled: Filled | None = None
        self.done = threading.Event()
