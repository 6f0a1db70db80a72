"""What a painter makes of drawings by a hand: whether a judge names it, how far it is from the truth, what it costs.

    python -m benchmarks.doodles words --artwork artwork --sheet doodles.jpg
    python -m benchmarks.doodles film cats.safetensors cat.mp4
    python -m benchmarks.doodles guess --artwork artwork
    python -m benchmarks.doodles cost

`words` draws the painter's words from the outlines of a style of artwork that no painter is taught on, wobbled and cut
into strokes, and shows what is made of them to the judge of `benchmarks.judge`, which never takes part in teaching; the
same with the strokes shuffled, which should be nothing. `film` draws held-out seconds of the film that a painter was
taught on. `guess` asks of the same drawings as `words` what they are, as a show does where nobody said. Distances are
in features of the built-in network. Seeded.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.bench.judge import SIDE, Judge
from dreamstream.networks.pix2pix.frame import frame_of
from dreamstream.networks.pix2pix.painter import Painter
from dreamstream.support.files import replacing
from dreamstream.support.pictures import save_picture
from dreamstream.train.glyphs import load_style, read_classes
from dreamstream.train.learn.by_heart import likeness
from dreamstream.train.learn.features import built_in
from dreamstream.train.learn.film import tiled
from dreamstream.train.learn.footage import read_footage
from dreamstream.train.pix2pix.from_film import held_of
from dreamstream.train.pix2pix.hand import DETECTED, STEADY, Hand, by_hand, cut, drawing_of, shuffled
from dreamstream.train.pix2pix.outlines import Polyline, outlines
from dreamstream.train.pix2pix.pairs import applied, chained, placed, warped
from dreamstream.train.pix2pix.session import on_ground
from dreamstream.video.drawn import draw_lines
from dreamstream.weights.catalog import models_folder
from dreamstream.weights.painters import open_painter

Picture = NDArray[np.uint8]
UNSEEN = "twemoji"  # the style that is never taught
BLUR, THRESHOLD = 1.2, 110.0
STROKE = 0.3  # sides of the box: no stroke is longer
GROUNDS = ((232, 236, 240), (120, 130, 120), (60, 70, 90))  # what pictures stand on for the judge
COMPARED = 20


class Drawn:
    """One drawing of a sprite: its strokes, the same shuffled, as a machine finds them, and what is true."""

    def __init__(self, sprite: Picture, side: int, rng: np.random.Generator) -> None:
        into_box = placed(len(sprite), rng)
        lines = [applied(into_box, line) for line in outlines(sprite, BLUR, THRESHOLD)]
        strokes = cut(by_hand(lines, STEADY, rng), STROKE)
        self.lines = draw_lines(drawing_of(strokes), side)
        self.shuffled = draw_lines(drawing_of(shuffled(strokes, rng)[0]), side)
        self.detected = draw_lines(drawing_of(by_hand(lines, DETECTED, rng)), side)
        pixels = np.array([[side, 0, -0.5], [0, side, -0.5]])
        self.true = warped(sprite, chained(pixels, into_box), side)


def words(given: argparse.Namespace) -> None:
    """Judge the painter's words."""
    judge, painter = Judge(given.judge), open_painter(given.model)
    classes = [each for each in read_classes(models_folder() / "builtin" / "classes.csv") if each.name in painter.words]
    sprites = load_style(UNSEEN, classes, given.artwork)
    rng = np.random.default_rng(given.seed)
    rows: list[dict[str, Any]] = []
    shown: list[Picture] = []
    compared: dict[str, list[Picture]] = {"true": [], "by hand": [], "detected": []}

    def first(picture: Picture, word: str) -> bool:
        seen = []
        for ground in GROUNDS:
            matte = picture[..., 3:] / np.float32(255)
            flat = picture[..., :3] * matte + np.array(ground, np.float32) * (1 - matte)
            seen.append(cv2.resize(flat, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / 255)
        return judge.names[int(judge.see(np.asarray(seen, np.float32)).mean(axis=0).argmax())] == word

    for word in painter.words:
        for number in range(given.each):
            drawn = Drawn(sprites[word][number % len(sprites[word])], painter.side, rng)
            made = painter.paint(drawn.lines, word)
            # The judge knows things that fill its window, as frames do.
            framed = frame_of(drawn.lines)
            near = {
                "true": _into(framed.matrix, drawn.true),
                "told": painter_made(painter, drawn.lines, word),
                "not told": painter_made(painter, drawn.lines, None),
                "shuffled": painter_made(painter, drawn.shuffled, word),
                "shuffled, not told": painter_made(painter, drawn.shuffled, None),
            }
            rows.append({"word": word, **{kind: first(picture, word) for kind, picture in near.items()}})
            if len(compared["true"]) < given.compared and number == 0:
                compared["true"].append(near["true"])
                compared["by hand"].append(near["told"])
                compared["detected"].append(painter_made(painter, drawn.detected, word))
            if number == 0:
                shown += [np.repeat(drawn.lines[..., None], 3, axis=2), *on_ground(np.stack([made, drawn.true]))]
    kinds = [kind for kind in rows[0] if kind != "word"]
    found = {kind: round(float(np.mean([row[kind] for row in rows])), 3) for kind in kinds}
    worst = {word: sum(row["told"] for row in rows if row["word"] == word) for word in painter.words}
    result = {
        "drawings": len(rows),
        "named first": found,
        "features": compare(*(on_ground(np.stack(compared[kind])) for kind in ("true", "by hand", "detected"))),
        "dB": round(likeness(on_ground(np.stack(compared["by hand"])), on_ground(np.stack(compared["true"]))), 2),
        "named of each": worst,
    }
    told(result, given.json)
    if given.sheet:
        triples = np.stack(shown).reshape(-1, 3, painter.side, painter.side, 3)
        count = 8
        missing = -len(triples) % count
        triples = np.concatenate([triples, np.full((missing, *triples.shape[1:]), 255, np.uint8)])
        save_picture(
            given.sheet,
            tiled(
                np.concatenate(
                    [triples[at : at + count, row] for at in range(0, len(triples), count) for row in range(3)]
                ),
                count,
                2,
            ),
        )


def painter_made(painter: Painter, lines: Picture, word: str | None) -> Picture:
    """What is made of lines, as large as its frame."""
    return _into(frame_of(lines).matrix, painter.paint(lines, word))


def _into(matrix: NDArray[np.float64], picture: Picture) -> Picture:
    return warped(picture, matrix, len(picture))


def compare(true: Picture, by_hand_: Picture, detected: Picture) -> dict[str, float]:
    """Mean distances in features of what is made to what is true, and their ratio."""

    def scaled(pictures: Picture) -> NDArray[np.float32]:
        return np.concatenate([depth * scale for depth, scale in zip(built_in(pictures), scales, strict=True)], axis=1)

    scales = [np.float32(float(np.mean((depth**2).sum(1))) ** -0.5) for depth in built_in(true)]
    base = scaled(true)
    hand, machine = (float(np.linalg.norm(scaled(each) - base, axis=1).mean()) for each in (by_hand_, detected))
    return {"by hand": round(hand, 3), "detected": round(machine, 3), "ratio": round(hand / machine, 3)}


def film(given: argparse.Namespace) -> None:
    """Judge a painter on held-out seconds of its film."""
    painter = open_painter(str(given.model))
    footage = read_footage(given.film, painter.side)
    lines, _, true = held_of(footage, DETECTED, 96)
    made = np.stack([painter.paint(each) for each in lines])
    some, _, its = held_of(footage, DETECTED, given.compared)
    hands, _, _ = held_of(footage, STEADY, given.compared)
    of_hands, of_machine = (np.stack([painter.paint(each) for each in group]) for group in (hands, some))
    result = {
        "held-out frames": len(lines),
        "dB of detected lines": round(likeness(on_ground(made), on_ground(true)), 2),
        "dB by hand": round(likeness(on_ground(of_hands), on_ground(its)), 2),
        "features": compare(on_ground(its), on_ground(of_hands), on_ground(of_machine)),
    }
    told(result, given.json)
    if given.sheet:
        rows = []
        for group, pictures in ((some, of_machine), (hands, of_hands)):
            rows += [np.repeat(group[:10, ..., None], 3, axis=3), on_ground(pictures[:10])]
        save_picture(given.sheet, tiled(np.concatenate([*rows, on_ground(its[:10])]), 10, 2))


def guess(given: argparse.Namespace) -> None:
    """Count how often a show's guess of what is drawn is right."""
    from dreamstream.dreamers.ascent.dreamer import AscentDreamer
    from dreamstream.dreamers.doodle.guess import likest

    painter, dreamer = open_painter(given.model), AscentDreamer("builtin", (160, 96))
    classes = [each for each in read_classes(models_folder() / "builtin" / "classes.csv") if each.name in painter.words]
    sprites = load_style(UNSEEN, classes, given.artwork)
    rng = np.random.default_rng(given.seed)
    found: dict[str, list[str]] = {word: [] for word in painter.words}
    took = []
    for word in painter.words:
        for number in range(given.each):
            lines = Drawn(sprites[word][number % len(sprites[word])], painter.side, rng).lines
            began = time.perf_counter()
            found[word].append(likest(painter, frame_of(lines).into(lines), dreamer.seen).word)
            took.append(time.perf_counter() - began)
    right = [word == each for word, guesses in found.items() for each in guesses]
    result = {"drawings": len(right), "right": round(float(np.mean(right)), 3), "guesses": found}
    told(result | {"ms": round(1000 * float(np.median(took)))}, given.json)


def cost(given: argparse.Namespace) -> None:
    """Core-milliseconds a drawing takes."""
    painter = open_painter(given.model)
    angle = np.linspace(0, 2 * np.pi, 60)
    ring: Polyline = np.stack([0.5 + 0.3 * np.cos(angle), 0.5 + 0.2 * np.sin(angle)], axis=1).astype(np.float32)
    lines = draw_lines(drawing_of(by_hand([ring], Hand(), np.random.default_rng(0))), painter.side)
    painter.paint(lines)
    rounds = []
    for _ in range(given.rounds):
        busy, wall = time.process_time(), time.perf_counter()
        for _ in range(20):
            painter.paint(lines)
        rounds.append(((time.process_time() - busy) * 50, (time.perf_counter() - wall) * 50))
    core, passed = np.median(np.array(rounds), axis=0)
    told({"core-ms": round(float(core), 1), "ms": round(float(passed), 1), "rounds": given.rounds}, given.json)


def told(result: dict[str, Any], path: Path | None) -> None:
    """Print a result, and write it."""
    text = json.dumps(result, indent=1)
    print(text)
    if path:
        with replacing(path) as partial:
            partial.write_text(text + "\n")


def main() -> None:
    """The four commands."""
    parser = argparse.ArgumentParser(description="Judge what painters make of drawings.")
    commands = parser.add_subparsers(required=True)
    naming = commands.add_parser("words")
    naming.add_argument("--judge", type=Path, help="another judge than the one that ships")
    naming.add_argument("--artwork", type=Path, default=Path("artwork"))
    naming.add_argument("--each", type=int, default=5, help="drawings of each word")
    naming.set_defaults(run=words)
    filming = commands.add_parser("film")
    filming.add_argument("model", type=Path)
    filming.add_argument("film", type=Path)
    filming.set_defaults(run=film)
    costing = commands.add_parser("cost")
    costing.add_argument("--rounds", type=int, default=15)
    costing.set_defaults(run=cost)
    guessing = commands.add_parser("guess")
    guessing.add_argument("--artwork", type=Path, default=Path("artwork"))
    guessing.add_argument("--each", type=int, default=5, help="drawings of each word")
    guessing.add_argument("--seed", type=int, default=1)
    guessing.set_defaults(run=guess)
    for command in (naming, guessing, costing):
        command.add_argument("--model", default="auto")
    for command in (naming, filming):
        command.add_argument("--sheet", type=Path)
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--compared", type=int, default=COMPARED)
    for command in (naming, filming, guessing, costing):
        command.add_argument("--json", type=Path)
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
