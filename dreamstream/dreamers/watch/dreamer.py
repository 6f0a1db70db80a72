"""The watch dreamer: walks in the space of a subject that another process is learning, with its newest weights.

States, by the file that the training writes:

    waiting   there are no weights yet          -> a dark picture that says so; watching when there are
    watching  the newest that could be read     -> changing when the file is another one
    changing  from what was shown to the newest -> watching after MORPH seconds
What cannot be read is said once and leaves everything as it is; a training that ended or was killed is watched on.
"""

from __future__ import annotations

import contextlib
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.card import Card
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Dreamer, Effort
from dreamstream.core.errors import UserError
from dreamstream.core.programme import MAX_WISHES, Programme
from dreamstream.dreamers.latent.dreamer import STILL, LatentDreamer
from dreamstream.dreamers.latent.knowledge import Knowledge
from dreamstream.dreamers.latent.state import State, pack, unpack
from dreamstream.dreamers.latent.walk import Walker
from dreamstream.dreamers.watch.label import labelled
from dreamstream.weights.generators import read_subject

log = logging.getLogger(__name__)

FIXED = 16  # latents to walk among: those of the training's film
LOOK = 1.0  # seconds between two looks at the file
MORPH = 3.0  # seconds from one set of weights to the next
DARK = 12


class WatchDreamer(Dreamer):
    """Dreams what a training knows now. weights: the file that it writes, which may not be there yet.

    Its dreams depend on when the training wrote what, so that no log of them can be replayed. Raises UserError for a
    file that is no subject's.
    """

    def __init__(self, weights: Path, card: Card, size: tuple[int, int] = (640, 360), seed: int = 0) -> None:
        self._weights, self._card, self._size, self._seed = weights, card, size, seed
        self._values: dict[str, float] = {}
        self._reader = ThreadPoolExecutor(1, "reads weights")
        self._reading: Future[LatentDreamer] | None = None
        self._file = _identity(weights)
        self._looked = float("-inf")
        self._walker = None if self._file is None else self._read()
        self._change: _Change | None = None
        self._seen: NDArray[np.uint8] | None = None
        self._number = 0

    @property
    def card(self) -> Card:
        """Its words are the subject's name and those of the named points."""
        return self._card

    def dream(self, programme: Programme, time: float, effort: Effort = USUAL) -> Dream:
        """Walk on with what is known at `time`. Raises UserError for a mixture that there is not."""
        began = perf_counter()
        self.card.check_wishes(programme)
        self._look(time)
        if self._walker is None:
            width, height = self._size
            self._seen = labelled(np.full((height, width, 3), DARK, np.uint8), "nothing is learned yet")
        else:
            told = self._walker.knows.told
            words = f"step {told.get('steps', 0):,} · {told.get('kimg', 0):,} kimg"
            self._seen = labelled(self._walker.dream(programme, time, effort).picture, words)
        self._number += 1
        return Dream(self._seen, time, STILL, programme, self._number - 1, seconds=perf_counter() - began)

    def set(self, control: str, value: float) -> None:
        """Turn a control. Raises ValueError that names the controls, or the control's range."""
        self._values[control] = self.card.control(control).check(value)
        if self._walker is not None:
            self._walker.set(control, value)

    def state(self) -> bytes:
        """Where the walkers are, and what is seen."""
        nowhere = Walker(np.zeros(1), np.zeros(1))
        found = State((nowhere,) * MAX_WISHES, 0) if self._walker is None else unpack(self._walker.state())
        return pack(replace(found, number=self._number, picture=self._seen))

    def restore(self, state: bytes) -> None:
        """Go on from a `state()`, as far as what is known now has latents of the same length."""
        found = unpack(state)
        self._seen, self._number = found.picture, found.number
        if self._walker is not None:
            with contextlib.suppress(ValueError):  # of another length, or of none
                self._walker.restore(state)

    def picture(self) -> NDArray[np.uint8] | None:
        """What was seen last."""
        return self._seen

    def here(self) -> str | None:
        """The point that is on; None while nothing is learned."""
        return None if self._walker is None else self._walker.here()

    def _look(self, time: float) -> None:
        """Take up newer weights, where there are some, and go towards those that were taken up."""
        if self._reading is None and time - self._looked >= LOOK:
            self._looked = time
            file = _identity(self._weights)
            if file is not None and file != self._file:
                self._file = file
                self._reading = self._reader.submit(self._read)
        if self._reading is not None and self._reading.done():
            reading, self._reading = self._reading, None
            try:
                self._take(reading.result(), time)
            except UserError as error:
                log.warning("%s What was known before is shown on.", error)
        if self._walker is not None and self._change is not None:
            self._walker.knows, more = self._change.at(time)
            self._change = self._change if more else None

    def _read(self) -> LatentDreamer:
        """What is in the file now, ready to dream."""
        found = LatentDreamer(read_subject(self._weights), self._weights, self._size, self._seed, FIXED)
        found.prepare()
        return found

    def _take(self, found: LatentDreamer, time: float) -> None:
        if self._walker is not None and self._walker.knows.shape == found.knows.shape:
            self._change = _Change(self._walker.knows, found.knows, time)
            return
        for name, value in self._values.items():
            found.set(name, value)
        self._walker, self._change = found, None


@dataclass(frozen=True)
class _Change:
    """From what was known to what is known now, begun at a show time."""

    before: Knowledge
    after: Knowledge
    since: float

    def at(self, time: float) -> tuple[Knowledge, bool]:
        """What is shown at a time, and whether there is more to come."""
        share = max(0.0, (time - self.since) / MORPH)
        if share >= 1:
            return self.after, False
        return self.before.towards(self.after, share * share * (3 - 2 * share)), True


def _identity(weights: Path) -> tuple[int, int, int] | None:
    """What tells a file from the one before it, which was replaced as a whole; None where there is none."""
    try:
        found = weights.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
