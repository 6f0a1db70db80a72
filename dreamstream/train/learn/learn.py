"""`dreamstream learn`: a film or a folder of pictures becomes a subject that dreams."""

from __future__ import annotations

import hashlib
import signal
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, Self

from dreamstream.core.arguments import within
from dreamstream.core.errors import Interrupted, UsageError
from dreamstream.networks import runtime
from dreamstream.networks.stylegan2.generator import CHANNELS, Shape
from dreamstream.support import machine
from dreamstream.support.files import check_output
from dreamstream.support.pictures import save_picture
from dreamstream.support.progress import progress
from dreamstream.support.resources import default_cache
from dreamstream.train.catgan.recipes import RECIPES as CATS
from dreamstream.train.learn.beginning import ancestor, beginning, check_latent
from dreamstream.train.learn.features import INDEPENDENT
from dreamstream.train.learn.film import write_film
from dreamstream.train.learn.footage import Crop, Footage, read_footage
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.run_folder import CHECKPOINT, RunFolder
from dreamstream.weights.generators import Subject, write_subject
from dreamstream.weights.painters import Painting, write_painting

NICENESS = 10  # a show on the same machine goes first
SEEDS = 2**31
LONGEST, MOST_KIMG = 7 * 24 * 60.0, 100_000.0


def learn(
    source: Path,
    output: Path,
    plan: Plan,
    *,
    start: str = "auto",
    size: int = 64,
    latent: int | None = None,
    film: Path | None = None,
    crop: Crop | None = None,
    name: str | None = None,
    seed: int = 0,
    cache: Path | None = None,
    force: bool = False,
) -> None:
    """Learn a subject, or go on learning it; the run's folder lies beside `output`.

    start: what to begin with, "ancestor", "scratch" or a subject's file; "auto" is the ancestor where it has the size.
    A painter, which the recipe "pix2pix" makes, and a BEGAN begin with nothing or with a file of their kind.
    latent: how many numbers the latents of a BEGAN have; None for as many as usual, or as what it begins with has.
    film: an MP4 of the whole training to make at the end. crop: see `read_footage`. force: start anew, and write over
    files that exist. Raises UserError, and Interrupted when Ctrl-C has ended it.
    """
    _check(source, output, plan, size, film, seed)
    if latent is not None:
        check_latent(latent, plan.recipe)
    if plan.recipe == "all":
        from dreamstream.train.catgan.command import compare

        compare(source, output, plan, start, size, film, crop, seed, cache, force)
        return
    run = output.with_suffix(".run")
    going_on = (run / CHECKPOINT).is_file() and not force
    check_output(output, source, force=force or going_on)
    if film is not None:
        check_output(film, source, force=force or going_on)
    begun = beginning(plan.recipe, start, size, latent)
    footage = read_footage(source, size, crop)
    print(footage.told(), flush=True)
    recipe = decides(source, footage, plan, start, seed) | ({} if latent is None else {"latent": latent})
    begin(cache)
    said = {"taught from": source.name, "started from": Path(start).name, "seed": seed}
    with RunFolder(run, recipe, anew=force) as folder:
        show(footage, run)
        session = _session(footage, plan, folder, begun, latent, name=name or output.stem, said=said, seed=seed)
        if session.share >= 1:
            raise UsageError(
                f"{run} has learned for {session.seconds / 60:.1f} minutes ({session.kimg:.1f} kimg) already; give "
                "more --minutes or --kimg to go on, or start anew with --force."
            )
        if session.step:
            print(f"Going on after {session.seconds / 60:.1f} minutes and {session.step} steps.", flush=True)
        if plan.recipe != "pix2pix":
            print(f"To watch it in a show meanwhile: dreamstream serve --dreamer {run}", flush=True)
        with Stop() as stop:
            _run(session, stop, output)
        if film is not None:
            lasts = write_film(film, folder.film())
            folder.keep_film(film)
            print(f"{film}: {lasts:.0f} s, {len(folder.film())} pictures of the same latents.")
        if stop.asked and session.share < 1:
            raise Interrupted(
                f"stopped after {session.seconds / 60:.1f} minutes; {output} has what was learned, and the same "
                "command goes on."
            )
        print(_report(session, output))


def decides(source: Path, footage: Footage, plan: Plan, start: str, seed: int) -> dict[str, Any]:
    """Everything that decides what is learned."""
    # Folders from before the filter (Shape.smooth) do not say it: with it they would not go on as they began.
    filtered = {"filtered": True} if plan.recipe in ("quick", "style") else {}
    return filtered | {
        "recipe": plan.recipe,
        "size": footage.frames.shape[1],
        "crop": list(footage.crop),
        "start": start if start in ("ancestor", "scratch", "auto") else _digest(Path(start)),
        "source": _digest(source),
        "seed": seed,
    }


def begin(cache: Path | None) -> None:
    """Make this process one that learns: at a low priority, with compiled programs kept."""
    machine.be_nice(NICENESS)
    runtime.begin()
    runtime.keep((cache or default_cache()) / "jax")


