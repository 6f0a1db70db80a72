"""What changes of the look leave behind: a dreamer's look is changed over and over, as a show does it, and memory read.

    python -m benchmarks.looks --changes 40

`--all` goes through all looks, one after the other. `--pools` leaves the C library as many pools of memory as it likes,
for comparison.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import threading

from dreamstream.core.arguments import parse_size
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.ascent.dreamer import AscentDreamer
from dreamstream.networks import runtime
from dreamstream.support import machine
from dreamstream.support.resources import default_cache

LOOKS = ("gouache", "night")


def changed(dreamer: AscentDreamer, look: str) -> AscentDreamer:
    """The dreamer with another look, made in a thread of its own."""
    made: list[AscentDreamer] = []

    def make() -> None:
        made.append(dreamer.with_preset(look))
        made[0].prepare()

    maker = threading.Thread(target=make)
    maker.start()
    maker.join()
    machine.give_back_memory()
    return made[0]


def main() -> None:
    """Print the memory that is held after each five changes, or each round of looks, and its median in each quarter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=40)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--pools", action="store_true")
    args = parser.parse_args()
    if not args.pools:
        machine.keep_memory_together()
    runtime.keep(default_cache() / "jax")
    dreamer = AscentDreamer("auto", parse_size(args.size))
    dreamer.prepare()
    programme = Programme((Wish("cat"), Wish("bee")))
    looks = dreamer.card.presets if args.all else LOOKS
    every = len(looks) if args.all else 5
    held: list[float] = []
    for number in range(1, args.changes + 1):
        dreamer = changed(dreamer, looks[number % len(looks)])
        for dream in range(4):
            dreamer.dream(programme, number + 0.2 * dream)
        gc.collect()
        machine.give_back_memory()
        held.append(machine.resident_bytes() / 2**20)
        if number % every == 0:
            mean = statistics.mean(held[-every:])
            print(f"{number:4} changes: {held[-1]:.0f} MiB, {mean:.0f} on the average of the last {every}", flush=True)
    quarter = max(1, len(held) // 4)
    medians = [statistics.median(held[at : at + quarter]) for at in range(0, len(held), quarter)]
    print("quarters:", ", ".join(f"{median:.0f}" for median in medians), "MiB;", machine.name())


if __name__ == "__main__":
    main()
