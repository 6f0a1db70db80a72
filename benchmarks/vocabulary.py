"""How well names are understood: `python -m benchmarks.vocabulary` prints accuracy, false matches and times.

Accuracy on the table of real-life spellings (tests/wishes/spellings.csv), on random typing errors of every name (one or
two letters changed, added, lost or swapped), matches for words that mean no class (tests/wishes/strangers.txt), the
time of a query, and how long `dreamstream classes` takes as a process.
"""

from __future__ import annotations

import csv
import random
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dreamstream.support import machine
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.vocabulary import Vocabulary

TESTS = Path(__file__).parents[1] / "tests" / "wishes"
ROUNDS = 10


def mistype(word: str, chance: random.Random) -> str:
    """One letter changed, added, lost, or swapped with the next."""
    place, letter = chance.randrange(len(word)), chance.choice(string.ascii_lowercase)
    kind = chance.randrange(4)
    if kind == 3 and place + 1 < len(word):
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + ("", letter, letter + word[place], letter)[kind] + word[place + 1 :]


def mistyped(words: Vocabulary, errors: int, rounds: int, seed: int = 7) -> Iterator[tuple[ClassName, str]]:
    """Every class with a misspelling of its name, `rounds` times."""
    chance = random.Random(seed)
    for _ in range(rounds):
        for entry in words:
            text = entry.name
            for _ in range(errors):
                text = mistype(text, chance)
            yield entry, text


def typing_errors(words: Vocabulary, errors: int, rounds: int = ROUNDS) -> tuple[float, float]:
    """The shares of mistyped names that are understood and that are taken for another class."""
    found = [(entry, words.match(text)) for entry, text in mistyped(words, errors, rounds)]
    right = sum(entry is other for entry, other in found)
    return right / len(found), sum(other is not None for _, other in found) / len(found) - right / len(found)


def offered(words: Vocabulary, errors: int, rounds: int = 1) -> float:
    """The share of mistyped names that are understood, or among the three names in the answer."""
    pairs = list(mistyped(words, errors, rounds))
    answers = [([found] if (found := words.match(text)) else words.suggest(text)) for _, text in pairs]
    return sum(entry in answer for (entry, _), answer in zip(pairs, answers, strict=True)) / len(pairs)


def microseconds(call: Callable[[str], object], texts: Iterable[str]) -> tuple[float, float]:
    """The mean and the longest time of a call over `texts`; of each text the best of three."""
    best: list[float] = []
    for text in texts:
        times = []
        for _ in range(3):
            began = time.perf_counter()
            call(text)
            times.append(time.perf_counter() - began)
        best.append(1e6 * min(times))
    return sum(best) / len(best), max(best)


def _named(found: ClassName | None) -> str:
    return found.name if found else ""


def main() -> None:
    """Print everything."""
    print(f"{machine.cores()} cores, Python {sys.version.split()[0]}")
    table = list(csv.DictReader((TESTS / "spellings.csv").open(encoding="utf-8")))
    strangers = (TESTS / "strangers.txt").read_text(encoding="utf-8").split("\n")
    for kind, words in (("builtin", Vocabulary.builtin()), ("imagenet", Vocabulary.imagenet())):
        rows = [row for row in table if row[kind] != "*"]
        good = sum(_named(words.match(row["text"])) == row[kind] for row in rows)
        print(f"{kind}: {len(words)} classes; {good} of {len(rows)} spellings of the table")
        for errors in (1, 2):
            right, wrong = typing_errors(words, errors)
            print(
                f"  {errors} typing error(s): {right:.1%} understood, {wrong:.2%} taken for another, rest asked back;"
            )
            print(f"    {offered(words, errors):.1%} understood or among the names offered")
        false = [text for text in strangers if text and words.match(text)]
        print(f"  {len(false)} of {len(strangers)} words that mean no class are taken for one {false[:5]}")
        texts = [row["text"] for row in table] + strangers
        for name in ("match", "suggest", "search", "complete"):
            mean, most = microseconds(getattr(words, name), texts)
            print(f"  {name}: mean {mean:.0f} us, longest {most:.0f} us")
    times = []
    for _ in range(5):
        began = time.perf_counter()
        command = [sys.executable, "-m", "dreamstream", "classes", "frog"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        times.append(time.perf_counter() - began)
    print(f"dreamstream classes frog: best {min(times):.2f} s, worst {max(times):.2f} s of 5")


if __name__ == "__main__":
    main()
