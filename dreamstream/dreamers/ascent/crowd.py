"""Of how many things dreams are made: a look's own number, or a share of it, which are then larger and cost less.

Each share has compiled programs of its own. Where a show waits for dreams they are compiled in a thread beside it:

    asked       its programs are being compiled; the share before it goes on, also when others are asked for
    ready       it is what dreams are made of while it is asked for
    impossible  it could not be compiled; the share before it goes on for good
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from dreamstream.dreamers.ascent.ascent import Ascent
from dreamstream.dreamers.ascent.presets import Preset

log = logging.getLogger(__name__)

# Sides in picture heights that no share goes beyond: of what is born, and before it is released.
LARGEST_BORN, LARGEST = 0.7, 0.95


@dataclass(frozen=True)
class Crowd:
    """The things of dreams: their share of the look's own number, the look with so many, and its programs."""

    share: float
    preset: Preset
    ascent: Ascent


class Crowds:
    """The usual crowd of a look, and those of other shares as they are asked for, from one thread.

    make: a look's crowd of a share, not compiled. compile: compiles its programs; called in a thread of its own, too.
    """

    def __init__(self, usual: Crowd, make: Callable[[float], Crowd], compile: Callable[[Crowd], None]) -> None:
        self._ready = {usual.share: usual}
        self._last = usual
        self._make, self._compile = make, compile
        self._maker: threading.Thread | None = None
        self._impossible: set[float] = set()

    def get(self, share: float, waits: bool) -> Crowd:
        """The crowd of a share; waits: whether somebody does, who gets the last one until this one is compiled."""
        if share not in self._ready and not waits:
            self._ready[share] = self._make(share)
        elif share not in self._ready | dict.fromkeys(self._impossible):
            self._begin(share)
        self._last = self._ready.get(share, self._last)
        return self._last

    def _begin(self, share: float) -> None:
        if self._maker is None or not self._maker.is_alive():
            # Daemon: compiling cannot be interrupted, and must not keep the process from ending.
            self._maker = threading.Thread(target=self._prepare, args=(share,), name="crowd", daemon=True)
            self._maker.start()

    def _prepare(self, share: float) -> None:
        try:
            crowd = self._make(share)
            self._compile(crowd)
            self._ready[share] = crowd
        except Exception as error:
            self._impossible.add(share)
            log.error("Fewer things cannot be dreamed (%s: %s); as many go on.", type(error).__name__, error)


def fewer(preset: Preset, share: float) -> Preset:
    """A look with a share, above 0 to 1, of its things, so much larger that they cover as much; 1 is the look itself.

    A step looks at the same share of them, so it costs that share. A look that sees things all over the canvas sees the
    canvas that much smaller.
    """
    if share == 1:
        return preset
    rules, mixture = preset.habits, preset.mixture
    larger = 1 / math.sqrt(share)
    low, high = (min(larger * side, LARGEST_BORN) for side in rules.born)
    largest = max(rules.largest, min(larger * rules.largest, LARGEST))
    return replace(
        preset,
        habits=replace(rules, count=_of(share, rules.count), born=(min(low, 0.75 * high), high), largest=largest),
        mixture=replace(
            mixture,
            windows=_of(share, mixture.windows),
            pools=_coarser(mixture.pools, larger),
            feature_pools=_coarser(mixture.feature_pools, larger),
        ),
    )


def _coarser(pools: tuple[int, ...], larger: float) -> tuple[int, ...]:
    return tuple(sorted({math.ceil(larger * pool) for pool in pools}))


def _of(share: float, count: int) -> int:
    return max(1, round(share * count))
