"""All recipes side by side: on the same frames, from the same seed, for the same core-seconds, one after the other.

States of one of them: learning; done, when its share is 1; broken, when what it learns is no number any more, which is
kept in `broken.json` of its folder with the step, so that going on does not repeat it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.dcgan.networks import CHANNELS as CAT_CHANNELS
from dreamstream.networks.dcgan.networks import Shape as CatShape
from dreamstream.networks.generators import Shape
from dreamstream.networks.stylegan2.generator import CHANNELS
from dreamstream.networks.stylegan2.generator import Shape as StyleShape
from dreamstream.support.files import replacing
from dreamstream.train.catgan.recipes import RECIPES
from dreamstream.train.catgan.session import BrokenError, CatSession, Trainer
from dreamstream.train.catgan.trainer import CatTrainer
from dreamstream.train.gan.trainer import GanRecipe, GanTrainer
from dreamstream.train.learn.footage import Footage
from dreamstream.train.learn.judging import compared, judge_of
from dreamstream.train.learn.plan import MINUTES, Plan, Recipe
from dreamstream.train.learn.quality import Figures, Judge
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.session import BATCH
from dreamstream.weights.generators import Subject, write_subject

log = logging.getLogger(__name__)

STYLE: Recipe = "style"
STYLE_TITLE = "StyleGAN2, relativistic loss"
COMPARED: tuple[Recipe, ...] = (*RECIPES, STYLE)
CHANCE = 0.6  # of each change of DiffAugment, for the modern loss alone
BROKEN = "broken.json"
SHOWN = 24
Told = Callable[[Recipe, float, str], object]


@dataclass(frozen=True)
class Outcome:
    """What became of one recipe. made: pictures of the fixed latents, uint8 [SHOWN, S, S, 3]. broken: at this step.

    share: how much of the budget it had. film: its pictures of the fixed latents, in order.
    """

    recipe: Recipe
    title: str
    steps: int
    share: float
    core_seconds: float
    figures: Figures
    made: NDArray[np.uint8]
    film: list[Path]
    broken: int | None = None


def trainer_of(recipe: Recipe, size: int, seed: int) -> tuple[Shape, Trainer]:
    """A recipe's generator and what teaches it, from nothing."""
    if recipe == STYLE:
        style = replace(StyleShape(), channels=CHANNELS[size])
        return style, GanTrainer(GanRecipe(shape=style, batch=BATCH, chance=CHANCE, seed=seed))
    known = RECIPES[recipe]
    shape = CatShape(CAT_CHANNELS[size], selu=int(known.selu))
    return shape, CatTrainer(known, shape, BATCH, seed)


def title_of(recipe: Recipe) -> str:
    """As a table says it."""
    return STYLE_TITLE if recipe == STYLE else RECIPES[recipe].title


class Comparison:
    """Teaches all recipes. run: the folder of their folders. output: a file's name, which each adds its own to.

    decides: everything that decides what is learned, for the folders.
    """

    def __init__(
        self,
        footage: Footage,
        plan: Plan,
        run: Path,
        output: Path,
        world: Subject,
        decides: dict[str, Any],
        *,
        said: dict[str, Any],
        seed: int = 0,
        anew: bool = False,
    ) -> None:
        self.footage, self.plan, self.run, self.output = footage, plan, run, output
        self._world, self._decides, self._said, self._seed = world, decides, said, seed
        self._judge: Judge | None = None
        if anew:
            for recipe in COMPARED:
                (run / recipe / BROKEN).unlink(missing_ok=True)
        self._anew = set(COMPARED) if anew else set()

    def outcomes(self, stopped: Callable[[], bool], told: Told) -> Iterator[Outcome]:
        """Learn, and what became of each, in order; ends early when `stopped`. told: recipe, share and words."""
        for recipe in COMPARED:
            if stopped():
                return
            with self._session(recipe) as session:
                if session.share < 1 and self._broken(recipe) is None:
                    try:
                        session.run(
                            stopped,
                            lambda session, words, recipe=recipe: told(recipe, session.share, words),  # type: ignore[misc]
                            lambda learned, recipe=recipe: write_subject(file_of(self.output, recipe), learned),  # type: ignore[misc]
                        )
                    except BrokenError as error:
                        log.warning("%s: %s", title_of(recipe), error)
                        self._note(recipe, session)
                if session.share < 1 and self._broken(recipe) is None:
                    return
            yield self._outcome(recipe)

    def _outcome(self, recipe: Recipe) -> Outcome:
        """Judged anew where it has not just been, as of its last checkpoint."""
        with self._session(recipe) as session:
            broken = self._broken(recipe)
            figures = session.measured()
            file = file_of(self.output, recipe)
            if not file.is_file():
                write_subject(file, session.learned())
            steps, share, spent = session.step, session.share, session.core_seconds
            if broken is not None:
                steps, share, spent = int(broken["step"]), float(broken["share"]), float(broken["core_seconds"])
            return Outcome(
                recipe,
                title_of(recipe),
                steps,
                share,
                spent,
                figures,
                session.made(SHOWN),
                session.folder.film(),
                None if broken is None else steps,
            )

    @contextmanager
    def _session(self, recipe: Recipe) -> Iterator[CatSession]:
        self.run.mkdir(exist_ok=True)
        anew = recipe in self._anew
        self._anew.discard(recipe)
        with RunFolder(self.run / recipe, {**self._decides, "recipe": recipe}, anew=anew) as folder:
            shape, trainer = trainer_of(recipe, self.footage.frames.shape[1], self._seed)
            if self._judge is None:
                self._judge = judge_of(compared(self.footage), self._world)
            minutes = self.plan.minutes if self.plan.minutes is not None else MINUTES["all"]
            yield CatSession(
                self.footage,
                replace(self.plan, recipe=recipe),
                folder,
                shape,
                trainer,
                self._judge,
                world=self._world,
                budget=None if self.plan.kimg is not None else 60 * minutes,
                name=f"{self.output.stem} {recipe}",
                said=self._said,
                seed=self._seed,
            )

    def _broken(self, recipe: str) -> dict[str, float] | None:
        path = self.run / recipe / BROKEN
        return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else None

    def _note(self, recipe: str, session: CatSession) -> None:
        noted = {"step": session.step + 1, "share": session.share, "core_seconds": session.core_seconds}
        with replacing(self.run / recipe / BROKEN) as partial:
            partial.write_text(json.dumps(noted), "utf-8")


def file_of(output: Path, recipe: str) -> Path:
    """Where what a recipe has learned is written: `cats-wgan.safetensors` of `cats.safetensors`."""
    return output.with_name(f"{output.stem}-{recipe}{output.suffix}")
