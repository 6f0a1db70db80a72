"""One viewer's queue of fragments, in the asyncio loop of the viewers. It is bounded, and begins at a key frame.

States, by what is offered next:

    skipping   it is new, or lost its queue  -> following at the next key frame
    following  it is given every frame       -> skipping when its queue is full
    closed     it left, or stayed behind for too long
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

# A GOP past these is not kept, so newcomers wait for the next key frame; a viewer whose queue is past them skips to it.
# Encoders here make a key frame every 2 s; this is 5 s at 60 fps, and 10 s at 3 Mb/s.
MAX_FRAMES = 300
MAX_BYTES = 4 << 20


@dataclass(frozen=True)
class Fragment:
    """One frame, or a moment of sound, as a piece of MP4; frames' numbers count up without gaps over the life of the
    sink.
    """

    number: int
    data: bytes
    keyframe: bool
    sound: bool = False


class Viewer:
    """One viewer's queue: an async iterator of fragments that begins at a key frame. Belongs to one asyncio loop.

    dropped: frames this viewer did not get. slow: whether it was closed for being slow too long.
    sound: whether it is given the sound too; set it through Preview.listen.
    """

    def __init__(self, patience: float, clock: Callable[[], float]) -> None:
        self.dropped = 0
        self.slow = False
        self.sound = False
        self.closed = asyncio.Event()
        self._queue: deque[Fragment] = deque()
        self._bytes = 0
        self._skipping = True
        self._last = -1
        self._slow_since: float | None = None
        self._ready = asyncio.Event()
        self._patience = patience
        self._clock = clock

    def offer(self, fragment: Fragment) -> None:
        """Queue a fragment; when the queue is full, empty it and wait for the next key frame."""
        if self.closed.is_set() or (fragment.number <= self._last and not fragment.sound):
            return
        if fragment.sound:
            # Sound is never worth dropping pictures for.
            if self.sound and not self._skipping and len(self._queue) < MAX_FRAMES:
                self._append(fragment)
            return
        self._last = fragment.number
        if self._slow_since is not None and self._clock() - self._slow_since > self._patience:
            self.slow = True
            self.close()
            return
        if self._skipping and not fragment.keyframe:
            self.dropped += 1
            return
        full = len(self._queue) >= MAX_FRAMES or self._bytes + len(fragment.data) > MAX_BYTES
        # A lone fragment larger than the bound passes: it is the only one, and refusing it would starve the viewer.
        if full and self._queue:
            self.skip()
            if not fragment.keyframe:
                self.dropped += 1
                return
        self._skipping = False
        self._append(fragment)

    def _append(self, fragment: Fragment) -> None:
        self._queue.append(fragment)
        self._bytes += len(fragment.data)
        self._ready.set()

    def skip(self) -> None:
        """Forget what is queued, and go on at the next key frame."""
        self.dropped += len(self._queue)
        self._queue.clear()
        self._bytes = 0
        self._skipping = True
        if self._slow_since is None:
            self._slow_since = self._clock()

    def close(self) -> None:
        """End the iteration; harmless when repeated."""
        self._queue.clear()
        self._bytes = 0
        self.closed.set()
        self._ready.set()

    def __aiter__(self) -> Viewer:
        return self

    async def __anext__(self) -> bytes:
        while not self._queue:
            if self.closed.is_set():
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        fragment = self._queue.popleft()
        self._bytes -= len(fragment.data)
        if not self._queue and not self._skipping:
            # It has caught up, so an earlier stumble is forgiven.
            self._slow_since = None
        return fragment.data
