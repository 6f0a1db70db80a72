"""What a show's pictures are like, in figures: of words drawn by lot, dreamed and finished as the show does it."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.bench import sharpness
from dreamstream.bench.flicker import flicker
from dreamstream.bench.judge import Judge
from dreamstream.bench.judge import figures as judged_figures
from dreamstream.core.dreamer import DreamerRequest, Effort
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent import factory
from dreamstream.dreamers.finishing import where_dreams_are_made
from dreamstream.video.finish import Finish

SEED = 2015
# Each word is dreamed from noise for so many seconds of show time.
SECONDS = 12.0
LAST = 4  # so many of its dreams tell of flicker
FORM = "grey and blurred"


def words(names: tuple[str, ...], count: int) -> list[str]:
    """The first `count` of the names in an order drawn by lot: always the same, so that figures can be compared."""
    return random.Random(SEED).sample(names, len(names))[:count]


def measure(
    request: DreamerRequest, size: tuple[int, int], count: int, steps: float, interval: float, judge: Judge
) -> dict[str, Any]:
    """Figures of the last pictures of `count` words, ready for JSON: medians and means, and a row for each word.

    size: of the video (width, height). steps, interval: of each dream, as the show had them. Lengths are in pixels of
    the video, changes of 255 (see `Sharpness` and `Flicker`). score: the dreaming network's own. What the judge says is
    told of words that it knows.
    """
    dreamer = factory.open_dreamer(request)
    finish = where_dreams_are_made(Finish(size, dreamer.card.finish))
    chosen = words(tuple(word.name for word in dreamer.card.words), count)
    effort = Effort(interval=interval, cost={"steps": max(1, round(steps))})
    start, rows = dreamer.state(), list[dict[str, Any]]()
    for word in chosen:
        dreamer.restore(start)
        dreams = [
            dreamer.dream(split([word]), number * interval, effort)
            for number in range(max(LAST, round(SECONDS / interval)))
        ][-LAST:]
        shown, canvas = finish(dreams[-1].picture), dreams[-1].picture
        sharp = sharpness.measure(shown, dreamer.things, size[1])
        row: dict[str, Any] = {"word": word, **sharp._asdict(), "score": dreamer.score(canvas, word)}
        row["edge"] = sharp.edge if sharp.edges else None
        row |= {"change": flicker(dreams, finish).change}
        row |= {"change_unfinished": flicker(dreams, lambda picture: enlarged(picture, size[1])).change}
        if word in judge.names:
            row["judge"] = _judged(judge, canvas, word)
        rows.append(row)
    return {**_together(rows), "seed": SEED, "seconds": SECONDS, "steps": round(steps), "words": rows}


def enlarged(picture: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """A picture brought to the video's height and nothing else."""
    size = round(picture.shape[1] * height / picture.shape[0]), height
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    yield f"{'pictures of':<26}" + ", ".join(row["word"] for row in figures["words"])
    edge = "none" if figures["edge"] is None else f"{figures['edge']:.2f} px wide"
    yield f"{'edges':<26}{edge}; fine energy {figures['fine']:.1f} per mille"
    yield f"{'ground':<26}chroma {figures['chroma']:.0f}, coloured blobs {figures['rainbow']:.1f}"
    plain = figures["change_unfinished"]
    yield f"{'from dream to dream':<26}{figures['change']:.2f} of 255 without the camera; unfinished {plain:.2f}"
    yield f"{'the network itself sees':<26}{figures['score']:.2f} of the word"
    if judged := figures.get("judge"):
        yield (
            f"{'a judge sees':<26}{judged['first']} of {judged['asked']} words first, {judged['form']} by form alone; "
            f"{judged['shown']:.2f} where it is sure"
        )


def _judged(judge: Judge, picture: NDArray[np.uint8], word: str) -> dict[str, Any]:
    index = judge.names.index(word)
    judged = judged_figures(judge.canvas(picture), index)
    return {**judged, "form": judged_figures(judge.canvas(picture, look=FORM), index)["rank"]}


def _together(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of all words: the median edge, the means of all else, and what the judge says if there is one."""
    edges = [row["edge"] for row in rows if row["edge"] is not None]
    found: dict[str, Any] = {"edge": statistics.median(edges) if edges else None}
    for name in ("fine", "chroma", "rainbow", "score", "change", "change_unfinished"):
        found[name] = statistics.fmean(row[name] for row in rows)
    judged = [row["judge"] for row in rows if "judge" in row]
    if judged:
        found["judge"] = {
            "asked": len(judged),
            "first": sum(one["rank"] == 1 for one in judged),
            "form": sum(one["form"] == 1 for one in judged),
            **{name: statistics.fmean(one[name] for one in judged) for name in ("mean", "shown", "best")},
        }
    return found
