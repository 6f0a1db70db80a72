"""The training of one published GAN on footage. It has one phase, "adversarial", until the plan's end or `budget`'s."""

from __future__ import annotations

import logging
import math
import time
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.networks.generators import Shape
from dreamstream.train.learn import film
from dreamstream.train.learn.footage import Footage
from dreamstream.train.learn.judging import SAMPLES, compared, evenly, judge_of
from dreamstream.train.learn.painter import Painter, in_floats
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.quality import Figures, Judge
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.session import TrainingSession, chosen_at
from dreamstream.weights.generators import Subject

log = logging.getLogger(__name__)

Picture = NDArray[np.uint8]
SHOWN = 8
COMPILES = 2  # first steps of a process, which take no core-seconds of the budget: they are compiled


class Trainer(Protocol):
    """What makes steps."""

    state: Any
    number: int

    @property
    def learned(self) -> Any:
        """The generator's parameters."""
        ...

    def step(self, real: jax.Array, rate: float = 1.0) -> Any:
        """One step on pictures [N, S, S, 3] in [-1, 1]; its scores, "loss" among them."""
        ...

    def begin_with(self, generator: Any, discriminator: Any | None = None) -> None:
        """Start from what another training has learned."""
        ...


class BrokenError(UserError):
    """What is learned is no number any more."""


class CatSession(TrainingSession[Subject]):
    """Learns from footage into a folder.

    trainer: makes the steps, of a generator of `shape`. judge: of pictures; shared by those that are compared. budget:
    core-seconds of steps after which it ends, instead of the plan's minutes. start: what to begin with; None is
    nothing. name: of the subject. said: goes into the file's card. Raises UserError for a checkpoint of another shape.
    """

    _trainer: Trainer

    def __init__(
        self,
        footage: Footage,
        plan: Plan,
        folder: RunFolder,
        shape: Shape,
        trainer: Trainer,
        judge: Judge | None = None,
        *,
        world: Subject,
        budget: float | None = None,
        start: Subject | None = None,
        name: str = "subject",
        said: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(plan, folder, name, said)
        self.footage, self.shape, self.core_seconds = footage, shape, 0.0
        self.painter = Painter(shape)
        self._taught, self._seed, self._budget = footage.taught, seed, budget
        self._world, self._judge, self._trainer = world, judge, trainer
        self._steps_here = 0
        kept = folder.load()
        if kept is not None:
            self._go_on(kept)
        elif start is not None:
            trainer.begin_with(start.generator, start.discriminator)

    @property
    def share(self) -> float:
        """How much of the budget or the plan is done."""
        return self.core_seconds / self._budget if self._budget else super().share

    def learned(self) -> Subject:
        """What it knows now."""
        card = self._card() | {"frames": {"taught": len(self._taught), "held out": len(self.footage.judged)}}
        card["core-seconds"] = round(self.core_seconds, 1)
        if self.figures is not None:
            card["figures"] = self.figures.rounded()
        params, judged = (
            jax.tree.map(np.asarray, each) for each in (self._trainer.learned, self._trainer.state["discriminator"])
        )
        judged = judged if "params" in judged else {"params": judged}
        return Subject(self.name, self.shape, params, judged, card)

    def sheet(self) -> Picture:
        """A row of held-out frames, then random latents."""
        return film.tiled(np.concatenate([evenly(self.footage.judged, SHOWN), self.made(3 * SHOWN)]), SHOWN, 2)

    def film_picture(self) -> Picture:
        """The fixed latents' pictures, as tiles."""
        return film.tiled(self.made(film.TILES), 4)

    def made(self, count: int) -> Picture:
        """Pictures of the first of the fixed latents, uint8 [count, S, S, 3]."""
        return self.painter(self._trainer.learned, self.painter.latents(count))

    def _phase_now(self) -> str:
        return "adversarial"  # from the first step on, whatever the plan of the recipe says of one alone

    def _advance(self) -> dict[str, jax.Array]:
        began = time.process_time()
        chosen = chosen_at(self.step, self._seed, len(self._taught))
        real = jnp.asarray(in_floats(self._taught[chosen]))
        scores = dict(self._trainer.step(real))
        loss = float(scores["loss"])
        self._steps_here += 1
        if self._steps_here > COMPILES:
            self.core_seconds += time.process_time() - began
        if not math.isfinite(loss):
            raise BrokenError(f"What is learned is no number any more after {self.step + 1} steps.")
        return scores

    def measured(self) -> Figures:
        """Its figures, found now if they were not."""
        if self.figures is None:
            if self._judge is None:
                self._judge = judge_of(compared(self.footage), self._world)
            self.figures = self._judge(self.painter(self._trainer.learned, self.painter.latents(SAMPLES, 11)))
        return self.figures

    def _judge_now(self) -> None:
        self.figures = None
        self.figures = self.measured()
        told = {"step": self.step, "seconds": round(self.seconds, 1), "core-seconds": round(self.core_seconds, 1)}
        self.folder.tell(told | self.figures.rounded())
        if self.figures.collapsed:
            log.warning("It makes much the same whatever it is asked (%s).", self.figures.told())

    def _checkpoint(self) -> dict[str, Any]:
        return {"core_seconds": self.core_seconds} | super()._checkpoint()

    def _go_on(self, kept: dict[str, Any]) -> None:
        super()._go_on(kept)
        self.core_seconds = float(kept.get("core_seconds", 0.0))
        self._trainer.number = int(self._trainer.state["step"])
