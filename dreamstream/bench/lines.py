"""Lines over time as an SVG file: one row for each figure, marks where something happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

WIDTH, HEIGHT, MARGIN, RIGHT = 720, 110, 46, 10  # of a row, in pixels
_STYLE = "font-family='sans-serif' font-size='12' fill='#666'"


def svg(
    at: Sequence[float], rows: Mapping[str, Sequence[float]], label: str, marks: Sequence[tuple[float, str]] = ()
) -> str:
    """A drawing of figures by name over `at` (any unit, from 0 on), each row from 0 to a little above its greatest.

    marks: a line through all rows at a time, with what it stands for as its tooltip.
    """
    times = np.asarray(at, float)
    last = max(float(times[-1]), 1e-9)

    def place(x: float) -> float:
        return MARGIN + (WIDTH - MARGIN - RIGHT) * x / last

    height = len(rows) * HEIGHT
    shapes = [
        f'<path d="M{place(x):.1f} 18V{height - 16}" stroke="#d08030" stroke-opacity=".4"><title>{what}</title></path>'
        for x, what in marks
        if 0 <= x <= last
    ]
    for row, (name, given) in enumerate(rows.items()):
        values, top = np.asarray(given, float), row * HEIGHT
        high = max(0.01, float(values.max()) * 1.1)
        y = top + HEIGHT - 16 - (HEIGHT - 34) * values / high
        points = " ".join(f"{place(a):.1f},{b:.1f}" for a, b in zip(times, y, strict=True))
        shapes += [
            f'<text x="4" y="{top + 14}">{name}, 0 to {high:.4g}</text>',
            f'<path fill="none" d="M{MARGIN} {top + 18}V{top + HEIGHT - 16}H{WIDTH - RIGHT}" stroke="#888"/>',
            f'<polyline fill="none" points="{points}" stroke="#2a6fb0"/>',
        ]
    shapes.append(f'<text x="{WIDTH - RIGHT}" y="{height + 12}" text-anchor="end">{label}</text>')
    body = "".join(shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 20}" {_STYLE}>{body}</svg>\n'
