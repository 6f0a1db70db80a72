"""When a channel's process is started, ended and started again. Pure: it is told what is seen, and says what to do.

    stopped --start--> starting --ready--> running
    starting, running --stop, restart, hung, too much memory--> ending --gone--> stopped, or waiting
    starting, running --died--> waiting (back-off) --due--> starting
    running --another process: the back end began it anew by itself--> starting
    waiting --after LOOP deaths before any was ready for STEADY seconds--> parked, until somebody starts it

Invariants: one process at most; a parked or stopped channel is never started but by an order; every wait has an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from dreamstream.farm.plan import ChannelPlan
from dreamstream.support.backoff import Backoff

# A process that was ready for so long is no part of a crash loop when it dies.
STEADY = 5.0
LOOP = 5
# How long a start may take until pictures move: weights may have to be read and programs compiled.
START_WITHIN = 180.0
# How long pictures may stand still before the process is started anew.
HUNG_AFTER = 30.0
# How long a process may take to close its files before it is killed; a show takes 5 s at most.
END_WITHIN = 10.0

Order = Literal["start", "stop", "restart"]


class Phase(StrEnum):
    """Where a channel is in its life."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    ENDING = "ending"
    WAITING = "waiting"
    PARKED = "parked"


class Step(StrEnum):
    """What is to be done with the process now."""

    NOTHING = "nothing"
    START = "start"
    END = "end"
    KILL = "kill"


@dataclass(frozen=True)
class Sight:
    """What is seen of a channel's process.

    code: how it ended, where that is known. healthy, ready: of the last answer; None without one. memory: bytes.
    why: it is not there, in words, where more is known than its code.
    """

    alive: bool
    code: int | None = None
    healthy: bool | None = None
    ready: bool | None = None
    memory: int = 0
    why: str = ""
    pid: int = 0


class Channel:
    """The life of one channel. Times are seconds of one steady clock."""

    def __init__(self, plan: ChannelPlan, backoff: Backoff | None = None) -> None:
        self.plan = plan
        self.phase = Phase.STOPPED
        self.why = ""  # of the last death or end that nobody asked for, as a sentence
        self.starts = 0  # of the process; the first one counts
        self.wanted = False
        self._backoff = backoff or Backoff(0.2, 30.0)
        self._since = 0.0
        self._ready_since: float | None = None
        self._good_at = 0.0
        self._deaths = 0  # one after the other, none of them after a steady time
        self._due = 0.0
        self._killed_at = 0.0
        self._pid = 0  # seen last, of this start
        self._moves = False  # in this start
        self._could_dream = False  # in any

    @property
    def busy_starting(self) -> bool:
        """Whether it takes the machine's time for a start, so that others wait with theirs.

        One that could dream before finds its programs compiled: nobody waits for more than its pictures to move.
        """
        return self.phase is Phase.STARTING and not (self._could_dream and self._moves)

    @property
    def down(self) -> bool:
        """Whether it ought to be running and is not yet."""
        return self.wanted and self.phase is not Phase.RUNNING

    def order(self, what: Order, now: float) -> Step:
        """Somebody wants it started, stopped or started anew."""
        self.wanted = what != "stop"
        if what != "stop":
            self._deaths, self._due = 0, now
            self._backoff.reset()
        if self.phase in (Phase.STARTING, Phase.RUNNING):
            return self._end(now, "") if what != "start" else Step.NOTHING
        if self.phase in (Phase.WAITING, Phase.PARKED, Phase.STOPPED):
            self._to(Phase.WAITING if self.wanted else Phase.STOPPED, now)
        return Step.NOTHING

    def adopt(self, now: float) -> None:
        """Its process runs already: an earlier farm started it."""
        self.wanted = True
        self._good_at = now
        self._to(Phase.STARTING, now)

    def look(self, sight: Sight, now: float, *, may_start: bool = True) -> Step:
        """What to do now. may_start: whether the machine has time for another start."""
        if self.phase in (Phase.STOPPED, Phase.PARKED):
            return Step.NOTHING
        if self.phase is Phase.WAITING:
            if now < self._due or not may_start:
                return Step.NOTHING
            self._begun(now)
            return Step.START
        if not sight.alive:
            self._gone(sight, now)
            return Step.NOTHING
        anew, self._pid = bool(self._pid and sight.pid and sight.pid != self._pid), sight.pid or self._pid
        if self.phase is Phase.ENDING:
            if now - self._since >= END_WITHIN and now - self._killed_at >= END_WITHIN:
                self._killed_at = now
                return Step.KILL
            return Step.NOTHING
        if anew:
            # What was said of it, `sight.healthy` too, is of the process before.
            self.why = "its process was gone, and it was begun anew"
            self._count_death(now)
            self._begun(now)
            self._pid = sight.pid
            return Step.NOTHING
        return self._watch(sight, now)

    def started_badly(self, why: str, now: float) -> None:
        """The process could not be started at all."""
        self._died(why, now)

    def _begun(self, now: float) -> None:
        self.starts += 1
        self._pid, self._moves = 0, False
        self._ready_since = None
        self._good_at = now
        self._to(Phase.STARTING, now)

    def _watch(self, sight: Sight, now: float) -> Step:
        if sight.healthy:
            self._good_at, self._moves = now, True
        if sight.healthy and sight.ready:
            self._could_dream = True
            if self._ready_since is None:
                self._ready_since = now
            if now - self._ready_since >= STEADY:
                self._deaths = 0
                self._backoff.reset()
            if self.phase is Phase.STARTING:
                self._to(Phase.RUNNING, now)
        limit = self.plan.memory_mib << 20
        if limit and sight.memory > limit:
            return self._end(now, f"it held {sight.memory >> 20} MiB, more than its {self.plan.memory_mib}")
        allowed = HUNG_AFTER if self.phase is Phase.RUNNING else START_WITHIN
        if now - self._good_at >= allowed:
            return self._end(now, f"no picture moved for {allowed:.0f} s")
        return Step.NOTHING

    def _end(self, now: float, why: str) -> Step:
        if why:
            self.why = why
            self._count_death(now)
        self._killed_at = 0.0
        self._to(Phase.ENDING, now)
        return Step.END

    def _gone(self, sight: Sight, now: float) -> None:
        if self.phase is Phase.ENDING:
            self._to(Phase.WAITING if self.wanted and not self._parked() else self._rest(), now)
            return
        how = "" if sight.code is None else f" ({_how(sight.code)})"
        self._died(sight.why or f"it ended{how}", now, code=sight.code)

    def _died(self, why: str, now: float, code: int | None = None) -> None:
        self.why = why
        over = self.plan.restart == "never" or (self.plan.restart == "failure" and code == 0)
        if over:
            self.wanted = False
            self._to(Phase.STOPPED, now)
            return
        self._count_death(now)
        self._to(Phase.PARKED if self._parked() else Phase.WAITING, now)

    def _count_death(self, now: float) -> None:
        steady = self._ready_since is not None and now - self._ready_since >= STEADY
        self._deaths = 0 if steady else self._deaths + 1
        self._due = now + self._backoff.next(STEADY + 1e9 if steady else 0.0)

    def _parked(self) -> bool:
        return self._deaths >= LOOP

    def _rest(self) -> Phase:
        return Phase.PARKED if self.wanted else Phase.STOPPED

    def _to(self, phase: Phase, now: float) -> None:
        self.phase, self._since = phase, now


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
