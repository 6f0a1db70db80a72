"""An independent judge of what the built-in network dreams: a residual network of another seed, trained in another
framework on all styles of artwork without adversarial training, that never takes part in dreaming.

    dreamstream gallery -o sheet.png --pictures dreams --seconds 20
    python -m benchmarks.judge look dreams --json figures.json
    python -m benchmarks.judge transitions
    python -m benchmarks.judge list
    python -m benchmarks.judge train --artwork artwork -o judge.safetensors

`look` judges pictures by their names: "bee.png" shows bees, "bee + pizza.png" bees above and pizzas below. It tells
how often the word comes first, or among the first five, by the mean probability over all windows at object scale; and
the same where colour, detail or shading is taken away, for a judge can be won by texture alone. `transitions` dreams
random pairs of classes, changes from one to the other and tells when the new one is seen and the old one is gone.
`list` judges the small pictures of the page's list of words, each looked at once and whole.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from dreamstream.bench.judge import LOOKS, SIDE, Judge, figures
from dreamstream.core.dreamer import Effort
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent.dreamer import AscentDreamer
from dreamstream.render.from_arguments import INTERVAL
from dreamstream.support.files import replacing
from dreamstream.support.pictures import load_photo
from dreamstream.support.progress import progress
from dreamstream.weights.catalog import models_folder


def train(given: argparse.Namespace) -> None:
    """Train a judge."""
    from benchmarks import judge_training

    judge_training.train(given.artwork, given.output, given.steps, given.batch)


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "asked": len(rows),
        "top1": sum(row["rank"] == 1 for row in rows),
        "top5": sum(row["rank"] <= 5 for row in rows),
        **{key: round(float(np.mean([row[key] for row in rows])), 3) for key in ("mean", "shown", "best")},
    }


def look(given: argparse.Namespace) -> None:
    """Judge pictures named after what they should show, worst first."""
    judge = Judge(given.judge)
    paths = sorted(path for folder in given.folders for path in folder.glob("*.png"))
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in LOOKS}
    with progress("Judging", len(paths), "pictures") as advance:
        for path in paths:
            picture = load_photo(path)
            height = picture.shape[0]
            words = path.stem.split(" + ")
            parts = np.array_split(picture, len(words), axis=0)
            for word, part in zip(words, parts, strict=True):
                for name in LOOKS:
                    found = figures(judge.canvas(part, height, name), judge.names.index(word))
                    rows[name].append({"class": word, "in": path.stem, **found})
            advance(1)
    for group in rows.values():
        group.sort(key=lambda row: (-row["rank"], row["shown"]))
    summary = {name: _summary(group) for name, group in rows.items()}
    form = {row["in"] + row["class"]: row["rank"] for row in rows["grey and blurred"]}
    for row in rows["as it is"][: given.worst]:
        print(
            f"{row['class']:18s} rank {row['rank']:3d}  mean {row['mean']:.2f}  shown {row['shown']:.2f}  "
            f"best {row['best']:.2f}  grey and blurred: rank {form[row['in'] + row['class']]}"
        )
    for name, group_figures in summary.items():
        print(f"{name:18s}", json.dumps(group_figures))
    _write(given.json, {**summary, "rows": rows["as it is"], "form": rows["grey and blurred"]})


def transitions(given: argparse.Namespace) -> None:
    """Change between random pairs of classes; seconds of show time until the new one leads, and the old one is gone.

    Gone: the old class has sunk to a tenth of what it had, and is not the first of all any more.
    """
    judge = Judge(given.judge)
    rng = np.random.default_rng(given.seed)
    dreamer = AscentDreamer("builtin", (640, 360), preset=given.preset, seed=given.seed)
    noise = dreamer.state()
    count = round(given.seconds / INTERVAL)
    rows: list[dict[str, Any]] = []
    times: list[dict[str, float | None]] = []
    with progress("Changing", given.pairs * 2 * count, "dreams") as advance:
        for _ in range(given.pairs):
            old, new = (int(i) for i in rng.choice(len(judge.names), 2, replace=False))
            dreamer.restore(noise)
            seen: float | None = None
            gone: float | None = None
            before = 0.0
            for number in range(2 * count):
                wanted = old if number < count else new
                picture = dreamer.dream(
                    split([judge.names[wanted]]), number * INTERVAL, Effort(interval=INTERVAL)
                ).picture
                if number >= count - 1:
                    mean = judge.canvas(picture).mean(axis=0)
                    after = (number - count + 1) * INTERVAL
                    before = before or float(mean[old])
                    if seen is None and mean.argmax() == new:
                        seen = after
                    if number >= count and gone is None and mean[old] < before / 10 and mean.argmax() != old:
                        gone = after
                advance(1, judge.names[wanted])
            took = {"seen": seen, "gone": gone}
            times.append(took)
            rows.append({"from": judge.names[old], "to": judge.names[new], **took})
            print(rows[-1], flush=True)
    for key in ("seen", "gone"):
        known = sorted(time for took in times if (time := took[key]) is not None)
        middle = known[len(known) // 2] if known else float("nan")
        print(f"{key}: {len(known)} of {len(rows)} within {given.seconds:g} s of show time, median {middle:.1f} s")
    _write(given.json, {"rows": rows})


def small_pictures(given: argparse.Namespace) -> None:
    """Judge each picture of a sheet that `python -m benchmarks.thumbnails` made, worst first."""
    judge = Judge(given.judge)
    about = json.loads(given.sheet.with_suffix(".json").read_text())
    names, side, columns = about["names"], about["side"], about["columns"]
    sheet = load_photo(given.sheet)
    corners = [(n // columns * side, n % columns * side) for n in range(len(names))]
    crops = [
        cv2.resize(sheet[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA) for y, x in corners
    ]
    pictures = np.asarray(crops, np.float32) / np.float32(255)
    found: dict[str, Any] = {}
    for look, seen_so in LOOKS.items():
        seen = judge.see(seen_so(pictures))
        rows = [
            {"class": name, **figures(seen[n : n + 1], judge.names.index(name)), "seen": judge.names[seen[n].argmax()]}
            for n, name in enumerate(names)
        ]
        found[look] = {**_summary(rows), "rows": sorted(rows, key=lambda row: -row["rank"])}
        print(f"{look:18s}", json.dumps(_summary(rows)))
        if look == "as it is":
            for row in found[look]["rows"][: given.worst]:
                print(f"{row['class']:18s} rank {row['rank']:3d}  {row['best']:.2f}  seen: {row['seen']}")
    _write(given.json, found)


def _write(path: Path | None, found: dict[str, Any]) -> None:
    if path:
        with replacing(path) as partial:
            partial.write_text(json.dumps(found, indent=1) + "\n")


def main() -> None:
    """The four commands."""
    parser = argparse.ArgumentParser(description="Judge what the built-in network dreams.")
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train")
    training.add_argument("--artwork", type=Path, default=Path("artwork"))
    training.add_argument("-o", "--output", type=Path, required=True)
    training.add_argument("--steps", type=int, default=2500)
    training.add_argument("--batch", type=int, default=96)
    training.set_defaults(run=train)
    judging = commands.add_parser("look")
    judging.add_argument("folders", type=Path, nargs="+")
    judging.add_argument("--worst", type=int, default=40, help="so many classes are told one by one")
    judging.set_defaults(run=look)
    changing = commands.add_parser("transitions")
    changing.add_argument("--pairs", type=int, default=20)
    changing.add_argument("--seconds", type=float, default=10.0)
    changing.add_argument("--preset", default="vivid")
    changing.add_argument("--seed", type=int, default=1)
    changing.set_defaults(run=transitions)
    listing = commands.add_parser("list")
    listing.add_argument("--sheet", type=Path, default=models_folder() / "builtin" / "dreams.webp")
    listing.add_argument("--worst", type=int, default=6, help="so many classes are told one by one")
    listing.set_defaults(run=small_pictures)
    for command in (judging, changing, listing):
        command.add_argument("--judge", type=Path, help="a judge that was trained here; the one that ships, by default")
        command.add_argument("--json", type=Path)
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
