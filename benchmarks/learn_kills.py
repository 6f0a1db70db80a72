"""Kills `dreamstream learn` at random, again and again, and looks at what is left each time.

    python -m benchmarks.learn_kills --kills 20 --folder FOLDER

A clip of the cat is learned by heart; after 5 to 60 s of learning the process gets SIGKILL, and the same command goes
on. After each kill the checkpoint, the subject's file, the film's pictures and the sheets must be whole; what was lost
is the time since the last checkpoint, or since this process began to learn. Pictures of the film that are made twice,
since a kill came between them and a checkpoint, must come out the same to the last byte. At the end the film must have
every picture that it should have.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import flax.serialization
from PIL import Image

from benchmarks.cat_clip import write
from dreamstream.core.errors import UserError
from dreamstream.train.learn.film import due
from dreamstream.weights.generators import read_subject

BEGUN = "To watch it in a show"
START_WITHIN = 600.0  # seconds that a process may take to begin to learn


@dataclass
class Findings:
    """What all kills so far have shown."""

    lost: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    again: int = 0  # pictures of the film that were made twice
    other: int = 0  # those of them that came out otherwise
    left: set[str] = field(default_factory=set)  # files that no run knows
    film: dict[str, str] = field(default_factory=dict)


def main() -> None:
    """Kill as often as is asked, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=20, help="how often (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the times (default 1)")
    parser.add_argument("--least", type=float, default=5.0, help="seconds of learning before a kill, at least")
    parser.add_argument("--most", type=float, default=60.0, help="and at most")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="kills-"))
    folder.mkdir(parents=True, exist_ok=True)
    clip, output = folder / "cat.mp4", folder / "cat.safetensors"
    if not clip.exists():
        write(clip, 96, 900)
    chance, found = random.Random(given.seed), Findings()
    for number in range(given.kills):
        lasts = chance.uniform(given.least, given.most)
        killed, began = _killed_after(lasts, clip, output)
        _look(output, killed, began, found)
        print(
            f"{number + 1:3} killed after {lasts:4.1f} s: {found.lost[-1]:4.1f} s lost, "
            f"{len(found.film)} pictures of the film",
            flush=True,
        )
    median, most = statistics.median(found.lost), max(found.lost)
    print(
        f"{len(found.lost)} kills: lost {median:.1f} s (median), {most:.1f} s (most); {len(found.broken)} broken "
        f"files; {found.again} pictures of the film made twice, {found.other} of them otherwise; {len(found.left)} "
        "unfinished files left."
    )
    for line in [*found.broken, *sorted(found.left)]:
        print(f"  {line}")
    sys.exit(bool(found.broken or found.other or max(found.lost) > 60))


def _killed_after(seconds: float, clip: Path, output: Path) -> tuple[float, float]:
    """Learn so long, and be killed; when that was, and when learning began, by the wall clock."""
    words = ["learn", str(clip), "-o", str(output), "--recipe", "quick", "--kimg", "1000"]
    with (output.parent / "said.txt").open("w+") as said:
        child = subprocess.Popen([sys.executable, "-m", "dreamstream", *words], stdout=said, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + START_WITHIN
            while BEGUN not in (text := Path(said.name).read_text()):
                if child.poll() is not None or time.monotonic() > end:
                    raise UserError(f"It did not begin to learn: {text[-500:]}")
                time.sleep(0.05)
            began = time.time()
            time.sleep(seconds)
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        return time.time(), began


def _look(output: Path, killed: float, began: float, found: Findings) -> None:
    run = output.with_suffix(".run")
    checkpoint = run / "checkpoint.msgpack"
    kept, step = began, 0
    if checkpoint.exists():
        try:
            step = int(flax.serialization.msgpack_restore(checkpoint.read_bytes())["step"])
            kept = max(kept, checkpoint.stat().st_mtime)
        except Exception as error:  # whatever it is, it is broken
            found.broken.append(f"{checkpoint.name}: {error}")
    found.lost.append(killed - kept)
    if output.exists():
        try:
            read_subject(output)
        except UserError as error:
            found.broken.append(str(error))
    for path in [*(run / "film").glob("[0-9]*.png"), *(run / "sheets").glob("*.png")]:
        try:
            with Image.open(path) as image:
                image.load()
        except (OSError, SyntaxError) as error:
            found.broken.append(f"{path.name}: {error}")
    for line in (run / "log.jsonl").read_text().splitlines()[:-1] if (run / "log.jsonl").exists() else []:
        try:
            json.loads(line)
        except ValueError:
            found.broken.append(f"log.jsonl: {line[:80]}")
    pictures = sorted((run / "film").glob("[0-9]*.png"))
    for path in pictures:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if path.name in found.film and path.stat().st_mtime > began:
            found.again += 1
            found.other += found.film[path.name] != digest
        found.film[path.name] = digest
    steps = [int(path.stem) for path in pictures]
    missing = [number for number in range(step + 1) if due(number) and number not in steps]
    if missing:
        found.broken.append(f"the film lacks the pictures of the steps {missing[:5]}")
    known = {"crop.jpg", "frames.jpg", "recipe.json", "log.jsonl", "checkpoint.msgpack", ".lock", "film.mp4"}
    found.left = {path.name for path in run.iterdir() if path.is_file()} - known
    found.left |= {path.name for path in (run / "film").iterdir()} - {path.name for path in pictures}


if __name__ == "__main__":
    main()
