"""Draws docs/architecture.svg: the rooms of the package on their floors, and who imports whom, from the code itself.

Rooms and arrows are read from the imports, floors from the import-linter contract in pyproject.toml, and what a room is
for from the first line of its `__init__.py`. The same code always gives the same bytes, so CI can compare them.

An arrow that a longer way already implies is left out (the transitive reduction), and arrows to the same room that
pass a floor together share a line. The drawing is Sugiyama's: floors are given; the order within a floor is the one
with the fewest crossings found; positions are then pulled towards their neighbours as far as the order lets them.
Source: Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures" (1981).
"""

from __future__ import annotations

import argparse
import ast
import random
import sys
import textwrap
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
PACKAGE = "dreamstream"

NARROWEST, MARGIN, RIGHT, TOP = 1180, 70, 24, 84
ROOM, HEIGHT, PITCH, GAP, LANE = 168, 64, 116, 26, 12
TRIES, SEED = 300, 2015
# From the attic's violet to the cellar's rose; neighbours differ enough to follow a line by its colour.
HUES = (268, 235, 205, 178, 145, 92, 46, 22, 345)

# A room's name; or (room, floor), the place where the line to a room passes a floor that is not its own.
Node = str | tuple[str, int]
Edge = tuple[Node, Node]


def read_floors(pyproject: str) -> list[list[str]]:
    """The rooms of each floor, highest first, as the contract in pyproject.toml has them."""
    contracts = tomllib.loads(pyproject)["tool"]["importlinter"]["contracts"]
    layers: list[str] = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[name.strip().rpartition(".")[2] for name in layer.split("|")] for layer in layers]


def read_imports(package: str = PACKAGE) -> set[tuple[str, str]]:
    """Which room imports which, as (importer, imported); the package's own `__init__` and `__main__` are no rooms."""
    graph = grimp.build_graph(package, cache_dir=None)
    arrows: set[tuple[str, str]] = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            ends = [name.split(".")[1] for name in (module, imported) if "." in name and "__main__" not in name]
            if len(set(ends)) == 2:
                arrows.add((ends[0], ends[1]))
    return arrows


def read_purposes(rooms: Iterable[str], package: Path = ROOT / PACKAGE) -> dict[str, str]:
    """The first line of each room's docstring. Raises ValueError for a room that does not say what it is for."""
    purposes = {}
    for room in rooms:
        docstring = ast.get_docstring(ast.parse((package / room / "__init__.py").read_text(encoding="utf-8")))
        if not docstring:
            raise ValueError(f"{PACKAGE}/{room}/__init__.py does not say what the room is for; give it a docstring.")
        purposes[room] = docstring.splitlines()[0]
    return purposes


