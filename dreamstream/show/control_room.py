"""The control room's side of the show: everything that it sees beyond the public status, and everything it can do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dreamstream.chat.bot import Bot
from dreamstream.core.card import Card, Control
from dreamstream.core.drawing import Drawing
from dreamstream.core.errors import UserError
from dreamstream.core.names import meant
from dreamstream.core.status import (
    BlockedStatus,
    ControlStatus,
    ErrorStatus,
    HeldStatus,
    RoomStatus,
    SinkReport,
    SoundStatus,
)
from dreamstream.outputs import address
from dreamstream.outputs.manager import Sinks
from dreamstream.show.dream_thread import DreamThread
from dreamstream.support.logs import RecentErrors
from dreamstream.web import control_actions as actions

# Whom the picture's title names when the control room asked.
HOUSE = "the house"


class ControlRoom:
    """Meets the web's ControlView; `state` and `act` are called in the event loop that owns the queue.

    preset: the look now. card: the dreamer's card, None until it is there. recordings: the folder that "record" writes
    into. on_secret: is told addresses that hold stream keys, before anything can log them. sound: what plays.
    """

    def __init__(
        self,
        bot: Bot,
        dreams: DreamThread,
        sinks: Sinks,
        recent_errors: RecentErrors,
        recordings: Path,
        preset: Callable[[], str],
        card: Callable[[], Card | None],
        on_secret: Callable[[str], None],
        sound: Callable[[], SoundStatus],
    ) -> None:
        self._bot, self._dreams, self._sinks, self._recent_errors = bot, dreams, sinks, recent_errors
        self._recordings, self._preset, self._card = recordings, preset, card
        self._on_secret, self._sound = on_secret, sound

    def state(self) -> RoomStatus:
        """What only the control room sees."""
        queue, card = self._bot.queue, self._card()
        return RoomStatus(
            paused=queue.paused,
            hold=queue.pace.hold,
            limit=queue.limit_per_viewer,
            controls=tuple(self._control(each) for each in self._controls()),
            preset=self._preset(),
            presets=tuple(card.presets) if card else (self._preset(),),
            outputs=tuple(SinkReport.model_validate(self._sinks.get(name)) for name in self._sinks.names),
            blocked=BlockedStatus.model_validate(self._bot.blocked),
            held=self._held(),
            sound=self._sound(),
            chat=dict(self._bot.counts),
            errors=tuple(ErrorStatus.model_validate(error) for error in self._recent_errors.recent()),
        )

    async def act(self, action: actions.Action) -> str:
        """Do something; a short answer. Raises UserError for what cannot be."""
        match action:
            # Connecting and closing may take seconds, so they are done beside the event loop.
            case actions.Start() | actions.Stop() | actions.Forget() | actions.Stream() | actions.Record():
                return await asyncio.to_thread(self._act_on_outputs, action)
            case actions.Ask():
                return self._ask(action.text)
            case actions.Move():
                return self._move(action.id, action.place)
            case actions.Set():
                return self._set(action.name, action.value)
            case actions.Remove():
                return self._bot.order("remove", action.id)
            case actions.Block() | actions.Unblock() | actions.Preset():
                return self._bot.order(type(action).__name__.lower(), action.name)
            case actions.Approve():
                return _done(self._bot.approve(action.key))
            case actions.Undraw():
                return _done(self._bot.take_away(action.key))
            case actions.Limit():
                return self._bot.order("limit", str(action.count))
            case actions.Hold():
                return self._bot.order("hold", f"{action.seconds:g}")
            case _:
                return self._bot.order(type(action).__name__.lower())

    def drawing(self, key: str) -> Drawing | None:
        """The strokes of a drawing, also of one that is held."""
        return self._bot.desk.store.get(key)

    def _held(self) -> tuple[HeldStatus, ...]:
        held = self._bot.desk.store.held()
        return tuple(
            HeldStatus(drawing=record.key, title=record.programme().title(), who=record.who) for record in held
        )

    def _act_on_outputs(self, action: actions.Action) -> str:
        match action:
            case actions.Start():
                self._sinks.start(action.name)
                return f"{action.name} is starting."
            case actions.Stop():
                self._sinks.stop(action.name)
                return f"{action.name} has stopped."
            case actions.Forget():
                self._sinks.forget(action.name)
                return f"{action.name} is off the list."
            case actions.Stream():
                url = address.check(action.url)
                self._on_secret(url)
                return f"{self._sinks.add(url)} is starting."
            case _:
                return self._record()

    def _controls(self) -> Sequence[Control]:
        card = self._card()
        return card.controls if card else ()

    def _control(self, each: Control) -> ControlStatus:
        return ControlStatus(
            name=each.name,
            value=self._dreams.controls.get(each.name, each.default),
            unit=each.unit,
            low=each.low,
            high=each.high,
            default=each.default,
            help=each.help,
        )

    def _set(self, name: str, value: float) -> str:
        control = next((each for each in self._controls() if each.name == name), None)
        if control is None:
            known = [each.name for each in self._controls()]
            there = meant(name, known) if known else "there are none yet: the dreamer is starting."
            raise UserError(f"There is no control {name!r}; {there}")
        if not control.low <= value <= control.high:
            raise UserError(f"{name} must be a number from {control.low:g} to {control.high:g}.")
        self._dreams.set(name, value)
        return f"{name} is {value:g} now."

    def _ask(self, wish: str) -> str:
        accepted, text = self._bot.ask_first(wish, HOUSE)
        if not accepted:
            raise UserError(text)
        return text

    def _move(self, id: str, place: int) -> str:
        request = self._bot.queue.promote(id, place)
        if request is None:
            raise UserError("That request is not waiting any more.")
        self._bot.changed()
        return f"{request.programme.title()} was moved."

    def _record(self) -> str:
        try:
            self._recordings.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{self._recordings} cannot be written ({error.strerror}).") from None
        path = self._recordings / time.strftime("dream-%Y%m%d-%H%M%S.mkv")
        self._sinks.add(f"recording:{path}")
        return f"Recording to {path}."


def _done(outcome: tuple[bool, str]) -> str:
    """The answer to what was done. Raises UserError with it where it was not."""
    done, text = outcome
    if not done:
        raise UserError(text)
    return text
