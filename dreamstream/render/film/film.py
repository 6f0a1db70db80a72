"""`dreamstream film`: a show's log, or a cue list, into a video by several workers, the same to the last bit as by one.

Parts are kept in a folder beside the film until it is whole: who stops it, or is stopped, goes on from there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import filelock

from dreamstream.core.arguments import size_of, within
from dreamstream.core.errors import Interrupted, UsageError, UserError
from dreamstream.journal.reader import ShowRecord, read_show
from dreamstream.render.film.crew import Crew
from dreamstream.render.film.dreamed import is_cue_list, spelt
from dreamstream.render.film.join import join
from dreamstream.render.film.order import FilmOrder, digest_of, order_of_cues
from dreamstream.render.film.parts import Part, chain_of, cost, parts_of, usable
from dreamstream.render.film.process import LocalProcesses, Processes
from dreamstream.render.replay import check_repeatable, replayed_canvas, replayed_span, warnings, weights_changed
from dreamstream.render.video_file import check_format
from dreamstream.support.files import check_output
from dreamstream.support.folder_lock import FolderLock
from dreamstream.support.progress import progress
from dreamstream.video.soundtrack import Soundtrack

log = logging.getLogger(__name__)

MOST_WORKERS = 256


def run(args: argparse.Namespace, processes: Callable[[int], Processes] = LocalProcesses) -> int:
    """Make a film. Raises UserError, and Interrupted when Ctrl-C ends it with parts that are kept.

    processes: makes what runs so many workers.
    """
    output: Path = args.output
    check_format(output)
    check_output(output, args.source, *([args.audio] if args.audio else []), force=args.force)
    workers = int(within("workers", args.workers, 1, MOST_WORKERS))
    # Only for the film of a cue list has the folder a meaning here.
    folder = output.with_name(f"{output.name}.parts").absolute()
    order = order_of_cues(args, folder) if is_cue_list(args.source) else _order_of_log(args)
    show = order.show(folder)
    for line in warnings(show, order.canvas):
        log.warning("%s", line)
    check_repeatable(show)
    if weights_changed(show):
        log.warning("The weights of %s have changed since the show; its dreams will differ.", show.about["model"])
    with (
        _sound(args.audio) as sound,
        contextlib.closing(processes(workers)) as where,
        _held(folder, order, args.force),
    ):
        made = _make(show, order, Crew(folder, workers, where), folder, args.source.name)
        frames = join([folder / f"{part.number:04d}.mkv" for part in made], output, order.fps, sound)
    shutil.rmtree(folder, ignore_errors=True)
    width, height = order.size
    what = "of the show, " if order.asked is None else ""
    print(f"{output}: {frames / order.fps:g} s {what}{width}x{height} at {order.fps} frames per second.")
    return 0


@contextlib.contextmanager
def _sound(path: Path | None) -> Iterator[Soundtrack | None]:
    """The film's sound, found to be one before anything is made. Raises UserError."""
    if path is None:
        yield None
        return
    soundtrack = Soundtrack(path, wait=30.0)
    try:
        yield soundtrack
    finally:
        soundtrack.close()


def _order_of_log(args: argparse.Namespace) -> FilmOrder:
    """What is to be made, as the arguments and the log say. Raises UserError."""
    if args.given:
        flags = ", ".join(spelt(key) for key in args.given)
        raise UsageError(f"{args.source} is the log of a show, which tells itself what {flags} would.")
    show = read_show(args.source)
    about = show.about
    size = size_of(args.size or about["size"])
    canvas = replayed_canvas(show, args.dream_size or "show", size)
    fps = int(within("fps", args.fps or about["fps"], 1, 60))
    since, until = replayed_span(show, args.since, args.until)
    finish = args.finish if args.finish != "auto" else about.get("finish", "auto")
    path = args.source.resolve()
    return FilmOrder(str(path), digest_of(path), size, canvas, fps, since, until, finish, args.overlay)


