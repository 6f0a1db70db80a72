"""The dreamer's thread: makes a dreamer, keeps it dreaming at a steady pace, and starts another when it fails.

States (`DreamStatus.state`):

    starting -> compiling -> dreaming       one dreamer's life; another preset takes over without a pause
        ^           v            v
        +------- waiting <-------+          it raised: wait, longer each time, then make one that goes on from its state
    any state -> stopped                    `stop`, or a person's mistake before the first dream
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dreamstream.core.card import Card
from dreamstream.core.dream import Cost, Dream
from dreamstream.core.dreamer import Dreamer
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.programme import Programme
from dreamstream.show.dream_pacing import DreamPacer
from dreamstream.show.keeping_up import KeepingUp
from dreamstream.show.preset_switch import PresetSwitch
from dreamstream.support import machine
from dreamstream.support.backoff import Backoff

log = logging.getLogger(__name__)

SAVE_EVERY = 30.0
FIRST_BACK_OFF, LONGEST_BACK_OFF = 1.0, 30.0


@dataclass(frozen=True)
class DreamStatus:
    """What a person should know of the dreamer.

    dreams, cost, seconds: how many were made in all, at what cost (see `Dream.cost`), and how long that took.
    things: the share of the usual number of things that the last one was made of.
    state: "starting", "compiling", "dreaming", "waiting" (to start again after a failure) or "stopped".
    """

    state: str = "starting"
    detail: str = ""
    dreams: int = 0
    cost: Cost = field(default_factory=dict)
    seconds: float = 0.0
    last_cost: Cost = field(default_factory=dict)
    things: float = 1.0
    failures: int = 0
    last_seconds: float = 0.0
    first_dream: float | None = None


class _MistakeError(Exception):
    """A person's mistake found while a dreamer was made; another attempt would find it again."""

    def __init__(self, error: UserError) -> None:
        super().__init__(str(error))
        self.error = error


