"""Trainings of one subject side by side: KID over the work of one core, as an SVG file.

    python -m benchmarks.learn_curves curves.svg ancestor=a.run scratch=s.run

reads what `dreamstream learn` has judged (`log.jsonl` of its run's folder), in the phase by heart and against a
discriminator. KID is drawn by its logarithm: what matters is by how many times one is ahead.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 320, 46, 110, 14, 34
COLOURS = ("#2a6fb0", "#d08030", "#3a9a5a", "#a04a9a")


@dataclass(frozen=True)
class Judged:
    """A judgement. minutes: of one core, from the beginning. kid: as `learn` says it. by_heart: which phase it was."""

    minutes: float
    kid: float
    by_heart: bool


def judged(log: str) -> list[Judged]:
    """What a log says, in order; lines without figures, or of a training that did not count its work, are not told."""
    lines = [json.loads(line) for line in log.splitlines()]
    return [
        Judged(line["core-seconds"] / 60, line["kid"], line.get("phase") == "by heart")
        for line in lines
        if "kid" in line and "core-seconds" in line
    ]


def svg(curves: Mapping[str, Sequence[Judged]]) -> str:
    """One line for each training; open circles by heart, full ones against a discriminator."""
    every = [each for curve in curves.values() for each in curve]
    last = max(each.minutes for each in every)
    low = floor(log10(max(0.1, min(each.kid for each in every))) * 2) / 2
    high = max(low + 0.5, ceil(log10(max(0.1, *(each.kid for each in every))) * 2) / 2)

    def x(minutes: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * minutes / last

    def y(kid: float) -> float:
        share = (log10(max(kid, 10**low)) - low) / (high - low)
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)

    shapes = [f'<path fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" stroke="#888"/>']
    for tick in (each * 10**power for power in range(-1, 4) for each in (1, 3)):
        if 10**low <= tick * 1.001 and tick <= 10**high * 1.001:
            shapes.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#888" stroke-opacity=".25"/>')
            shapes.append(f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    step = next(each for each in (1, 2, 5, 10, 20, 50, 100, 10**9) if last / each <= 10)
    for tick in range(0, int(last) + 1, step):
        shapes.append(f'<text x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{tick}</text>')
    for colour, (name, curve) in zip(COLOURS, curves.items(), strict=False):
        points = " ".join(f"{x(each.minutes):.1f},{y(each.kid):.1f}" for each in curve)
        shapes.append(f'<polyline fill="none" points="{points}" stroke="{colour}" stroke-width="2"/>')
        for each in curve:
            inside = "#fff" if each.by_heart else colour
            at = f'cx="{x(each.minutes):.1f}" cy="{y(each.kid):.1f}"'
            told = f"<title>KID {each.kid:.1f} after {each.minutes:.1f} core-minutes</title>"
            shapes.append(f'<circle {at} r="3.5" fill="{inside}" stroke="{colour}">{told}</circle>')
        end = curve[-1]
        shapes.append(
            f'<text x="{x(end.minutes) + 8:.1f}" y="{y(end.kid) + 4:.1f}" fill="{colour}">{escape(name)}</text>'
        )
    shapes.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 3}" text-anchor="end">minutes of one core</text>')
    shapes.append(f'<text x="{LEFT + 6}" y="{TOP + 4}">KID</text>')
    style = "font-family='sans-serif' font-size='12' fill='#666'"
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{"".join(shapes)}</svg>\n'


def main() -> None:
    """Draw the runs that are given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("output", type=Path, metavar="FILE.svg")
    parser.add_argument("runs", nargs="+", metavar="NAME=RUN", help="a name and a run's folder")
    given = parser.parse_args()
    curves = {}
    for each in given.runs:
        name, _, folder = each.partition("=")
        curves[name] = judged((Path(folder) / "log.jsonl").read_text("utf-8"))
        if not curves[name]:
            parser.error(f"{folder} has no figures with core-seconds")
    if len(curves) > len(COLOURS):
        parser.error(f"at most {len(COLOURS)} runs")
    given.output.write_text(svg(curves), "utf-8")
    for name, curve in curves.items():
        print(f"{name}: KID {curve[-1].kid:.1f} after {curve[-1].minutes:.1f} core-minutes")


if __name__ == "__main__":
    main()
