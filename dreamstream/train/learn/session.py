"""The training of a subject from a film.

States (`phase`), in the order in which they come:

    by heart     encoder and generator learn frames  -> adversarial when the plan says so; ended
    adversarial  generator against discriminator     -> ended
    ended        the plan's share is 1, somebody stopped it, or what it learns is no number any more
"""

from __future__ import annotations

import logging
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.stylegan2.generator import Shape
from dreamstream.networks.vgg.model import Model
from dreamstream.train.gan.trainer import GanRecipe, GanTrainer
from dreamstream.train.learn import film
from dreamstream.train.learn.by_heart import HeartRecipe, HeartTrainer, likeness
from dreamstream.train.learn.codes import drawn_like
from dreamstream.train.learn.features import INDEPENDENT, independent
from dreamstream.train.learn.footage import Footage
from dreamstream.train.learn.judging import SAMPLES, compared, evenly, judge_of
from dreamstream.train.learn.painter import Painter, between, in_floats
from dreamstream.train.learn.plan import Phase, Plan
from dreamstream.train.learn.quality import Figures, Judge
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.session import BATCH, TrainingSession, chosen_at
from dreamstream.weights.generators import Subject

log = logging.getLogger(__name__)

MOST_POINTS = 256
CHANCE = 0.6  # of each change of DiffAugment, at first
ADAPTED_EVERY = 16  # steps between two looks at how much taught frames are known by heart
WARMING = 64  # steps over which the generator comes to follow what the ancestor's discriminator still has to learn