def reduced(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows that no other way along arrows implies. Raises ValueError where arrows form a circle."""
    below: dict[str, set[str]] = defaultdict(set)
    for start, end in arrows:
        below[start].add(end)

    def reach(start: str, path: tuple[str, ...]) -> set[str]:
        if start in path:
            raise ValueError(f"These rooms import each other in a circle: {' -> '.join((*path, start))}.")
        return {start}.union(*(reach(end, (*path, start)) for end in below[start]))

    reached = {room: reach(room, ()) for room in list(below)}
    return {
        (start, end)
        for start, end in arrows
        if not any(end in reached.get(other, {other}) for other in below[start] - {end})
    }


def with_lanes(arrows: Iterable[tuple[str, str]], floor_of: Mapping[str, int]) -> set[Edge]:
    """The arrows cut at every floor that they pass, so that each piece goes one floor down.

    Raises ValueError when an arrow does not go down.
    """
    edges: set[Edge] = set()
    for start, end in arrows:
        if floor_of[start] >= floor_of[end]:
            raise ValueError(f"{start} imports {end}, which is not below it.")
        way: list[Node] = [start, *((end, floor) for floor in range(floor_of[start] + 1, floor_of[end])), end]
        edges.update(pairwise(way))
    return edges


def crossings(rows: Sequence[Sequence[Node]], edges: Iterable[Edge]) -> int:
    """How many pairs of edges cross, when each row stands in this order."""
    place = {node: index for row in rows for index, node in enumerate(row)}
    floor = {node: index for index, row in enumerate(rows) for node in row}
    by_floor: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for start, end in edges:
        by_floor[floor[start]].append((place[start], place[end]))
    return sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0
        for spans in by_floor.values()
        for index, a in enumerate(spans)
        for b in spans[index + 1 :]
    )


def arranged(
    rows: Sequence[Sequence[Node]], edges: set[Edge], width: float
) -> tuple[list[list[Node]], dict[Node, float]]:
    """The rows in the best order found, and where the middle of each node is, in pixels from the left."""
    rng, near = random.Random(SEED), neighbours(edges)
    best: tuple[float, list[list[Node]], dict[Node, float]] | None = None
    for attempt in range(TRIES):
        tried = [list(row) for row in rows]
        if attempt:
            for row in tried:
                rng.shuffle(row)
        for sweep in range(6):
            for row in tried if sweep % 2 else reversed(tried):
                place = {node: index / max(len(other) - 1, 1) for other in tried for index, node in enumerate(other)}
                row.sort(key=lambda node: sum(place[one] for one in near[node]) / max(len(near[node]), 1))
        middles = positions(tried, near, width)
        length = sum(abs(middles[start] - middles[end]) for start, end in edges)
        cost = crossings(tried, edges) * 120 + length
        if best is None or cost < best[0]:
            best = cost, tried, middles
    assert best is not None
    _, rows, middles = best
    left = min(middle - half(node) for node, middle in middles.items())
    right = max(middle + half(node) for node, middle in middles.items())
    shift = (MARGIN + width - RIGHT - left - right) / 2
    return [list(row) for row in rows], {node: middle + shift for node, middle in middles.items()}


def neighbours(edges: Iterable[Edge]) -> dict[Node, list[Node]]:
    """What each node is tied to, above and below."""
    near: dict[Node, list[Node]] = defaultdict(list)
    for start, end in sorted(edges, key=str):
        near[start].append(end)
        near[end].append(start)
    return near


def positions(rows: Sequence[Sequence[Node]], near: Mapping[Node, Sequence[Node]], width: float) -> dict[Node, float]:
    """Each node's middle: as near to those it is tied to as order and room let it."""
    middles: dict[Node, float] = {}
    for row in rows:
        offsets = spaced(row)
        middles.update((node, width / 2 + offset - offsets[-1] / 2) for node, offset in zip(row, offsets, strict=True))
    for sweep in range(10):
        for row in rows if sweep % 2 else reversed(rows):
            offsets = spaced(row)
            wanted = [sum(middles[one] for one in near[node]) / len(near[node]) if near[node] else 0 for node in row]
            starts = rising([want - offset for want, offset in zip(wanted, offsets, strict=True)])
            edge = MARGIN + half(row[0])
            last = width - RIGHT - half(row[-1]) - offsets[-1]
            middles.update(
                (node, min(max(start, edge), last) + offset)
                for node, start, offset in zip(row, starts, offsets, strict=True)
            )
    return middles


def half(node: Node) -> float:
    """Half of a node's width: a room, or a lane for one line."""
    return (ROOM if isinstance(node, str) else LANE) / 2


def spaced(row: Sequence[Node]) -> list[float]:
    """How far each node of a row is from the first, when they stand as close as they may."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + half(left) + GAP + half(right))
    return offsets


def rising(values: Sequence[float]) -> list[float]:
    """The nearest values, in squares, that never fall (pool adjacent violators)."""
    pools: list[tuple[float, int]] = []
    for value in values:
        pools.append((value, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (left, many), (right, few) = pools[-2:]
            pools[-2:] = [((left * many + right * few) / (many + few), many + few)]
    return [value for value, count in pools for _ in range(count)]


def draw(floors: Sequence[Sequence[str]], arrows: set[tuple[str, str]], purposes: Mapping[str, str]) -> str:
    """The picture as SVG. Raises ValueError when an arrow does not go down."""
    floor_of = {room: index for index, floor in enumerate(floors) for room in floor}
    if strangers := {room for arrow in arrows for room in arrow} - floor_of.keys():
        raise ValueError(f"These rooms have no floor in pyproject.toml: {', '.join(sorted(strangers))}.")
    edges = with_lanes(reduced(arrows), floor_of)
    rows: list[list[Node]] = [list(floor) for floor in floors]
    for lane in sorted({node for edge in edges for node in edge if isinstance(node, tuple)}):
        rows[lane[1]].append(lane)
    width = round(max(NARROWEST, *(MARGIN + half(row[0]) + spaced(row)[-1] + half(row[-1]) + RIGHT for row in rows)))
    rows, middles = arranged(rows, edges, width)
    level = {node: index for index, row in enumerate(rows) for node in row}

    hues = [HUES[index % len(HUES)] for index in range(len(floors))]
    top = [TOP + PITCH * index for index in range(len(floors))]
    height = top[-1] + HEIGHT + 34
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="title" font-family="Inter, \'Segoe UI\', Helvetica, Arial, sans-serif">',
        '<title id="title">The rooms of dreamstream, floor by floor, and which imports which</title>',
        f'<rect width="{width}" height="{height}" rx="18" fill="#fdfcfa"/>',
        f'<text x="{MARGIN}" y="40" font-size="20" font-weight="600" fill="#2b2637">The house</text>',
        f'<text x="{MARGIN}" y="61" font-size="12.5" fill="#6d667c">An arrow means “imports”, and only runs downwards. '
        "One that a longer way already implies is left out.</text>",
    ]
    for index, y in enumerate(top):
        out.append(
            f'<rect x="14" y="{y - 9}" width="{width - 28}" height="{HEIGHT + 18}" rx="14" '
            f'fill="hsl({hues[index]},60%,97%)"/>'
            f'<text x="38" y="{y + HEIGHT / 2 + 6:g}" font-size="17" font-weight="600" text-anchor="middle" '
            f'fill="hsl({hues[index]},35%,68%)">{len(floors) - index}</text>'
        )
    out += lines(edges, middles, level, top, hues)
    imports: dict[str, set[str]] = defaultdict(set)
    for start, end in arrows:
        imports[start].add(end)
    for room, index in floor_of.items():
        out += box(room, purposes[room], sorted(imports[room]), middles[room], top[index], hues[index])
    return "\n".join([*out, "</svg>", ""])


def lines(
    edges: set[Edge], middles: Mapping[Node, float], level: Mapping[Node, int], top: Sequence[int], hues: Sequence[int]
) -> list[str]:
    """The arrows, each in the colour of the floor that it ends on."""
    leaving, coming = ports(edges, middles, leaving=True), ports(edges, middles, leaving=False)
    out = []
    for edge in sorted(edges, key=str):
        start, end = edge
        target = end if isinstance(end, str) else end[0]
        colour = f"hsl({hues[level[target]]},42%,56%)"
        x1, x2 = leaving[edge], coming[edge]
        y1, y2 = top[level[start]] + HEIGHT, top[level[end]]
        head = ""
        if isinstance(end, str):
            head = f'<path d="M{x2 - 4:.1f} {y2 - 8} L{x2 + 4:.1f} {y2 - 8} L{x2:.1f} {y2 - 1} Z" fill="{colour}"/>'
            y2 -= 7
            tail = ""
        else:
            tail = f" L{x2:.1f} {y2 + HEIGHT}"
        bend = (y2 - y1) * 0.55
        out.append(
            f'<path d="M{x1:.1f} {y1} C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2}{tail}" '
            f'fill="none" stroke="{colour}" stroke-width="1.6"/>{head}'
        )
    return out


def ports(edges: set[Edge], middles: Mapping[Node, float], *, leaving: bool) -> dict[Edge, float]:
    """Where each edge touches a room's lower (leaving) or upper side: side by side in the order of where they lead."""
    mine, other = (0, 1) if leaving else (1, 0)
    groups: dict[Node, list[Edge]] = defaultdict(list)
    for edge in edges:
        groups[edge[mine]].append(edge)
    places = {}
    for node, group in groups.items():
        group.sort(key=lambda edge: (middles[edge[other]], str(edge)))
        step = 0 if isinstance(node, tuple) else min(22, (ROOM - 50) / max(len(group) - 1, 1))
        for index, edge in enumerate(group):
            places[edge] = middles[node] + step * (index - (len(group) - 1) / 2)
    return places


def box(room: str, purpose: str, imports: Sequence[str], middle: float, y: int, hue: int) -> list[str]:
    """One room: its name, what it is for, and all that it imports for whoever rests the pointer on it."""
    words = textwrap.wrap(purpose, 26)
    # The narrowest lines that are no more of them, so that none has a single word.
    words = next(lines for width in range(12, 27) if len(lines := textwrap.wrap(purpose, width)) <= len(words))
    tip = f"{room} imports {', '.join(imports) or 'no other room'}"
    out = [
        f"<g><title>{escape(tip)}</title>"
        f'<rect x="{middle - ROOM / 2:.1f}" y="{y}" width="{ROOM}" height="{HEIGHT}" rx="10" fill="#fff" '
        f'stroke="hsl({hue},45%,62%)" stroke-width="1.4"/>'
        f'<text x="{middle:.1f}" y="{y + 22}" font-size="15" font-weight="600" text-anchor="middle" '
        f'fill="hsl({hue},40%,30%)">{room}/</text>'
    ]
    first = y + 39 if len(words) > 1 else y + 44
    out += [
        f'<text x="{middle:.1f}" y="{first + 14 * index}" font-size="11" text-anchor="middle" fill="#5d576b">'
        f"{escape(line)}</text>"
        for index, line in enumerate(words)
    ]
    return [*out, "</g>"]


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the picture, or with --check only say whether it is current; the exit code."""
    parser = argparse.ArgumentParser(description="Draw docs/architecture.svg from the code's imports.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the picture is out of date")
    args = parser.parse_args(argv)
    try:
        floors = read_floors((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        picture = draw(floors, read_imports(), read_purposes(room for floor in floors for room in floor))
    except ValueError as error:
        print(error)
        return 1
    current = PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture
    if args.check:
        if not current:
            print("docs/architecture.svg does not show today's imports; run `scripts/architecture`.")
        return 0 if current else 1
    if not current:
        PICTURE.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
