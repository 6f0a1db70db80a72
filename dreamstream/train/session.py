"""One training from its first step to its last, which may be days and several processes apart: what all of them share.

What is kept at each checkpoint is everything that the next step takes, so that a killed process loses a part of a
minute and nothing else.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.train.learn import film
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.quality import Figures
from dreamstream.train.learn.run_folder import RunFolder

log = logging.getLogger(__name__)

BATCH = 16
CHECKPOINT_EVERY, TOLD_EVERY = 30.0, 5.0  # seconds
Told = Callable[[Any, str], object]
Learned = TypeVar("Learned")


def chosen_at(step: int, seed: int, count: int) -> NDArray[np.int64]:
    """Which BATCH of `count` pictures a step learns from, always the same."""
    return np.random.default_rng([seed, step]).integers(count, size=BATCH)


class TrainingSession(ABC, Generic[Learned]):
    """Learns into a folder. A subclass says what a step is, what is shown and judged, and what is learned.

    name: of what is learned. said: goes into the file's card.
    """

    SHEETS_AT: tuple[int, ...] = (15, 30, 60, 120, 300, 600, 1200, 1800, 3600)  # seconds
    JUDGED_AT: tuple[float, ...] = (0.25, 0.5, 0.75)  # shares of a training, and its end
    BEGINS_FILM = True  # whether the film shows what was there before the first step
    _trainer: Any  # whose `state` is what a checkpoint keeps

    def __init__(self, plan: Plan, folder: RunFolder, name: str, said: dict[str, Any] | None) -> None:
        self.plan, self.folder, self.name, self._said = plan, folder, name, said or {}
        self.seconds, self.step = 0.0, 0
        self.worked = 0.0  # seconds of one core, of everything that was done meanwhile
        self.heard: float | None = None  # likeness in dB of what is made again to what it was, where something is
        self.figures: Figures | None = None
        self._looked = 0.0  # the seconds up to which sheets were made

    # -- what it has learned ------------------------------------------------------------------------------------

    @property
    def share(self) -> float:
        """How much of the plan is done, 0 to 1 and beyond."""
        return self.plan.share(self.seconds, self.step * BATCH)

    @property
    def kimg(self) -> float:
        """Thousands of pictures learned from."""
        return self.step * BATCH / 1000

    @abstractmethod
    def learned(self) -> Learned:
        """What it knows now, as it is written."""

    @abstractmethod
    def sheet(self) -> NDArray[np.uint8]:
        """What it makes now, beside what it learns from."""

    @abstractmethod
    def film_picture(self) -> NDArray[np.uint8]:
        """What it makes now of what is always the same, as tiles."""

    @abstractmethod
    def _advance(self) -> dict[str, jax.Array]:
        """Make a step; its scores, "loss" among them."""

    @abstractmethod
    def _judge_now(self) -> None:
        """Find the figures, and tell them to the log. Raises UserError when it cannot be written."""

    def _phase_now(self) -> str:
        return self.plan.phase(self.share)

    def _card(self) -> dict[str, Any]:
        return {
            **self._said,
            "recipe": self.plan.recipe,
            "minutes": round(self.seconds / 60, 1),
            "steps": self.step,
            "kimg": round(self.kimg, 1),
        }

    # -- learning -----------------------------------------------------------------------------------------------

    def run(self, stopped: Callable[[], bool], told: Told, written: Callable[[Learned], object]) -> None:
        """Learn until the plan's end or until `stopped`. told: hears of the training every few seconds, in words.

        written: is given what is learned at each checkpoint. What cannot be written is said, and tried again later.
        Raises UserError when what is learned is no number any more; the last checkpoint is sound.
        """
        saved = said = began = time.monotonic()
        if self.BEGINS_FILM and not self.step:
            self._try(lambda: self.folder.add_to_film(0, self.film_picture()))
        begun, had, at = self.seconds, self.worked, time.process_time()
        with self._fed():
            while self.share < 1 and not stopped():
                scores = self._advance()
                scores["loss"].block_until_ready()
                before, self.step = self.share, self.step + 1
                self.seconds = begun + time.monotonic() - began
                self.worked = had + time.process_time() - at
                self._look(before)
                now = time.monotonic()
                if now - said >= TOLD_EVERY:
                    said = now
                    self._tell(scores, told)
                if now - saved >= CHECKPOINT_EVERY:
                    self._try(lambda: self.folder.save(self._checkpoint()))
                    self._try(lambda: written(self.learned()))
                    saved = time.monotonic()
        if self.share >= 1 or self.step:
            self._end(written)

    @contextmanager
    def _fed(self) -> Iterator[None]:
        """Around all steps: where batches are made ready beside them."""
        yield

    def _look(self, before: float) -> None:
        """Add to film and sheets, and judge, where it is time."""
        if film.due(self.step):
            self._try(lambda: self.folder.add_to_film(self.step, self.film_picture()))
        if any(self._looked < at <= self.seconds for at in self.SHEETS_AT):
            self._try(lambda: self.folder.add_sheet(self.seconds, self.sheet()))
        self._looked = self.seconds
        if any(before < at <= self.share for at in self.JUDGED_AT):
            self._try(self._judge_now)

    def _tell(self, scores: dict[str, jax.Array], told: Told) -> None:
        found = {name: float(value) for name, value in scores.items()}
        if not np.isfinite(found["loss"]):
            raise UserError(
                f"What is learned is no number any more after {self.step} steps; the last checkpoint in "
                f"{self.folder.path} is sound. Start again from it with another --seed."
            )
        phase = self._phase_now()
        line = {"step": self.step, "kimg": round(self.kimg, 2), "seconds": round(self.seconds, 1), "phase": phase}
        self._try(lambda: self.folder.tell(line | {name: round(value, 4) for name, value in found.items()}))
        told(self, f"{phase}, step {self.step}, {self.kimg:.1f} kimg, loss {found['loss']:.3f}")

    # -- keeping ------------------------------------------------------------------------------------------------

    def _end(self, written: Callable[[Learned], object]) -> None:
        """The last checkpoint, sheet, figures and file, which must be written; who stops it waits for no figures."""
        if self.share >= 1:
            self._try(self._judge_now)
        self._try(lambda: self.folder.add_sheet(self.seconds, self.sheet()))
        self._try(lambda: self.folder.add_to_film(self.step, self.film_picture()))
        try:
            self.folder.save(self._checkpoint())
        finally:  # a disk that is too full for all to go on from may have room for what was learned
            written(self.learned())

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except UserError as error:
            log.warning("%s Learning goes on.", error)

    def _checkpoint(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            "worked": self.worked,
            "step": self.step,
            "heard": self.heard,
            "state": self._trainer.state,
        }

    def _go_on(self, kept: dict[str, Any]) -> None:
        """Take up what a checkpoint kept. Raises UserError for one of another shape."""
        try:
            self.step, self.seconds, self.heard = int(kept["step"]), float(kept["seconds"]), kept["heard"]
            self.worked = float(kept.get("worked", 0.0))  # which older checkpoints do not have
            self._looked = self.seconds
            added = {name: self._trainer.state[name] for name in getattr(self._trainer, "ADDED", ())}
            state = flax.serialization.from_state_dict(self._trainer.state, added | kept["state"])
            self._trainer.state = jax.tree.map(jnp.asarray, state)
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(f"The checkpoint in {self.folder.path} is broken ({error}); use --force.") from None
        self.folder.forget_after(self.step)
