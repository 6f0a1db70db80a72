"""One training from its first step to its last, which may be days and several processes apart.

States (`phase`), in the order in which they come:

    by heart     encoder and generator learn frames  -> adversarial when the plan says so; ended
    adversarial  generator against discriminator     -> ended
    ended        the plan's share is 1, somebody stopped it, or what it learns is no number any more

What is kept at each checkpoint is everything that the next step takes, so that a killed process loses a part of a
minute and nothing else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.networks.stylegan2.generator import Shape
from dreamstream.networks.vgg.model import Model
from dreamstream.train.gan.trainer import GanRecipe, GanTrainer
from dreamstream.train.learn import film
from dreamstream.train.learn.by_heart import HeartRecipe, HeartTrainer, likeness
from dreamstream.train.learn.footage import Footage
from dreamstream.train.learn.painter import Painter, between, in_floats
from dreamstream.train.learn.plan import Phase, Plan
from dreamstream.train.learn.quality import Figures, Judge
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.weights.generators import Subject

log = logging.getLogger(__name__)

BATCH = 16
CHECKPOINT_EVERY, TOLD_EVERY = 30.0, 5.0  # seconds
SHEETS_AT = (15, 30, 60, 120, 300, 600, 1200, 1800, 3600)  # seconds
JUDGED_AT = (0.25, 0.5, 0.75)  # shares of a training, and its end
SAMPLES, MOST_JUDGED, MOST_POINTS = 500, 1000, 256
CHANCE = 0.6  # of each change of DiffAugment
Told = Callable[["Session", str], object]


class Session:
    """Learns from footage into a folder.

    start: what to begin with; None is nothing. world: whose pictures are another world, for the judge. network: in
    whose features frames are compared. name: of the subject. said: goes into the file's card.
    Raises UserError for a checkpoint of another shape.
    """

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
        self.footage, self.plan, self.folder, self.shape = footage, plan, folder, shape
        self._network, self._world, self._start, self._seed = network, world, start, seed
        self.name, self._said = name, said or {}
        self.painter = Painter(shape)
        self._taught = footage.taught
        self.seconds, self.step = 0.0, 0
        self.heard: float | None = None  # likeness of held-out frames, in dB, at the end of the first phase
        self.figures: Figures | None = None
        self._judge: Judge | None = None
        self._looked = 0.0  # the seconds up to which sheets were made
        self._trainer: HeartTrainer | GanTrainer
        kept = folder.load()
        self.phase: Phase = "by heart" if kept is None else kept["phase"]
        self._trainer = self._trainer_of(self.phase)
        if kept is None:
            if start is not None:
                self._trainer.begin_with(start.generator)
        else:
            self._go_on(kept)

    # -- what it has learned ------------------------------------------------------------------------------------

    @property
    def share(self) -> float:
        """How much of the plan is done, 0 to 1 and beyond."""
        return self.plan.share(self.seconds, self.step * BATCH)

    @property
    def kimg(self) -> float:
        """Thousands of pictures learned from."""
        return self.step * BATCH / 1000

    def subject(self) -> Subject:
        """What it knows now."""
        trainer = self._trainer
        card = {
            **self._said,
            "recipe": self.plan.recipe,
            "minutes": round(self.seconds / 60, 1),
            "steps": self.step,
            "kimg": round(self.kimg, 1),
            "frames": {"taught": len(self._taught), "held out": len(self.footage.judged)},
        }
        if self.heard is not None:
            card["dB on held-out frames, by heart"] = round(self.heard, 1)
        if self.figures is not None:
            card["figures"] = self.figures.rounded()
        params = jax.tree.map(np.asarray, trainer.learned)
        if isinstance(trainer, HeartTrainer):
            return Subject(self.name, self.shape, params, card=card, points=self._points())
        judged = jax.tree.map(np.asarray, trainer.state["discriminator"])
        return Subject(self.name, self.shape, params, judged, card)

    def _points(self) -> NDArray[np.float32]:
        """The latents of taught frames, evenly spread."""
        assert isinstance(self._trainer, HeartTrainer)
        return self._encoded(_spread(self._taught, MOST_POINTS))

    def _encoded(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert isinstance(self._trainer, HeartTrainer)
        padded = np.concatenate([frames, np.repeat(frames[:1], -len(frames) % BATCH, axis=0)])
        trainer = self._trainer
        parts = [trainer.encode(jnp.asarray(in_floats(padded[at : at + BATCH]))) for at in range(0, len(padded), BATCH)]
        return np.concatenate([np.asarray(part, np.float32) for part in parts])[: len(frames)]

    # -- learning -----------------------------------------------------------------------------------------------

    def run(self, stopped: Callable[[], bool], told: Told, written: Callable[[Subject], object]) -> None:
        """Learn until the plan's end or until `stopped`. told: hears of the training every few seconds, in words.

        written: is given the subject at each checkpoint. What cannot be written is said, and tried again later.
        Raises UserError when what is learned is no number any more; the last checkpoint is sound.
        """
        saved = said = began = time.monotonic()
        if not self.step:
            self._try(lambda: self.folder.add_to_film(0, self.film_picture()))
        begun = self.seconds
        while self.share < 1 and not stopped():
            if self.plan.phase(self.share) != self.phase:
                self._enter_adversarial()
            scores = self._trainer.step(self._batch(), self.plan.rate(self.share))
            scores["loss"].block_until_ready()
            before, self.step = self.share, self.step + 1
            self.seconds = begun + time.monotonic() - began
            self._look(before)
            now = time.monotonic()
            if now - said >= TOLD_EVERY:
                said = now
                self._tell(scores, told)
            if now - saved >= CHECKPOINT_EVERY:
                self._keep(written)
                saved = time.monotonic()
        if self.share >= 1 or self.step:
            self._end(written)

    def film_picture(self) -> NDArray[np.uint8]:
        """The fixed latents' pictures, as tiles."""
        latents = self.painter.latents(film.TILES)
        return film.tiled(self.painter(self._trainer.learned, latents), 4)

    def sheet(self) -> NDArray[np.uint8]:
        """Held-out frames, what is made of them, what lies between frames, and random latents; see docs/learn.md."""
        held = _spread(self.footage.judged, 8)
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
            frames, taught, held = (
                _spread(part, MOST_JUDGED) for part in (self.footage.frames, self._taught, self.footage.judged)
            )
            world = Painter(self._world.shape)
            self._judge = Judge(frames, taught, held, world(self._world.generator, world.latents(SAMPLES)))
        latents = self.painter.latents(SAMPLES, 11)
        if isinstance(self._trainer, HeartTrainer):
            latents = between(self._points(), SAMPLES)
            self.heard = likeness(self._again(self.footage.judged), self.footage.judged)
        self.figures = self._judge(self.painter(self._trainer.learned, latents))
        return self.figures

    def _again(self, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return self.painter(self._trainer.learned, self._encoded(frames))

    def _batch(self) -> jax.Array:
        rng = np.random.default_rng([self._seed, self.step])
        return jnp.asarray(in_floats(self._taught[rng.integers(len(self._taught), size=BATCH)]))

    def _look(self, before: float) -> None:
        """Add to film and sheets, and judge, where it is time."""
        if film.due(self.step):
            self._try(lambda: self.folder.add_to_film(self.step, self.film_picture()))
        if any(self._looked < at <= self.seconds for at in SHEETS_AT):
            self._try(lambda: self.folder.add_sheet(self.seconds, self.sheet()))
        self._looked = self.seconds
        if any(before < at <= self.share for at in JUDGED_AT):
            self._try(self._told_figures)

    def _told_figures(self) -> None:
        figures = self.measure()
        told = {"step": self.step, "seconds": round(self.seconds, 1), "phase": self.phase, **figures.rounded()}
        self.folder.tell(told | ({"dB": round(self.heard, 2)} if self.heard and self.phase == "by heart" else {}))
        if figures.collapsed:
            log.warning("It makes nearly the same picture whatever it is asked (%s).", figures.told())

    def _tell(self, scores: dict[str, jax.Array], told: Told) -> None:
        found = {name: float(value) for name, value in scores.items()}
        if not np.isfinite(found["loss"]):
            raise UserError(
                f"What is learned is no number any more after {self.step} steps; the last checkpoint in "
                f"{self.folder.path} is sound. Start again from it with another --seed."
            )
        line = {"step": self.step, "kimg": round(self.kimg, 2), "seconds": round(self.seconds, 1), "phase": self.phase}
        self._try(lambda: self.folder.tell(line | {name: round(value, 4) for name, value in found.items()}))
        told(self, f"{self.phase}, step {self.step}, {self.kimg:.1f} kimg, loss {found['loss']:.3f}")

    def _enter_adversarial(self) -> None:
        """From frames known by heart to a discriminator, with the generator as it is."""
        assert isinstance(self._trainer, HeartTrainer)
        self.heard = likeness(self._again(self.footage.judged), self.footage.judged)
        generator = self._trainer.learned
        self.phase = "adversarial"
        trainer = self._trainer_of(self.phase)
        assert isinstance(trainer, GanTrainer)
        trainer.begin_with(generator, self._start.discriminator if self._start is not None else None)
        self._trainer = trainer

    def _trainer_of(self, phase: Phase) -> HeartTrainer | GanTrainer:
        if phase == "by heart":
            return HeartTrainer(HeartRecipe(shape=self.shape, batch=BATCH, seed=self._seed), self._network)
        return GanTrainer(GanRecipe(shape=self.shape, batch=BATCH, chance=CHANCE, seed=self._seed))

    # -- keeping ------------------------------------------------------------------------------------------------

    def _keep(self, written: Callable[[Subject], object]) -> None:
        self._try(lambda: self.folder.save(self._checkpoint()))
        self._try(lambda: written(self.subject()))

    def _end(self, written: Callable[[Subject], object]) -> None:
        """The last checkpoint, sheet, figures and file, which must be written; who stops it waits for no figures."""
        if self.share >= 1:
            self._try(self._told_figures)
        self._try(lambda: self.folder.add_sheet(self.seconds, self.sheet()))
        self._try(lambda: self.folder.add_to_film(self.step, self.film_picture()))
        self.folder.save(self._checkpoint())
        written(self.subject())

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except UserError as error:
            log.warning("%s Learning goes on.", error)

    def _checkpoint(self) -> dict[str, Any]:
        return {
            "phase": self.phase,
            "seconds": self.seconds,
            "step": self.step,
            "heard": self.heard,
            "state": self._trainer.state,
        }

    def _go_on(self, kept: dict[str, Any]) -> None:
        try:
            self.step, self.seconds, self.heard = int(kept["step"]), float(kept["seconds"]), kept["heard"]
            self._looked = self.seconds
            state = flax.serialization.from_state_dict(self._trainer.state, kept["state"])
            self._trainer.state = jax.tree.map(jnp.asarray, state)
            if isinstance(self._trainer, GanTrainer):
                self._trainer.number = int(self._trainer.state["step"])
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(f"The checkpoint in {self.folder.path} is broken ({error}); use --force.") from None
        self.folder.forget_after(self.step)


def _spread(frames: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    chosen: NDArray[np.uint8] = frames[np.linspace(0, len(frames) - 1, min(most, len(frames))).astype(int)]
    return chosen
