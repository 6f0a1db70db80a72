"""The training of a BEGAN on pictures.

States (`phase`), in the order in which they come:

    by heart     the auto-encoder learns pictures     -> adversarial when the plan says so; ended
    adversarial  generator against the auto-encoder   -> ended
    ended        the plan's share is 1, somebody stopped it, or what it learns is no number any more

What goes on from another training's file begins with "adversarial".
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.began.networks import Shape
from dreamstream.train.began.by_heart import AutoTrainer
from dreamstream.train.began.trainer import BeganRecipe, BeganTrainer
from dreamstream.train.learn import film
from dreamstream.train.learn.judging import SAMPLES, evenly, judge_of
from dreamstream.train.learn.painter import Painter, in_floats
from dreamstream.train.learn.plan import Phase, Plan
from dreamstream.train.learn.quality import Judge
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.session import BATCH, TrainingSession
from dreamstream.weights.generators import Subject

log = logging.getLogger(__name__)

Picture = NDArray[np.uint8]
SHOWN = 8


class Pictures(Protocol):
    """Where batches come from."""

    def batch(self, count: int, number: int) -> Picture:
        """Batch `number` of `count` pictures uint8 [count, S, S, 3], always the same."""
        ...


class BeganSession(TrainingSession[Subject]):
    """Learns from pictures into a folder.

    compared: pictures from all of them, those that are taught, and those that are held out, as `Judge` takes them.
    world: whose pictures are another world, for the judge. start: what to begin with; None is nothing. name: of the
    subject. said: goes into the file's card. Raises UserError for a checkpoint of another shape.
    """

    _trainer: AutoTrainer | BeganTrainer

    def __init__(
        self,
        pictures: Pictures,
        compared: Sequence[Picture],
        plan: Plan,
        folder: RunFolder,
        recipe: BeganRecipe,
        world: Subject,
        start: Subject | None = None,
        *,
        name: str = "subject",
        said: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(plan, folder, name, said)
        self._pictures, self._compared, self._world = pictures, compared, world
        self.shape: Shape = recipe.shape
        self.painter = Painter(recipe.shape)
        self._judge: Judge | None = None
        self._recipe = recipe
        kept = folder.load()
        self.phase: Phase = (
            ("by heart" if start is None else "adversarial") if kept is None else kept.get("phase", "adversarial")
        )
        self._trainer = AutoTrainer(recipe) if self.phase == "by heart" else BeganTrainer(recipe)
        if kept is not None:
            self._go_on(kept)
        elif start is not None:
            self._enter_adversarial(start.generator, start.discriminator)

    def learned(self) -> Subject:
        """What it knows now."""
        frames, taught, held = map(len, self._compared)
        card = self._card() | {"pictures": {"taught": taught, "held out": held, "judged by": frames}}
        if self.figures is not None:
            card["figures"] = self.figures.rounded()
        params, judged = (jax.tree.map(np.asarray, each) for each in (self._trainer.learned, self._trainer.judged))
        return Subject(self.name, self.shape, params, judged, card)

    def sheet(self) -> Picture:
        """A row of held-out pictures, then random latents."""
        held = evenly(self._compared[2], SHOWN)
        held = np.concatenate([held, np.full((SHOWN - len(held), *held.shape[1:]), 255, np.uint8)])
        made = self.painter(self._trainer.learned, self.painter.latents(5 * SHOWN))
        return film.tiled(np.concatenate([held, made]), SHOWN, 2)

    def film_picture(self) -> Picture:
        """The fixed latents' pictures, as tiles."""
        return film.tiled(self.painter(self._trainer.learned, self.painter.latents(film.TILES)), 4)

    def _phase_now(self) -> str:
        return self.phase

    def _advance(self) -> dict[str, jax.Array]:
        if self.phase == "by heart" and self.plan.phase(self.share) == "adversarial":
            self._enter_adversarial(self._trainer.learned, self._trainer.judged)
        real = jnp.asarray(in_floats(self._pictures.batch(BATCH, self.step)))
        return self._trainer.step(real, self.plan.rate(self.share, self.phase))

    def _enter_adversarial(self, generator: Any, discriminator: Any | None) -> None:
        """With what was learned by heart, or by another training."""
        self.phase, trainer = "adversarial", BeganTrainer(self._recipe)
        trainer.begin_with(generator, discriminator)
        self._trainer = trainer

    def _checkpoint(self) -> dict[str, Any]:
        return {"phase": self.phase} | super()._checkpoint()

    def _judge_now(self) -> None:
        if self._judge is None:
            self._judge = judge_of(self._compared, self._world)
        self.figures = self._judge(self.painter(self._trainer.learned, self.painter.latents(SAMPLES, 11)))
        self.folder.tell({"step": self.step, "seconds": round(self.seconds, 1), **self.figures.rounded()})
        if self.figures.collapsed:
            log.warning("It makes much the same whatever it is asked (%s).", self.figures.told())
