"""How a look lives under the camera: contrast, mean, saturation and detail of every dream, and a drawing of them.

    python -m benchmarks.endurance dream lines.jsonl --model vgg16-features --size 224x128 --hours 1 --interval 3
    python -m benchmarks.endurance draw lines.jsonl -o hour.svg

`dream` appends a line for each dream, with a state beside it, so it can be interrupted and begun again. interval:
seconds of show time from one dream to the next; on a slow machine a live show has few dreams a second, and so it is
here. The words change every --change seconds; with --judge (see judge_vgg.py) it is also measured how soon that one,
which never dreams, sees the new word more than the old one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.judge_vgg import Judge
from dreamstream.bench.lines import svg
from dreamstream.core.arguments import parse_size
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent.factory import open_dreamer
from dreamstream.support.files import replacing

FIGURES = ("contrast", "mean", "saturation", "detail")


def figures(picture: NDArray[np.uint8]) -> dict[str, float]:
    """Of a picture uint8 [H, W, 3], each from 0 to 1: deviation and mean of the luma, mean saturation (HSV), and the
    deviation of the luma less itself blurred by 2 pixels.
    """
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    saturation = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)[..., 1].astype(np.float32) / 255
    fine = luma - cv2.GaussianBlur(luma, (0, 0), 2)
    values = luma.std(), luma.mean(), saturation.mean(), fine.std()
    return {name: round(float(value), 4) for name, value in zip(FIGURES, values, strict=True)}


def dream(given: argparse.Namespace) -> None:
    """Dream on from where the file ends."""
    lines: Path = given.lines
    done = [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
    saved = lines.with_suffix(".state")
    dreamer = open_dreamer(DreamerRequest(given.model, parse_size(given.size), seed=given.seed, preset=given.preset))
    if done and saved.exists():
        dreamer.restore(saved.read_bytes())
    judge = Judge(given.judge) if given.judge else None
    words = given.words.split(",")
    number = len(done)
    with lines.open("a") as file:
        while number * given.interval < given.hours * 3600:
            at = number * given.interval
            turn = int(at // given.change)
            word, before = words[turn % len(words)], words[(turn - 1) % len(words)]
            picture = dreamer.dream(split([word]), at).picture
            line: dict[str, Any] = {"at": at, "word": word, **figures(picture)}
            if judge is not None and turn and at - turn * given.change <= given.watched:
                likely = judge.probabilities(picture)
                new, old = (float(likely[judge.names.index(name)]) for name in (word, before))
                line |= {"new": round(new, 5), "old": round(old, 5)}
            file.write(json.dumps(line) + "\n")
            file.flush()
            number += 1
            if number % 20 == 0:
                with replacing(saved) as partial:
                    partial.write_bytes(dreamer.state())


def changes(lines: Sequence[dict[str, Any]]) -> list[float]:
    """For each change of the word, after how many seconds the judge first sees the new one more than the old one."""
    found: list[float] = []
    began, seen = 0.0, True
    for before, line in pairwise(lines):
        if line["word"] != before["word"]:
            began, seen = line["at"], False
        if not seen and line.get("new", 0) > line.get("old", 1):
            found.append(line["at"] - began)
            seen = True
    return found


def draw(given: argparse.Namespace) -> None:
    """Draw the figures over the time as an SVG file, and print their means in four parts of it."""
    lines = [json.loads(line) for line in given.lines.read_text().splitlines()]
    minutes = [line["at"] / 60 for line in lines]
    rows = {name: [line[name] for line in lines] for name in FIGURES}
    for name, values in rows.items():
        print(f"{name}: " + ", ".join(f"{part.mean():.3f}" for part in np.array_split(np.array(values), 4)))
    taken = changes(lines)
    if taken:
        print(f"{len(taken)} changes: the new word is seen after {np.median(taken):g} s, at most {max(taken):g} s")
    given.output.write_text(svg(minutes, rows, f"{minutes[-1]:.0f} minutes of show time"))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    made = commands.add_parser("dream")
    made.add_argument("lines", type=Path)
    made.add_argument("--model", default="builtin")
    made.add_argument("--preset", default="auto")
    made.add_argument("--size", default="320x192")
    made.add_argument("--hours", type=float, default=1.0)
    made.add_argument("--interval", type=float, default=0.4)
    made.add_argument("--change", type=float, default=120.0, help="seconds for each word")
    made.add_argument("--judge", type=Path, help="what benchmarks/judge_vgg.py has taught")
    made.add_argument("--watched", type=float, default=20.0, help="seconds after a change that the judge looks")
    made.add_argument("--words", default="flamingo,pizza,watch,lobster,strawberry")
    made.add_argument("--seed", type=int, default=1)
    drawn = commands.add_parser("draw")
    drawn.add_argument("lines", type=Path)
    drawn.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    dream(given) if given.command == "dream" else draw(given)


if __name__ == "__main__":
    main()
