"""One training of a painter from its first step to its last, which may be days and several processes apart.

States (`phase`), in the order in which they come:

    by heart     pixels and features alone           -> adversarial at the plan's share
    adversarial  against a discriminator, too        -> ended
    ended        the plan's share is 1, somebody stopped it, or what it learns is no number any more

What is kept at each checkpoint is everything that the next step takes, so that a killed process loses a part of a
minute and nothing else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.networks.pix2pix.painter import compiled
from dreamstream.networks.pix2pix.unet import Shape
from dreamstream.networks.vgg.model import Model
from dreamstream.train.learn.by_heart import likeness
from dreamstream.train.learn.film import due, tiled
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.pix2pix.pairs import Batch
from dreamstream.train.pix2pix.trainer import PaintRecipe, PaintTrainer
from dreamstream.weights.painters import Painting

log = logging.getLogger(__name__)

BATCH = 16
CHECKPOINT_EVERY, TOLD_EVERY = 30.0, 5.0  # seconds
SHEETS_AT = (30, 60, 120, 300, 600, 1200, 1800, 2700, 3600)  # seconds
JUDGED_AT = (0.25, 0.5, 0.75)  # shares of a training, and its end
SHOWN, IN_FILM = 16, 16
GROUND = (228, 232, 238)  # on which pictures with a matte are shown and compared
WITHIN = 600.0  # seconds in which a batch must be ready
Told = Callable[["PaintSession", str], object]


class Pairs(Protocol):
    """Where batches come from."""

    def batch(self, count: int, number: int) -> Batch:
        """Batch `number` of `count` pairs, always the same."""
        ...


class PaintSession:
    """Learns from pairs into a folder.

    held: pairs that are only judged by. words: what the drawings show; none for pairs without words. framed: whether
    drawings are brought to one size and place. start: what to begin with. name: of the painter. said: goes into the
    file's card. Raises UserError for a checkpoint of another shape.
    """

    def __init__(
        self,
        pairs: Pairs,
        held: Batch,
        plan: Plan,
        folder: RunFolder,
        shape: Shape,
        network: Model,
        *,
        words: tuple[str, ...] = (),
        framed: bool = False,
        start: Painting | None = None,
        name: str = "painter",
        said: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        self._pairs, self._held, self.plan, self.folder = pairs, held, plan, folder
        self._shape, self._words, self._framed = shape, words, framed
        self.name, self._said = name, said or {}
        self._trainer = PaintTrainer(PaintRecipe(shape=shape, batch=BATCH, seed=seed), network)
        self._paint = compiled(shape)
        self.seconds, self.step = 0.0, 0
        self.heard: float | None = None  # likeness of what is made of held-out lines to their pictures, in dB
        self.figures = None
        self._looked = 0.0  # the seconds up to which sheets were made
        kept = folder.load()
        if kept is not None:
            self._go_on(kept)
        elif start is not None:
            self._trainer.begin_with(start.params)

    @property
    def share(self) -> float:
        """How much of the plan is done, 0 to 1 and beyond."""
        return self.plan.share(self.seconds, self.step * BATCH)

    @property
    def kimg(self) -> float:
        """Thousands of pairs learned from."""
        return self.step * BATCH / 1000

    def painting(self) -> Painting:
        """What it knows now."""
        card = {
            **self._said,
            "recipe": self.plan.recipe,
            "minutes": round(self.seconds / 60, 1),
            "steps": self.step,
            "kimg": round(self.kimg, 1),
        }
        if self.heard is not None:
            card["dB on held-out lines"] = round(self.heard, 1)
        params = jax.tree.map(np.asarray, self._trainer.learned)
        return Painting(self._words, self._shape, params, self._framed, card)

    def run(self, stopped: Callable[[], bool], told: Told, written: Callable[[Painting], object]) -> None:
        """Learn until the plan's end or until `stopped`. told: hears of the training every few seconds, in words.

        written: is given the painting at each checkpoint. What cannot be written is said, and tried again later.
        Raises UserError when what is learned is no number any more; the last checkpoint is sound.
        """
        saved = said = began = time.monotonic()
        begun = self.seconds
        with ThreadPoolExecutor(1) as pool:
            waiting: Future[Batch] = pool.submit(self._pairs.batch, BATCH, self.step)
            while self.share < 1 and not stopped():
                lines, words, true = (jnp.asarray(part) for part in waiting.result(timeout=WITHIN))
                waiting = pool.submit(self._pairs.batch, BATCH, self.step + 1)
                opposed = self.plan.phase(self.share) == "adversarial"
                scores = self._trainer.step(lines, words, true, self.plan.rate(self.share), opposed=opposed)
                scores["loss"].block_until_ready()
                before, self.step = self.share, self.step + 1
                self.seconds = begun + time.monotonic() - began
                self._look(before)
                now = time.monotonic()
                if now - said >= TOLD_EVERY:
                    said = now
                    self._tell(scores, told)
                if now - saved >= CHECKPOINT_EVERY:
                    self._try(lambda: self.folder.save(self._checkpoint()))
                    self._try(lambda: written(self.painting()))
                    saved = time.monotonic()
        if self.share >= 1 or self.step:
            self._end(written)

    def made(self, held: Batch) -> NDArray[np.uint8]:
        """What is made of a batch's lines now, uint8 [N, S, S, 4]."""
        lines, words, _ = held
        params, made = self._trainer.learned, []
        for at in range(0, len(lines), BATCH):
            part, told = lines[at : at + BATCH], words[at : at + BATCH]
            missing = BATCH - len(part)
            part, told = np.pad(part, ((0, missing), (0, 0), (0, 0))), np.pad(told, (0, missing))
            made.append(np.asarray(self._paint(params, jnp.asarray(part), jnp.asarray(told)))[: BATCH - missing])
        return np.concatenate(made)

    def sheet(self, count: int = SHOWN) -> NDArray[np.uint8]:
        """Held-out lines, what is made of them, and what is true, in columns."""
        some = _some(self._held, count)
        lines, _, true = some
        rows = [np.repeat(lines[..., None], 3, axis=-1), on_ground(self.made(some)), on_ground(true)]
        half = -(-count // 2)
        return tiled(np.concatenate([row[at : at + half] for at in (0, half) for row in rows]), half, 2)

    def _measure(self) -> None:
        self.heard = likeness(on_ground(self.made(self._held)), on_ground(self._held[2]))
        self.folder.tell(
            {"step": self.step, "seconds": round(self.seconds, 1), "dB on held-out lines": round(self.heard, 2)}
        )

    def _look(self, before: float) -> None:
        """Add to film and sheets, and judge, where it is time."""
        if due(self.step):
            self._try(lambda: self.folder.add_to_film(self.step, self.film_picture()))
        if any(self._looked < at <= self.seconds for at in SHEETS_AT):
            self._try(lambda: self.folder.add_sheet(self.seconds, self.sheet()))
        self._looked = self.seconds
        if any(before < at <= self.share for at in JUDGED_AT):
            self._try(self._measure)

    def film_picture(self) -> NDArray[np.uint8]:
        """What is made of some held-out lines now, as tiles."""
        return tiled(on_ground(self.made(_some(self._held, IN_FILM))), 4)

    def _tell(self, scores: dict[str, jax.Array], told: Told) -> None:
        found = {name: float(value) for name, value in scores.items()}
        if not np.isfinite(found["loss"]):
            raise UserError(
                f"What is learned is no number any more after {self.step} steps; the last checkpoint in "
                f"{self.folder.path} is sound. Start again from it with another --seed."
            )
        phase = self.plan.phase(self.share)
        line = {"step": self.step, "kimg": round(self.kimg, 2), "seconds": round(self.seconds, 1), "phase": phase}
        self._try(lambda: self.folder.tell(line | {name: round(value, 4) for name, value in found.items()}))
        told(self, f"{phase}, step {self.step}, {self.kimg:.1f} kimg, loss {found['loss']:.3f}")

    def _end(self, written: Callable[[Painting], object]) -> None:
        """The last checkpoint, sheet, figures and file, which must be written; who stops it waits for no figures."""
        if self.share >= 1:
            self._try(self._measure)
        self._try(lambda: self.folder.add_sheet(self.seconds, self.sheet()))
        self._try(lambda: self.folder.add_to_film(self.step, self.film_picture()))
        self.folder.save(self._checkpoint())
        written(self.painting())

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except UserError as error:
            log.warning("%s Learning goes on.", error)

    def _checkpoint(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "step": self.step, "heard": self.heard, "state": self._trainer.state}

    def _go_on(self, kept: dict[str, Any]) -> None:
        try:
            self.step, self.seconds, self.heard = int(kept["step"]), float(kept["seconds"]), kept["heard"]
            self._looked = self.seconds
            state = flax.serialization.from_state_dict(self._trainer.state, kept["state"])
            self._trainer.state = jax.tree.map(jnp.asarray, state)
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(f"The checkpoint in {self.folder.path} is broken ({error}); use --force.") from None
        self.folder.forget_after(self.step)


def on_ground(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures uint8 [N, S, S, 4] as they look on a light ground, uint8 [N, S, S, 3]."""
    matte = pictures[..., 3:].astype(np.float32) / 255
    shown = pictures[..., :3] * matte + np.array(GROUND, np.float32) * (1 - matte)
    return np.asarray(shown + 0.5, np.uint8)


def _some(held: Batch, count: int) -> Batch:
    chosen = np.linspace(0, len(held[0]) - 1, min(count, len(held[0]))).astype(int)
    lines, words, true = (part[chosen] for part in held)
    return lines, words, true