def show(footage: Footage, run: Path) -> None:
    """Write what is used of the footage into the run's folder, and say so."""
    save_picture(run / "crop.jpg", footage.shown())
    save_picture(run / "frames.jpg", _some(footage.taught))
    print(f"What is used of each frame: {run / 'crop.jpg'}; frames as they are taught: {run / 'frames.jpg'}.")


def _run(session: Any, stop: Stop, output: Path) -> None:
    plan = session.plan
    # What an earlier process has done is not counted, so that rate and time left are this one's.
    done = min(plan.total, round(session.share * plan.total))

    with progress(f"Learning {session.name}", plan.total - done, plan.unit) as advance:

        def told(session: Any, words: str) -> None:
            nonlocal done
            now = min(plan.total, round(session.share * plan.total))
            advance(now - done, words)
            done = now

        session.run(lambda: stop.asked, told, lambda learned: _written(output, learned))
        told(session, f"{session.step} steps")


def _report(session: Any, output: Path) -> str:
    lines = [
        f"{output}: {session.name}, {session.step} steps ({session.kimg:.1f} kimg) in {session.seconds / 60:.1f} min."
    ]
    if session.heard is not None:
        what = "lines of held-out frames" if session.plan.recipe == "pix2pix" else "held-out frames by heart"
        lines.append(f"  {what}: {session.heard:.1f} dB")
    if session.figures is not None:
        lines.append(f"  {session.figures.told()}")
        if session.figures.collapsed:
            lines.append("  it makes much the same whatever it is asked: give it more time or more frames")
    verdict = getattr(session, "verdict", None)
    if verdict is not None:
        lines.append(f"  by {INDEPENDENT}, which has had no part in it: {verdict.told()}")
    lines.append(f"  sheets: {session.folder.path / 'sheets'}")
    return "\n".join(lines)


def _check(source: Path, output: Path, plan: Plan, size: int, film: Path | None, seed: int) -> None:
    """Everything that can be said before anything is read."""
    if output.suffix != ".safetensors":
        raise UsageError(f"The name of what is learned must end in .safetensors, but it is {output}.")
    if film is not None and film.suffix.lower() != ".mp4":
        raise UsageError(f"The film's name must end in .mp4, but it is {film}.")
    if not source.exists():
        raise UsageError(f"There is no film and no folder {source}.")
    if size not in CHANNELS:
        raise UsageError(f"A size of {size} is not possible; there are {', '.join(map(str, CHANNELS))} pixels.")
    if plan.minutes is not None and plan.kimg is not None:
        raise UsageError("Give --minutes or --kimg, not both.")
    if plan.minutes is not None:
        within("minutes", plan.minutes, 0.1, LONGEST)
    if plan.kimg is not None:
        within("kimg", plan.kimg, 0.016, MOST_KIMG)
    within("seed", seed, 0, SEEDS - 1)


def _session(
    footage: Footage,
    plan: Plan,
    folder: RunFolder,
    begun: Subject | Painting | None,
    latent: int | None,
    *,
    name: str,
    said: dict[str, Any],
    seed: int,
) -> Any:
    """The training that the plan's recipe asks for."""
    from dreamstream.weights.catalog import load_model

    size = footage.frames.shape[1]
    if plan.recipe == "pix2pix":
        from dreamstream.train.pix2pix.from_film import session_of

        assert begun is None or isinstance(begun, Painting)
        return session_of(footage, plan, folder, load_model("builtin"), begun, name=name, said=said, seed=seed)
    assert begun is None or isinstance(begun, Subject)
    world = ancestor()
    if plan.recipe == "began":
        from dreamstream.train.began.from_footage import session_of as began_of

        return began_of(footage, plan, folder, world, begun, name=name, said=said, seed=seed, latent=latent)
    if plan.recipe in CATS:
        from dreamstream.train.catgan.compare import trainer_of
        from dreamstream.train.catgan.session import CatSession

        made, trainer = trainer_of(plan.recipe, size, seed)
        return CatSession(
            footage, plan, folder, made, trainer, world=world, start=begun, name=name, said=said, seed=seed
        )
    from dreamstream.train.learn.session import Session

    shape = begun.shape if begun is not None else replace(Shape(), channels=CHANNELS[size])
    assert isinstance(shape, Shape)
    # What was taught with repeated pixels gets used to the filter at once: it has no weights.
    shape = replace(shape, smooth=1)
    return Session(footage, plan, folder, shape, load_model("builtin"), world, begun, name=name, said=said, seed=seed)


def _written(output: Path, learned: Subject | Painting) -> None:
    if isinstance(learned, Painting):
        write_painting(output, learned)
    else:
        write_subject(output, learned)


def _digest(source: Path) -> str:
    """What tells this source from another: a file's content, or a folder's names and sizes."""
    if source.is_file():
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    listed = sorted(f"{path.relative_to(source)} {path.stat().st_size}" for path in source.rglob("*") if path.is_file())
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:16]


def _some(frames: Any) -> Any:
    import numpy as np

    from dreamstream.train.learn.film import tiled

    return tiled(frames[np.linspace(0, len(frames) - 1, min(48, len(frames))).astype(int)], 12, 2)


class Stop:
    """Ctrl-C and SIGTERM are noted and obeyed between two steps; a second Ctrl-C is Python's."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        for known, handler in self._before.items():
            signal.signal(known, handler)
