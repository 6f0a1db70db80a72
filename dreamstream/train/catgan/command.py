"""`dreamstream learn --recipe all`: the GANs of cats and the modern one, side by side."""

from __future__ import annotations

from pathlib import Path

from dreamstream.core.errors import Interrupted, UsageError
from dreamstream.networks.dcgan.networks import CHANNELS
from dreamstream.support.files import check_output
from dreamstream.support.pictures import save_picture
from dreamstream.support.progress import progress
from dreamstream.support.resources import models_folder
from dreamstream.train.catgan import report
from dreamstream.train.catgan.compare import BROKEN, COMPARED, Comparison, Outcome, file_of, title_of
from dreamstream.train.learn.footage import Crop, read_footage
from dreamstream.train.learn.learn import Stop, begin, decides, show
from dreamstream.train.learn.plan import Plan, Recipe
from dreamstream.train.learn.run_folder import CHECKPOINT
from dreamstream.weights.generators import read_subject

SHEET, TABLE = "sheet.png", "table.md"


def compare(
    source: Path,
    output: Path,
    plan: Plan,
    start: str,
    size: int,
    film: Path | None,
    crop: Crop | None,
    seed: int,
    cache: Path | None,
    force: bool,
) -> None:
    """Learn by all recipes, or go on, and write sheet, table and film. Arguments as `learn`'s.

    Each recipe writes a file of its own, `cats-wgan.safetensors` of `cats.safetensors`, after minutes of one core that
    the plan says, or pictures. Raises UserError, and Interrupted when Ctrl-C has ended it.
    """
    if size not in CHANNELS:
        raise UsageError(
            f"{size} pixels are not possible for all recipes; there are {' and '.join(map(str, CHANNELS))}."
        )
    if start not in ("auto", "scratch"):
        raise UsageError("All recipes begin with nothing, so that they can be compared; leave --from out.")
    run = output.with_suffix(".run")
    files = {recipe: file_of(output, recipe) for recipe in COMPARED}
    for recipe, file in files.items():
        going_on = any((run / recipe / name).is_file() for name in (CHECKPOINT, BROKEN))
        check_output(file, source, force=force or going_on)
    if film is not None:
        check_output(film, source, force=force or run.is_dir())
    footage = read_footage(source, size, crop)
    print(footage.told(), flush=True)
    decided = decides(source, footage, plan, start, seed)
    begin(cache)
    run.mkdir(exist_ok=True)
    show(footage, run)
    world = read_subject(models_folder() / "ancestor" / "weights.safetensors")
    said = {"taught from": source.name, "compared with": "all recipes side by side", "seed": seed}
    comparison = Comparison(footage, plan, run, output, world, decided, said=said, seed=seed, anew=force)
    outcomes: list[Outcome] = []
    with Stop() as stop, progress("Comparing", 100 * len(COMPARED), "hundredths of a recipe") as advance:
        done = 0

        def told(recipe: Recipe, share: float, words: str) -> None:
            nonlocal done
            now = round(100 * (COMPARED.index(recipe) + min(share, 1)))
            advance(max(0, now - done), f"{title_of(recipe)}: {words}")
            done = max(done, now)

        for outcome in comparison.outcomes(lambda: stop.asked, told):
            told(outcome.recipe, 1.0, outcome.figures.told())
            outcomes.append(outcome)
            save_picture(run / SHEET, report.sheet(outcomes, footage.judged))
            report.write_table(run / TABLE, outcomes)
    if len(outcomes) < len(COMPARED):
        raise Interrupted(f"stopped with {len(outcomes)} of {len(COMPARED)} recipes done; the same command goes on.")
    if film is not None:
        lasts = report.write_film(film, outcomes)
        print(f"{film}: {lasts:.0f} s, all recipes at the same share of their budget.")
    print(report.table(outcomes), end="")
    print(f"{run / SHEET}, {run / TABLE}; the files: {', '.join(file.name for file in files.values())}.")