@contextlib.contextmanager
def _held(folder: Path, order: FilmOrder, force: bool) -> Iterator[None]:
    """The folder of the parts, for this film alone. Raises UserError when another is made in it."""
    lock = FolderLock(folder / "lock")
    try:
        folder.mkdir(exist_ok=True)
        lock.hold()
    except filelock.Timeout:
        raise UserError(f"This film is being made already; {folder} is in use.") from None
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.") from None
    try:
        before = FilmOrder.load(folder)
        if before is not None and before != order:
            if not force:
                raise UsageError(
                    f"{folder} has parts of another film (of another log, size, rate or version); remove it, or let "
                    "--force do so."
                )
            for old in folder.glob("[0-9]*"):
                old.unlink()
        try:
            order.save(folder)
        except OSError as error:
            raise UserError(f"{folder} cannot be written: {error.strerror}.") from None
        yield
    finally:
        lock.release()


def _make(show: ShowRecord, order: FilmOrder, crew: Crew, folder: Path, name: str) -> list[Part]:
    """Have all parts made that are not there yet, and see that they fit; returns all. Raises UserError."""
    try:
        machine = crew.machine()
        if order.asked is not None:
            parts, why = chain_of(show, order.span), ""
        else:
            checkpoints, why = usable(show, order.canvas, machine)
            parts = parts_of(show, order.span, checkpoints)
        if why and crew.count > 1:
            log.warning("One worker makes this film: %s.", why)
        there = [part for part in parts if _said(folder, part)]
        _check_kinds(folder, there, machine)
        _say(show, order, parts, there)
        waiting = [part for part in parts if part not in there]
        total = sum(part.end - part.begin for part in waiting)
        with progress(f"Making the film of {name}", total, "frames") as advance:
            given = {number for number, each in enumerate(show.checkpoints) if each.path.is_file()}
            for number in crew.make(waiting, given, advance):
                for before in (number - 1, number):
                    if 0 <= before < len(parts) - 1:
                        _check_seam(folder, parts[before], parts[before + 1])
    except KeyboardInterrupt:
        raise Interrupted(f"stopped; {folder} keeps what is made, and the same command goes on from there.") from None
    finally:
        crew.close()
    for each, following in pairwise(parts):
        _check_seam(folder, each, following)
    return parts


def _say(show: ShowRecord, order: FilmOrder, parts: Sequence[Part], there: Sequence[Part]) -> None:
    if len(parts) > 1:
        more = 100 * cost(show, order.span, parts)
        print(f"{len(parts)} parts; dreams about their seams are made twice, which is {more:.0f} % more.", flush=True)
    if there:
        log.warning("%d of %d parts are there already; the film goes on from them.", len(there), len(parts))


def _said(folder: Path, part: Part) -> dict[str, Any]:
    """What a part's worker said of it; {} where there is no whole part."""
    try:
        said = json.loads((folder / f"{part.number:04d}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    whole = isinstance(said, dict) and said.get("first") == part.first and (folder / f"{part.number:04d}.mkv").exists()
    return said if whole else {}


def _check_kinds(folder: Path, parts: Sequence[Part], machine: str) -> None:
    others = {_said(folder, part)["machine"] for part in parts} - {machine}
    for other in sorted(others):
        log.warning("Parts of this film were made on another kind of machine (%s); this is %s.", other, machine)


def _check_seam(folder: Path, before: Part, after: Part) -> None:
    """Both parts have made the first dreams of the second; see that they are the same. Raises UserError."""
    said, following = _said(folder, before), _said(folder, after)
    if not said or not following:
        return
    skip = after.first - before.first
    twice = said["dreams"][skip:]
    if twice and twice == following["dreams"][: len(twice)]:
        return
    kinds = {said["machine"], following["machine"]}
    why = f"They were made on two kinds of machine: {' and '.join(sorted(kinds))}." if len(kinds) > 1 else ""
    raise UserError(
        f"Parts {before.number + 1} and {after.number + 1} of the film do not fit: the dreams between them differ. "
        f"{why or 'The log misses something, or its checkpoint is of another show.'} Remove {folder}, make it "
        "on one machine, or have `dreamstream replay` make it in one part."
    )