class DreamThread:
    """Owns the dreamer and its thread.

    make: builds the dreamer; called in the thread, since importing JAX takes seconds.
    programme: what is wanted now; asked once per dream.
    cost: what is fixed of each dream's cost; the rest is as much as is in time.
    frame: seconds from video frame to frame.
    deliver: takes each dream as soon as it is made, and may take time to finish it, which is counted in the pace.
    now: the show time.
    controls: set on every new dreamer. state: a saved state to go on from. save: takes a state every 30 s.
    checkpoint: takes all that the next dream depends on, every `checkpoint_every` seconds of the show; 0 for never.
    on_ready: is told the card. on_fatal: is told a person's mistake that makes every attempt pointless.
    """

    def __init__(
        self,
        make: Callable[[], Dreamer],
        programme: Callable[[], Programme],
        deliver: Callable[[Dream], None],
        now: Callable[[], float],
        *,
        cost: Cost | None = None,
        frame: float = 1 / 30,
        controls: Mapping[str, float] | None = None,
        state: bytes | None = None,
        save: Callable[[bytes], object] = lambda data: None,
        checkpoint: Callable[[bytes], object] = lambda data: None,
        checkpoint_every: float = 0.0,
        on_ready: Callable[[Card], None] = lambda card: None,
        on_fatal: Callable[[UserError], None] = lambda error: None,
    ) -> None:
        self._make = make
        self._programme = programme
        self._deliver = deliver
        self._now = now
        self._cost = cost
        self._frame = frame
        self._controls = dict(controls or {})
        self._state = state
        self._save = save
        self._checkpoint, self._checkpoint_every = checkpoint, checkpoint_every
        self._on_ready = on_ready
        self._on_fatal = on_fatal
        # The dreamer at work; None while there is none.
        self.dreamer: Dreamer | None = None
        self._switch: PresetSwitch[Dreamer] = PresetSwitch()
        self._stop = threading.Event()
        self._status = DreamStatus()
        self._delivered: float | None = None
        # The controls that the dreamer at work was given (another dreamer has another table), and its preset where that
        # is not the first one's.
        self.applied: Mapping[str, float] = {}
        self.preset = ""
        # Daemon: a step in C++ cannot be interrupted, and must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="dreamer", daemon=True)

    @property
    def status(self) -> DreamStatus:
        """A snapshot; may be read from any thread."""
        return self._status

    @property
    def age(self) -> float | None:
        """Seconds since the last dream was handed over; None before the first."""
        return None if self._delivered is None else time.monotonic() - self._delivered

    @property
    def controls(self) -> Mapping[str, float]:
        """The controls that were set, by name; others are at their defaults."""
        return self._controls

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Ask the thread to end and wait at most `timeout` seconds; returns whether it has ended."""
        self._stop.set()
        self._switch.close()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def set(self, name: str, value: float) -> None:
        """Set a control from the next dream on; a name or value that the dreamer refuses is only logged."""
        self._controls = self._controls | {name: value}

    def change_preset(self, preset: str) -> None:
        """Change to another preset as soon as it is compiled, which happens beside the dreamer at work."""
        self._switch.want(preset)

    def _run(self) -> None:
        backoff = Backoff(FIRST_BACK_OFF, LONGEST_BACK_OFF)
        while not self._stop.is_set():
            began, dreams = time.monotonic(), self._status.dreams
            try:
                self.dreamer = self._prepare()
                self._dream(self.dreamer)
            except _MistakeError as mistake:
                self._tell(state="stopped", detail=str(mistake.error), failures=self._status.failures + 1)
                self._on_fatal(mistake.error)
                return
            except Exception as error:
                self.dreamer = None
                wait = backoff.next(time.monotonic() - began)
                reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
                self._tell(state="waiting", detail=reason, failures=self._status.failures + 1)
                if self._status.dreams == dreams:
                    self._state = None  # perhaps the saved picture is what it fails on
                log.error("The dreamer failed (%s); it starts again in %.0f s.", reason, wait)
                log.debug("Where it failed:", exc_info=True)
                self._stop.wait(wait)
        self._tell(state="stopped")

    def _prepare(self) -> Dreamer:
        """A new dreamer, ready to go on where the last one was.

        Raises _MistakeError for what no other attempt would mend.
        """
        self._tell(state="starting", detail="")
        try:
            dreamer = self._make()
        except UserError as error:
            if self._status.dreams:
                raise  # it was possible before, and may be again
            raise _MistakeError(error) from None
        if self._switch.preset:
            dreamer = dreamer.with_preset(self._switch.preset)
        try:
            if not self._status.dreams:  # later ones are checked as they are set
                for name, value in self._controls.items():
                    dreamer.set(name, value)
        except ValueError as error:
            raise _MistakeError(UsageError(f"{error}.")) from None
        if self._state is not None:
            try:
                dreamer.restore(self._state)
            except ValueError as error:
                log.warning("The last picture cannot be used (%s); starting from a new one.", error)
                self._state = None
        self._on_ready(dreamer.card)
        self._tell(state="compiling")
        dreamer.prepare()
        machine.give_back_memory()
        return dreamer

    def _dream(self, dreamer: Dreamer) -> None:
        """One dreamer's life: until stopped, or until it raises."""
        applied: dict[str, float] = {}
        self.applied = applied
        pace, keeping = DreamPacer(self._cost, self._frame), KeepingUp()
        changed, saved, checked = False, time.monotonic(), self._now()
        while not self._stop.is_set():
            if fresh := self._switch.fresh(dreamer):
                fresh.take_over(dreamer)
                self.dreamer = dreamer = fresh
                self._on_ready(dreamer.card)
                log.info("The look is %s now.", self._switch.preset)
                applied = {}
                self.applied, self.preset = applied, self._switch.preset
                changed = True
                pace = DreamPacer(self._cost, self._frame)
            self._apply_controls(dreamer, applied)
            effort = pace.effort(keeping.things)
            began = time.monotonic()
            dream = dreamer.dream(self._programme(), pace.place(self._now()), effort)
            seconds = time.monotonic() - began
            self._deliver(replace(dream, seconds=seconds))
            self._delivered = time.monotonic()
            handing = self._delivered - began - seconds
            pace.took(seconds, dream.quickest, handing)
            # Who fixed the cost of dreams has chosen how long they take.
            if not self._cost and (
                said := keeping.dreamed(seconds * dream.quickest + handing, dream.things, self._now())
            ):
                log.warning("%s", said)
            self._count(dream, seconds)
            if time.monotonic() - saved > SAVE_EVERY:
                self._keep(dreamer)
                if changed:  # what the look before held is free by now
                    machine.give_back_memory()
                changed, saved = False, time.monotonic()
            due = self._checkpoint_every and self._now() - checked >= self._checkpoint_every
            if due and (data := dreamer.checkpoint()):
                self._checkpoint(data)
                checked = self._now()
            self._stop.wait(pace.rest(seconds + handing))
        self._keep(dreamer)

    def _apply_controls(self, dreamer: Dreamer, applied: dict[str, float]) -> None:
        for name, value in self._controls.items():
            if applied.get(name) != value:
                try:
                    dreamer.set(name, value)
                except ValueError as error:
                    log.warning("%s", error)
                applied[name] = value

    def _keep(self, dreamer: Dreamer) -> None:
        self._state = dreamer.state()
        self._save(self._state)

    def _count(self, dream: Dream, seconds: float) -> None:
        now = self._now()
        if self._status.first_dream is None:
            log.info("The first dream is there, %.1f s after the start.", now)
        self._tell(
            state="dreaming",
            detail="",
            dreams=self._status.dreams + 1,
            cost={name: self._status.cost.get(name, 0) + amount for name, amount in dream.cost.items()},
            seconds=self._status.seconds + seconds,
            last_seconds=seconds,
            last_cost=dream.cost,
            things=dream.things,
            first_dream=now if self._status.first_dream is None else self._status.first_dream,
        )

    def _tell(self, **changes: Any) -> None:
        self._status = DreamStatus(**{**vars(self._status), **changes})
