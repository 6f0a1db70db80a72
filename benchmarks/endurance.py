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
from dreamstream.core.arguments import parse_size
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent.factory import open_dreamer
from dreamstream.support.files import replacing

FIGURES = ("contrast", "mean", "saturation", "detail")
WIDTH, HEIGHT, MARGIN = 720, 110, 46  # of a figure's drawing, in pixels


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
    minutes = np.array([line["at"] for line in lines]) / 60
    shapes = []
    for row, name in enumerate(FIGURES):
        values = np.array([line[name] for line in lines])
        top, high = row * HEIGHT, max(0.01, float(values.max()) * 1.1)
        x = MARGIN + (WIDTH - MARGIN - 10) * minutes / max(float(minutes[-1]), 1e-9)
        y = top + HEIGHT - 16 - (HEIGHT - 34) * values / high
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        shapes += [
            f'<text x="4" y="{top + 14}">{name}, 0 to {high:.2f}</text>',
            f'<path d="M{MARGIN} {top + 18}V{top + HEIGHT - 16}H{WIDTH - 10}" stroke="#888"/>',
            f'<polyline points="{points}" stroke="#2a6fb0"/>',
        ]
        parts = ", ".join(f"{part.mean():.3f}" for part in np.array_split(values, 4))
        print(f"{name}: {parts}")
    taken = changes(lines)
    if taken:
        print(f"{len(taken)} changes: the new word is seen after {np.median(taken):g} s, at most {max(taken):g} s")
    height = len(FIGURES) * HEIGHT + 20
    label = f'<text x="{WIDTH - 10}" y="{height - 8}" text-anchor="end">{minutes[-1]:.0f} minutes of show time</text>'
    body = "".join(shapes) + label
    style = "font-family='sans-serif' font-size='12' fill='#666'"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {style}>'
    svg += body.replace("<polyline", '<polyline fill="none"').replace("<path", '<path fill="none"') + "</svg>\n"
    given.output.write_text(svg)


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
