"""Where the rooms of docs/architecture.svg stand, and where their lines run.

The drawing is Sugiyama's: floors are given; the order within a floor is the one with the fewest crossings found; and
positions are then pulled towards their neighbours as far as the order lets them. The same rooms always stand the same.
Source: Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures" (1981).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

MARGIN, RIGHT = 70, 24
ROOM, GAP, LANE = 168, 26, 12
TRIES, SEED = 300, 2015

# A room's name; or (room, floor), the place where the line to a room passes a floor that is not its own.
Node = str | tuple[str, int]
Edge = tuple[Node, Node]


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
