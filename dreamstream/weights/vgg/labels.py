"""The names of a network's classes, in the order of its outputs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache

from dreamstream.support.resources import models_folder


@cache
def _imagenet() -> tuple[tuple[str, frozenset[str]], ...]:
    """Name, and all words in small letters, of each class."""
    with (models_folder() / "imagenet" / "classes.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["name"], row["name"], *row["aliases"].split(";")) for row in csv.DictReader(file)]
    return tuple((name, frozenset(word.strip().casefold() for word in words)) for name, *words in rows)


def class_names(count: int, words: Sequence[str] = ()) -> tuple[str, ...]:
    """Names for `count` outputs: ImageNet's for 1000, else what the file says, else numbers.

    ImageNet's are in the order that torchvision, timm, Keras, MatConvNet and Lasagne share. words: the file's own, each
    "name, other name, ..."; they count where they show that the order is another.
    """
    known = _imagenet()
    if count == len(known) and (len(words) != count or _agree(words)):
        return tuple(name for name, _ in known)
    if len(words) == count:
        first = [word.partition(",")[0].strip()[:80] for word in words]
        if all(first) and len(set(first)) == count:
            return tuple(first)
    # A network without a head has no classes at all.
    return tuple(f"class {number}" for number in range(count))


def _agree(words: Sequence[str]) -> bool:
    """Whether a file's words are those of ImageNet's classes in their usual order; spellings differ here and there."""
    synonyms = ({word.strip().casefold() for word in line.split(",")} for line in words)
    same = sum(bool(line & known) for line, (_, known) in zip(synonyms, _imagenet(), strict=True))
    return same > 0.8 * len(words)
