"""Films by several workers: `python -m benchmarks.films [--seconds 60] [--workers 1 2 4] [--size 160x96] [--cues]`.

Dreams a show of the built-in network with a checkpoint every 15 s, makes a film of it by so many workers each, and says
how long each took, whether all files are the same, and what splitting costs beside a replay in one go: in time, and in
seconds of the processor, which other programs beside it do not change much. With --cues it is the film of a cue list,
in which nothing is dreamed beforehand, beside `render` of the same length.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dreamstream.core.arguments import parse_size
from dreamstream.core.dreamer import Dreamer, DreamerRequest, Effort
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.registry import open_dreamer
from dreamstream.journal.reader import read_show
from dreamstream.journal.writer import ShowLog
from dreamstream.support import machine
from dreamstream.support.machine_kind import kind_of_machine

WORDS = ("owl", "pizza", "bee", "cat", "tree frog", "volcano", "rose", "castle")
EACH, STEPS = 0.4, 6
CHECKPOINT_EVERY = 15.0


def main() -> int:
    """Run it; 1 when two files differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--size", default="160x96")
    parser.add_argument("--canvas", default="auto", help="of the cue list's film, as --dream-size takes it")
    parser.add_argument("--cues", action="store_true")
    args = parser.parse_args()
    size = parse_size(args.size)
    print(f"A film of {args.seconds:g} s at {args.size}, 25 frames a second, on {machine.name()}.")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        whole_film = "-o", str(home / "whole.mp4")
        more: tuple[str, ...] = ()
        if args.cues:
            source = _list(home, args.seconds)
            more = "--size", args.size, "--fps", "25", "--dream-size", args.canvas
            whole = _timed("render in one go", "render", WORDS[0], "--seconds", f"{args.seconds}", *more, *whole_film)
        else:
            source = _show(home, size, args.seconds)
            whole = _timed("replay in one go", "replay", str(source), "--dream-size", "show", *whole_film)
        made: dict[int, tuple[float, float, str]] = {}
        for workers in args.workers:
            output = home / f"film-{workers}.mp4"
            words = "film", str(source), "-o", str(output), "--workers", str(workers), *more
            costs = _timed(f"{workers} workers", *words)
            made[workers] = (*costs, hashlib.sha256(output.read_bytes()).hexdigest())
        first = made[args.workers[0]]
        for workers, (took, worked, digest) in made.items():
            same = "the same bytes" if digest == first[2] else "OTHER BYTES"
            longer, worse = took / whole[0] - 1, worked / max(whole[1], 1e-3) - 1
            beside = f"{100 * longer:+.0f} % of the time, {100 * worse:+.0f} % of the work"
            fast = f"{first[0] / took:.2f} times as fast as the first"
            print(f"{workers} workers: {took:.1f} s, {fast}, {same}; beside one go {beside}.")
        return int(len({digest for _, _, digest in made.values()}) > 1)


def _show(home: Path, size: tuple[int, int], seconds: float) -> Path:
    """The log of a show."""
    dreamer: Dreamer = open_dreamer("ascent", DreamerRequest("builtin", size, seed=1))
    about = {
        "version": "0",
        "model": "builtin",
        "seed": 1,
        "size": size,
        "canvas": size,
        "fps": 25,
        "preset": dreamer.card.preset,
    }
    log, applied = ShowLog(home / "log", lambda: about), dict[str, float]()
    checked = 0.0
    for number in range(round(seconds / EACH) + 2):
        at = number * EACH
        programme = Programme((Wish(WORDS[int(at / 10) % len(WORDS)]),))
        log.dream(dreamer.dream(programme, at + EACH, Effort(cost={"steps": STEPS})), at, applied)
        if at - checked >= CHECKPOINT_EVERY - 5 * (checked == 0):
            log.checkpoint(dreamer.checkpoint(), kind_of_machine())
            checked = at
            time.sleep(0.5)
    log.close(20)
    (path,) = (home / "log").glob("*.jsonl")
    print(f"The show has {len(read_show(path).dreams)} dreams and {len(read_show(path).checkpoints)} checkpoints.")
    return path


def _list(home: Path, seconds: float) -> Path:
    """A cue list of the same words."""
    path = home / "list"
    lines = [f"{at} {WORDS[number % len(WORDS)]}" for number, at in enumerate(range(0, math.ceil(seconds), 10))]
    path.write_text("\n".join([*lines, f"{seconds:g} end"]))
    return path


def _timed(what: str, *words: str) -> tuple[float, float]:
    """Seconds that a command takes, and those of the processor that it and its workers use (0 on Windows)."""
    began, worked = time.monotonic(), _worked()
    done = subprocess.run(
        [sys.executable, "-m", "dreamstream", *words], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    took, worked = time.monotonic() - began, _worked() - worked
    print(f"{what}: {took:.1f} s, {worked:.1f} s of the processor. {done.stdout.splitlines()[0]}", flush=True)
    return took, worked


def _worked() -> float:
    """Seconds of the processor that what was started and has ended has used."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())
