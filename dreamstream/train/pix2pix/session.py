"""The training of a painter from pairs.

States (`phase`), in the order in which they come:

    by heart     pixels and features alone           -> adversarial at the plan's share
    adversarial  against a discriminator, too        -> ended
    ended        the plan's share is 1, somebody stopped it, or what it learns is no number any more
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.pix2pix.painter import compiled
from dreamstream.networks.pix2pix.unet import Shape
from dreamstream.networks.vgg.model import Model
from dreamstream.train.learn.by_heart import likeness
from dreamstream.train.learn.film import tiled
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.pix2pix.pairs import Batch
from dreamstream.train.pix2pix.trainer import PaintRecipe, PaintTrainer
from dreamstream.train.session import BATCH, TrainingSession
from dreamstream.weights.painters import Painting

SHOWN, IN_FILM = 16, 16
GROUND = (228, 232, 238)  # on which pictures with a matte are shown and compared
WITHIN = 600.0  # seconds in which a batch must be ready


class Pairs(Protocol):
    """Where batches come from."""

    def batch(self, count: int, number: int) -> Batch:
        """Batch `number` of `count` pairs, always the same."""
        ...


class PaintSession(TrainingSession[Painting]):
    """Learns from pairs into a folder.

    held: pairs that are only judged by. words: what the drawings show; none for pairs without words. framed: whether
    drawings are brought to one size and place. start: what to begin with. name: of the painter. said: goes into the
    file's card. Raises UserError for a checkpoint of another shape.
    """

    SHEETS_AT = (30, 60, 120, 300, 600, 1200, 1800, 2700, 3600)
    BEGINS_FILM = False
    _trainer: PaintTrainer

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
        super().__init__(plan, folder, name, said)
        self._pairs, self._held = pairs, held
        self._shape, self._words, self._framed = shape, words, framed
        self._trainer = PaintTrainer(PaintRecipe(shape=shape, batch=BATCH, seed=seed), network)
        self._paint = compiled(shape)
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: Future[Batch] | None = None
        kept = folder.load()
        if kept is not None:
            self._go_on(kept)
        elif start is not None:
            self._trainer.begin_with(start.params)

    def learned(self) -> Painting:
        """What it knows now."""
        card = self._card()
        if self.heard is not None:
            card["dB on held-out lines"] = round(self.heard, 1)
        params = jax.tree.map(np.asarray, self._trainer.learned)
        return Painting(self._words, self._shape, params, self._framed, card)

    @contextmanager
    def _fed(self) -> Iterator[None]:
        with ThreadPoolExecutor(1) as self._pool:
            self._waiting = self._pool.submit(self._pairs.batch, BATCH, self.step)
            yield

    def _advance(self) -> dict[str, jax.Array]:
        assert self._pool is not None
        assert self._waiting is not None
        lines, words, true = (jnp.asarray(part) for part in self._waiting.result(timeout=WITHIN))
        self._waiting = self._pool.submit(self._pairs.batch, BATCH, self.step + 1)
        opposed = self.plan.phase(self.share) == "adversarial"
        return self._trainer.step(lines, words, true, self.plan.rate(self.share), opposed=opposed)

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

    def _judge_now(self) -> None:
        self.heard = likeness(on_ground(self.made(self._held)), on_ground(self._held[2]))
        self.folder.tell(
            {"step": self.step, "seconds": round(self.seconds, 1), "dB on held-out lines": round(self.heard, 2)}
        )

    def film_picture(self) -> NDArray[np.uint8]:
        """What is made of some held-out lines now, as tiles."""
        return tiled(on_ground(self.made(_some(self._held, IN_FILM))), 4)


def on_ground(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures uint8 [N, S, S, 4] as they look on a light ground, uint8 [N, S, S, 3]."""
    matte = pictures[..., 3:].astype(np.float32) / 255
    shown = pictures[..., :3] * matte + np.array(GROUND, np.float32) * (1 - matte)
    return np.asarray(shown + 0.5, np.uint8)


def _some(held: Batch, count: int) -> Batch:
    chosen = np.linspace(0, len(held[0]) - 1, min(count, len(held[0]))).astype(int)
    lines, words, true = (part[chosen] for part in held)
    return lines, words, true
