"""What changes of the look leave behind: a dreamer's look is changed over and over, as a show does it, and memory read.

    python -m benchmarks.looks --changes 40

`--pools` leaves the C library as many pools of memory as it likes, for comparison.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import threading

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
    """Print the memory that is held after each five changes, and its median in each quarter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=40)
    parser.add_argument("--pools", action="store_true")
    args = parser.parse_args()
    if not args.pools:
        machine.keep_memory_together()
    runtime.keep(default_cache() / "jax")
    dreamer = AscentDreamer("auto", (320, 180))
    dreamer.prepare()
    programme = Programme((Wish("cat"), Wish("bee")))
    held: list[float] = []
    for number in range(1, args.changes + 1):
        dreamer = changed(dreamer, LOOKS[number % 2])
        for dream in range(4):
            dreamer.dream(programme, number + 0.2 * dream)
        gc.collect()
        machine.give_back_memory()
        held.append(machine.resident_bytes() / 2**20)
        if number % 5 == 0:
            print(f"{number:4} changes: {held[-1]:.0f} MiB", flush=True)
    quarter = max(1, len(held) // 4)
    medians = [statistics.median(held[at : at + quarter]) for at in range(0, len(held), quarter)]
    print("quarters:", ", ".join(f"{median:.0f}" for median in medians), "MiB;", machine.name())


if __name__ == "__main__":
    main()
