"""Draws docs/architecture.svg: the rooms of the package on their floors, and who imports whom, from the code itself.

Rooms and arrows are read from the imports, floors from the import-linter contract in pyproject.toml, and what a room is
for from the first line of its `__init__.py`. The same code always gives the same bytes, so CI can compare them.

An arrow that a longer way already implies is left out (the transitive reduction), and arrows to the same room that
pass a floor together share a line. Where everything stands is found by `floor_plan.py`.
"""

from __future__ import annotations

import argparse
import ast
import sys
import textwrap
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

import grimp

from scripts.floor_plan import MARGIN, RIGHT, ROOM, Edge, Node, arranged, half, ports, spaced, with_lanes

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
PACKAGE = "dreamstream"

NARROWEST, TOP = 1180, 84
HEIGHT, PITCH = 64, 116
# From the attic's violet to the cellar's rose; neighbours differ enough to follow a line by its colour.
HUES = (268, 235, 205, 178, 145, 92, 46, 22, 345)


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
