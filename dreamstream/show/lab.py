"""Pictures of a subject's points for the laboratory, made by the show's own generator within a share of the time.

States of a picture, by its point:

    unknown  never asked for, or forgotten   -> waiting when asked for; refused while MOST_WAITING wait
    waiting  for its turn, one at a time     -> kept; unknown when it failed
    kept     one of the last MOST_KEPT seen  -> unknown when others took its place
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path

import cv2

from dreamstream.core import points
from dreamstream.core.card import Card
from dreamstream.core.dreamer import Still
from dreamstream.core.errors import UserError
from dreamstream.core.points import LETTERS
from dreamstream.core.programme import Wish

log = logging.getLogger(__name__)

MOST_WAITING, MOST_KEPT = 128, 1024
LONGEST_TEXT = 80
# The share of one core's time that pictures may take, and how many are made in a second at most.
SHARE, PER_SECOND = 0.1, 8.0
PATIENCE = 20.0  # seconds for which a picture is waited for
QUALITY = 92  # of the JPEG
NO_NAMES: Mapping[str, str] = {}


class Lab:
    """Meets the web's LabView; belongs to one event loop. `close` ends what is being made.

    dreamer: the one at work, which may be no Still; None while there is none. card: of the dreamer that the show has.
    hash_of: the SHA-256 of its file. named: what the named points are. sleep, clock: for tests.
    """

    def __init__(
        self,
        dreamer: Callable[[], object],
        card: Card,
        hash_of: Callable[[], str],
        named: Mapping[str, str] = NO_NAMES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dreamer, self._card, self._hash_of, self._sleep, self._clock = dreamer, card, hash_of, sleep, clock
        self._named = named
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._waiting: dict[str, asyncio.Task[bytes | None]] = {}
        self._turn = asyncio.Lock()
        self._free_at = 0.0

    @property
    def able(self) -> bool:
        """Whether the dreamer takes wishes for places between points."""
        return "at" in self._card.kinds

    @property
    def subject(self) -> str:
        """The name of what it shows."""
        return self._card.lettered if self.able else ""

    @cached_property
    def version(self) -> str:
        """The beginning of its file's hash."""
        return self._hash_of()[:12] if self.able else ""

    @property
    def named(self) -> list[str]:
        """The names that the audience gave to points, those that were wished last first."""
        return list(self._named)[::-1] if self.able else []

    @property
    def film(self) -> Path | None:
        """The film of its training, where one lies in the folder beside its file."""
        path = Path(self._card.subject or self._card.model).with_suffix(".run") / "film.mp4" if self.able else None
        return path if path is not None and path.is_file() else None

    def lasts(self, text: str) -> bool:
        """Whether a text means the same point for ever, since it holds no name."""
        try:
            return not wish_of(text, self._named).points
        except UserError:
            return False

    async def picture(self, text: str) -> bytes | None:
        """A JPEG of a point; None when too many wait already, or the dreamer is not ready.

        Raises UserError for what is no certain point.
        """
        wish = wish_of(text, self._named)
        key = key_of(wish)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        task = self._waiting.get(key)
        if task is None:
            if len(self._waiting) >= MOST_WAITING:
                return None
            task = asyncio.create_task(self._make(key, wish), name=f"picture of {key}")
            self._waiting[key] = task
            task.add_done_callback(lambda ended: self._forget(key, ended))
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        return task.result() if done and not task.cancelled() else None

    def _forget(self, key: str, ended: asyncio.Task[bytes | None]) -> None:
        del self._waiting[key]
        if not ended.cancelled() and (error := ended.exception()) is not None:  # those who still wait hear of it too
            log.warning("A picture of a point failed: %s.", error)

    def close(self) -> None:
        """Make no more."""
        for task in list(self._waiting.values()):
            task.cancel()

    async def _make(self, key: str, wish: Wish) -> bytes | None:
        async with self._turn:
            if (rest := self._free_at - self._clock()) > 0:
                await self._sleep(rest)
            dreamer = self._dreamer()
            if not isinstance(dreamer, Still):
                return None
            began = self._clock()
            made = await asyncio.to_thread(_jpeg, dreamer, wish)
            took = self._clock() - began
            self._free_at = began + max(took / SHARE, 1 / PER_SECOND)
        self._kept[key] = made
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return made


def wish_of(text: str, named: Mapping[str, str] = NO_NAMES) -> Wish:
    """The wish for a point ("a"), or for what is said of points. named: what named points are.

    Raises UserError for what is no certain point.
    """
    text = text.strip().lower()
    alone = len(text) == 1 or text in named
    said = points.said(f"mix {text} {text} 0" if alone else text, named) if len(text) <= LONGEST_TEXT else None
    if said is None or said[0] == "corners" or not points.means(*said, named):
        raise UserError(f"That is no point: say a letter of {LETTERS[0]} to {LETTERS[-1]}, or as in at a b c d .25 .5.")
    held = {name: named[name] for name in points.spoken(*said) if name in named}
    return Wish(said[1], kind=said[0], points=points.carried(held))


def key_of(wish: Wish) -> str:
    """One text for all wishes for the same point."""
    held = points.carried_in(wish.points)
    blend = points.blend(wish.kind, wish.what, held)
    if not blend.names:  # drawn by a number, or three numbers themselves
        return wish.label()
    # A name may come to mean something else.
    shares = sorted((held.get(name, name), share) for name, share in zip(blend.names, blend.shares, strict=True))
    return " ".join(f"{point}{share:.4f}" for point, share in shares)


def _jpeg(dreamer: Still, wish: Wish) -> bytes:
    still = dreamer.still(wish)
    if still is None:
        raise UserError("That is no point.")
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    return cv2.imencode(".jpg", still[..., ::-1], options)[1].tobytes()
