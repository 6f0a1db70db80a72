"""How crisp the finish makes dreams of canvases of several sizes, how much it adds to their change, and what it costs.

    python -m benchmarks.finish [--words 4] [--dreams 36] [--preset gouache]

Words are drawn by lot, as `dreamstream bench show` draws them; each is dreamed from noise on every canvas.
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial

import numpy as np

from dreamstream.bench import sharpness
from dreamstream.bench.flicker import flicker
from dreamstream.bench.picture import LAST, enlarged, words
from dreamstream.core.dreamer import DreamerRequest, Effort
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent import factory
from dreamstream.networks import runtime
from dreamstream.video.finish import MOST_SCALE, Finish

CANVASES = (426, 240), (640, 360), (1280, 720)
VIDEOS = (1280, 720), (1920, 1080)
INTERVAL, STEPS = 0.3, 4  # seconds, steps of a dream


def main() -> None:
    """Print a line for each canvas and video."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=4)
    parser.add_argument("--dreams", type=int, default=36)
    parser.add_argument("--preset", default="gouache")
    args = parser.parse_args()
    runtime.begin()
    effort = Effort(interval=INTERVAL, cost={"steps": STEPS})
    print(
        f"{'canvas':<10}{'video':<11}edge: enlarged, finished  fine  change: enlarged, finished  crawl  ms of one core"
    )
    for size in CANVASES:
        dreamer = factory.open_dreamer(DreamerRequest("builtin", size, seed=1, preset=args.preset))
        start, made = dreamer.state(), []
        for word in words(tuple(item.name for item in dreamer.card.words), args.words):
            dreamer.restore(start)
            dreams = [dreamer.dream(split([word]), number * INTERVAL, effort) for number in range(args.dreams)]
            made.append(dreams[-LAST:])
        for video in VIDEOS:
            if video[1] > MOST_SCALE * size[1]:
                continue
            finish, plain = Finish(video), partial(enlarged, height=video[1])
            rows = []
            for dreams in made:
                begun = time.thread_time()
                finished = finish(dreams[-1].picture)
                taken = time.thread_time() - begun
                edges = [sharpness.measure(shown, (), video[1]) for shown in (plain(dreams[-1].picture), finished)]
                both = flicker(dreams, plain), flicker(dreams, finish)
                rows.append((edges[0].edge, edges[1].edge, edges[1].fine, both[0].change, *both[1], 1000 * taken))
            wide, narrow, *means = zip(*rows, strict=True)
            told = [float(np.nanmedian(wide)), float(np.nanmedian(narrow)), *map(statistics.fmean, means)]
            name = "{}x{}".format(*size), "{}x{}".format(*video)
            print("{:<10}{:<11}".format(*name) + "  ".join(f"{value:.2f}" for value in told), flush=True)


if __name__ == "__main__":
    main()
