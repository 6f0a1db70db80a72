"""Where a film is split, so that its parts can be made apart and fit together. Pure.

A part begins with a checkpoint, from which dreams come out as if all before had been dreamed. The first few are not yet
seen: between dreams the picture also depends on those before, and the part before shows that time, too. So both make
these dreams, and must agree about them to the last bit.

How a film is split depends on its log alone, never on who makes it: any number of workers makes the same file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dreamstream.journal.reader import CheckpointRecord, ShowRecord

# So many dreams, and seconds, before its first frame a part begins: longer than anything between dreams lasts.
RUN_DREAMS, RUN_SECONDS = 6, 4.0
# Shorter parts cost more than they give.
LEAST_SECONDS = 10.0


@dataclass(frozen=True)
class Part:
    """Frames `begin` up to `end` of the film, counted from its beginning.

    checkpoint: number of the one in the log that it goes on from; None for the beginning of the show. first: number of
    its first dream in the log. warm: the frame, perhaps before the film's first, from which on it is made unseen.
    gives: number of the checkpoint that its maker takes for the part after it, where there is none yet.
    """

    number: int
    checkpoint: int | None
    first: int
    warm: int
    begin: int
    end: int
    gives: int | None = None


@dataclass(frozen=True)
class Span:
    """Of which show times the film is, in seconds, and its frames per second."""

    since: float
    until: float
    fps: int

    @property
    def frames(self) -> int:
        """Of the whole film."""
        return max(1, round((self.until - self.since) * self.fps))

    def time(self, frame: int) -> float:
        """Show time of a frame."""
        return self.since + frame / self.fps

    def frame(self, time: float) -> int:
        """The first frame at a show time or after it."""
        return math.ceil((time - self.since) * self.fps - 1e-6)


def usable(show: ShowRecord, canvas: tuple[int, int], machine: str) -> tuple[list[int], str]:
    """The checkpoints that a film of this canvas can be split at on this kind of machine; else why there are none."""
    if not show.checkpoints:
        return [], "the show kept no checkpoints (`dreamstream serve --checkpoints 60` does)"
    if tuple(show.about["canvas"]) != canvas:
        return [], "at another canvas than the show's its checkpoints are of no use"
    restart = next((number for number, dream in enumerate(show.dreams) if dream.restart), len(show.dreams))
    alike = [n for n, each in enumerate(show.checkpoints) if each.machine == machine and each.after < restart]
    if not alike:
        kinds = {each.machine for each in show.checkpoints}
        if machine not in kinds:
            return [], f"the show ran on another kind of machine ({kinds.pop()}), and this is {machine}"
        return [], "the dreamer of the show was started again before its first checkpoint"
    return alike, ""


def ready_at(show: ShowRecord, checkpoint: CheckpointRecord) -> float:
    """The show time from which on a part that begins with a checkpoint is as if all had been dreamed."""
    dreams = show.dreams[checkpoint.after :]
    if len(dreams) < RUN_DREAMS:
        return math.inf
    return max(dreams[RUN_DREAMS - 1].at, dreams[0].at + RUN_SECONDS)


def parts_of(show: ShowRecord, span: Span, checkpoints: Sequence[int]) -> list[Part]:
    """The parts of a film, split at these checkpoints of its log as far as they are not too near to each other."""
    least = round(LEAST_SECONDS * span.fps)
    ready = {number: ready_at(show, show.checkpoints[number]) for number in checkpoints}
    before = [number for number in checkpoints if ready[number] <= span.since]
    heads: list[tuple[int, int | None]] = [(0, before[-1] if before else None)]
    for number in checkpoints:
        if ready[number] >= span.until or ready[number] <= span.since:
            continue
        begin = span.frame(ready[number])
        if begin - heads[-1][0] >= least and span.frames - begin >= least:
            heads.append((begin, number))
    parts = []
    for place, (begin, checkpoint) in enumerate(heads):
        end = heads[place + 1][0] if place + 1 < len(heads) else span.frames
        first = 0 if checkpoint is None else show.checkpoints[checkpoint].after
        warm = min(begin, span.frame(show.dreams[first].at))
        if checkpoint is None:
            warm = max(warm, begin - least)
        parts.append(Part(place, checkpoint, first, warm, begin, end))
    return parts


def chain_of(show: ShowRecord, span: Span) -> list[Part]:
    """The parts of a film that has no checkpoints yet, split at the places in its record where there will be some."""
    later = [n for n, each in enumerate(show.checkpoints) if ready_at(show, each) > span.since]
    parts = parts_of(show, span, later)
    after = [*(part.checkpoint for part in parts[1:]), None]
    return [replace(part, gives=given) for part, given in zip(parts, after, strict=True)]


def dreams_of(show: ShowRecord, span: Span, part: Part) -> int:
    """How many dreams a part makes."""
    last = span.time(part.end - 1)
    return sum(dream.at <= last for dream in show.dreams[part.first :])


def cost(show: ShowRecord, span: Span, parts: Sequence[Part]) -> float:
    """How many more dreams the parts make than the film has, as a share."""
    whole = dreams_of(show, span, Part(0, parts[0].checkpoint, parts[0].first, 0, 0, span.frames))
    return sum(dreams_of(show, span, part) for part in parts) / max(1, whole) - 1