class Session(TrainingSession[Subject]):
    """Learns from footage into a folder.

    start: what to begin with; None is nothing. world: whose pictures are another world, for the judge. network: in
    whose features frames are compared. name: of the subject. said: goes into the file's card.
    Raises UserError for a checkpoint of another shape.
    """

    JUDGED_AT = tuple(eighth / 8 for eighth in range(1, 8))

    def __init__(
        self,
        footage: Footage,
        plan: Plan,
        folder: RunFolder,
        shape: Shape,
        network: Model,
        world: Subject,
        start: Subject | None = None,
        *,
        name: str = "subject",
        said: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(plan, folder, name, said)
        self.footage, self.shape = footage, shape
        self._network, self._world, self._start, self._seed = network, world, start, seed
        self.painter = Painter(shape)
        self._taught = footage.taught
        self._judge: Judge | None = None
        self.verdict: Figures | None = None  # of a network that has had no part in the training
        self._known: NDArray[np.float32] | None = None  # latents of what is taught, from the second phase on
        self._trainer: HeartTrainer | GanTrainer
        kept = folder.load()
        self.phase: Phase = "by heart" if kept is None else kept["phase"]
        self._trainer = self._trainer_of(self.phase)
        if kept is None:
            if start is not None:
                self._trainer.begin_with(start.generator)
        else:
            self._go_on(kept)

    def learned(self) -> Subject:
        """What it knows now."""
        trainer = self._trainer
        card = self._card() | {"frames": {"taught": len(self._taught), "held out": len(self.footage.judged)}}
        if self.heard is not None:
            card["dB on held-out frames, by heart"] = round(self.heard, 1)
        if self.figures is not None:
            card["figures"] = self.figures.rounded()
        if self.verdict is not None:
            card[f"figures by {INDEPENDENT}"] = self.verdict.rounded()
        params = jax.tree.map(np.asarray, trainer.learned)
        points = self._points()
        if isinstance(trainer, HeartTrainer):
            return Subject(self.name, self.shape, params, None, card, points)
        judged = jax.tree.map(np.asarray, trainer.state["discriminator"])
        return Subject(self.name, self.shape, params, judged, card, points)

    def _points(self) -> NDArray[np.float32]:
        """The latents of taught frames, evenly spread."""
        if self._known is not None:
            return evenly(self._known, MOST_POINTS)
        return self._encoded(evenly(self._taught, MOST_POINTS))

    def _encoded(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert isinstance(self._trainer, HeartTrainer)
        padded = np.concatenate([frames, np.repeat(frames[:1], -len(frames) % BATCH, axis=0)])
        trainer = self._trainer
        parts = [trainer.encode(jnp.asarray(in_floats(padded[at : at + BATCH]))) for at in range(0, len(padded), BATCH)]
        return np.concatenate([np.asarray(part, np.float32) for part in parts])[: len(frames)]

    def _advance(self) -> dict[str, jax.Array]:
        # Who goes on with a training for longer has maybe ended its first phase earlier than one of that length would.
        if self.phase == "by heart" and self.plan.phase(self.share) == "adversarial":
            self._enter_adversarial()
        trainer, rate = self._trainer, self.plan.rate(self.share, self.phase)
        frames, chosen = self._batch(self._taught)
        if isinstance(trainer, HeartTrainer):
            return trainer.step(frames, rate)
        assert self._known is not None
        known = jnp.asarray(self._known[chosen])
        if self.step % ADAPTED_EVERY == 0:
            trainer.adapt(frames, self._batch(self.footage.judged)[0], known, ADAPTED_EVERY)
        return trainer.step(frames, rate, known)

    def _batch(self, frames: NDArray[np.uint8]) -> tuple[jax.Array, NDArray[np.int64]]:
        """What this step draws from frames, and which they are."""
        chosen = chosen_at(self.step, self._seed, len(frames))
        return jnp.asarray(in_floats(frames[chosen])), chosen

    def _phase_now(self) -> str:
        return self.phase

    def film_picture(self) -> NDArray[np.uint8]:
        """The fixed latents' pictures, as tiles."""
        latents = self.painter.latents(film.TILES)
        return film.tiled(self.painter(self._trainer.learned, latents), 4)

    def sheet(self) -> NDArray[np.uint8]:
        """Held-out frames, what is made of them, what lies between frames, and random latents; see docs/learn.md."""
        held = evenly(self.footage.judged, 8)
        learned = self._trainer.learned
        rows = [held]
        if isinstance(self._trainer, HeartTrainer):
            codes = self._encoded(held)
            rows.append(self.painter(learned, codes))
            way = np.linspace(0, 1, 8, dtype=np.float32)[:, None]
            rows.append(self.painter(learned, codes[:1] * (1 - way) + codes[len(codes) // 2] * way))
        rows.append(self.painter(learned, self.painter.latents(8 if len(rows) > 1 else 24)))
        return film.tiled(np.concatenate(rows), 8, 2)

    def measure(self) -> Figures:
        """Judge the pictures that a walk would show."""
        if self._judge is None:
            self._judge = judge_of(compared(self.footage), self._world)
        if isinstance(self._trainer, HeartTrainer):
            self.heard = likeness(self._again(self.footage.judged), self.footage.judged)
        self.figures = self._judge(self._walked())
        return self.figures

    def _walked(self) -> NDArray[np.uint8]:
        """Pictures of a walk, which goes between frames."""
        return self.painter(self._trainer.learned, between(self._points(), SAMPLES))

    def _judge_independently(self) -> None:
        """By a network that has had no part in the training, where there is one. It costs a core-minute."""
        features = independent()
        if features is not None:
            log.info("It is judged by %s, which takes a minute.", INDEPENDENT)
            self.verdict = judge_of(compared(self.footage), self._world, features)(self._walked())

    def _again(self, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return self.painter(self._trainer.learned, self._encoded(frames))

    def _judge_now(self) -> None:
        figures = self.measure()
        spent = {"seconds": round(self.seconds, 1), "core-seconds": round(self.worked, 1)}
        told: dict[str, object] = {"step": self.step, **spent, "phase": self.phase, **figures.rounded()}
        if self.share >= 1:
            self._try(self._judge_independently)
        if self.verdict is not None:
            told[INDEPENDENT] = self.verdict.rounded()
        self.folder.tell(told | ({"dB": round(self.heard, 2)} if self.heard and self.phase == "by heart" else {}))
        if figures.collapsed:
            log.warning("It makes much the same whatever it is asked (%s).", figures.told())

    def _enter_adversarial(self) -> None:
        """From frames known by heart to a discriminator: random latents show what the codes of frames have shown."""
        assert isinstance(self._trainer, HeartTrainer)
        self.heard = likeness(self._again(self.footage.judged), self.footage.judged)
        learned = jax.tree.map(np.asarray, self._trainer.learned)
        generator, self._known = drawn_like(learned, self.shape, self._encoded(self._taught))
        self.phase = "adversarial"
        trainer = self._trainer_of(self.phase)
        assert isinstance(trainer, GanTrainer)
        trainer.begin_with(generator, self._start.discriminator if self._start is not None else None)
        self._trainer = trainer

    def _trainer_of(self, phase: Phase) -> HeartTrainer | GanTrainer:
        if phase == "by heart":
            return HeartTrainer(HeartRecipe(shape=self.shape, batch=BATCH, seed=self._seed), self._network)
        return GanTrainer(GanRecipe(shape=self.shape, batch=BATCH, chance=CHANCE, warming=WARMING, seed=self._seed))

    def _checkpoint(self) -> dict[str, Any]:
        return {"phase": self.phase, "known": self._known} | super()._checkpoint()

    def _go_on(self, kept: dict[str, Any]) -> None:
        super()._go_on(kept)
        self._known = kept["known"]
        if isinstance(self._trainer, GanTrainer):
            self._trainer.number = int(self._trainer.state["step"])
