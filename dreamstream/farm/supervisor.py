"""Keeps the channels of a plan running: looks at each a few times a second, and does what its life asks for.

One asyncio loop owns everything here; what is known of a channel is in `supervised.py`. Invariants: the processes
outlive this one when it is killed, and are adopted by the next; of a rolling restart at most one channel is down; no
more channels start at once than there are cores.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import time
from collections.abc import Callable

import httpx

from dreamstream.core.errors import UserError
from dreamstream.core.names import near
from dreamstream.farm import probe
from dreamstream.farm.asking import Asking
from dreamstream.farm.backends.backend import Backend, Launch
from dreamstream.farm.channel import Channel, Order, Phase, Step
from dreamstream.farm.folder import FarmFolder
from dreamstream.farm.launches import channel_launch
from dreamstream.farm.places import Places
from dreamstream.farm.plan import Plan, assign_ports, settings_of
from dreamstream.farm.rolling import RollingRestart
from dreamstream.farm.status import FarmStatus, NodeStatus
from dreamstream.farm.supervised import SupervisedChannel
from dreamstream.settings.page import PageSettings
from dreamstream.support import machine
from dreamstream.web.address import PageAddress

log = logging.getLogger(__name__)

TICK = 0.2
CUT_LOGS_EVERY = 60.0
# For how long all channels may take to end.
DOWN_WITHIN = 20.0


class Supervisor:
    """The channels of one farm. Every method belongs to the loop that `run` runs in.

    clock: a steady one, in seconds. on_look: called after each look at all channels.
    """

    def __init__(
        self,
        plan: Plan,
        folder: FarmFolder,
        backend: Backend,
        clock: Callable[[], float] = time.monotonic,
        on_look: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_look = on_look
        self._folder, self._backend, self._clock = folder, backend, clock
        self._plan = plan
        self._channels: dict[str, SupervisedChannel] = {}
        self._leaving: dict[str, SupervisedChannel] = {}  # channels that the plan names no more, until they have ended
        self._tokens: dict[str, str] = {}
        self._ports: dict[str, int] = {}
        self._rolling = RollingRestart()
        self._asking = Asking(clock)
        self._cut_at = 0.0
        drained = folder.load("drained").get("nodes", [])
        self._places = Places(str(node) for node in drained) if isinstance(drained, list) else Places()

    # -- what is asked of it

    def take(self, plan: Plan) -> str:
        """Have the farm be as this plan says, without touching what stays as it was; what is done, as a sentence."""
        now = self._clock()
        before = self._folder.load("ports")
        ports = assign_ports(plan, {name: port for name, port in before.items() if isinstance(port, int)})
        self._tokens = {k: v for k, v in self._folder.load("tokens").items() if isinstance(v, str)} | self._tokens
        added, changed = [], []
        for name, planned in plan.channels.items():
            known = self._channels.get(name)
            self._tokens.setdefault(name, secrets.token_urlsafe(24))
            if known is None:
                known = self._leaving.pop(name, None) or SupervisedChannel(planned, Channel(planned))
                known.plan = known.life.plan = planned
                self._channels[name] = known
                added.append(name)
            elif known.plan != planned or self._ports.get(name) != ports[name]:
                known.plan = known.life.plan = planned
                changed.append(name)
        gone = [name for name in self._channels if name not in plan.channels]
        for name in gone:
            self._leaving[name] = channel = self._channels.pop(name)
            self._do(name, channel, channel.life.order("stop", now), now)
        self._plan, self._ports = plan, ports
        self._folder.save("ports", ports)
        self._folder.save("tokens", {name: self._tokens[name] for name in plan.channels})
        self._write_targets()
        for name in added:
            self._begin(name, self._channels[name], now)
        self._rolling.add(changed)
        said = [
            f"{len(names)} {word}" for names, word in ((added, "new"), (changed, "changed"), (gone, "gone")) if names
        ]
        return f"The farm has {len(plan.channels)} channels: {', '.join(said) or 'nothing changed'}."

    def order(self, what: Order, name: str = "") -> str:
        """Start, stop or restart a channel, or all; all are restarted one after the other. Raises UserError."""
        if name and name not in self._channels:
            raise UserError(f"There is no channel {name}. {near(name, self._channels)}")
        now = self._clock()
        if what == "restart" and not name:
            number = self._rolling.begin(name for name, channel in self._channels.items() if channel.life.wanted)
            return f"{number} channels are restarted, one after the other."
        for each in [name] if name else list(self._channels):
            channel = self._channels[each]
            self._do(each, channel, channel.life.order(what, now), now)
            if what == "stop":
                self._rolling.leave_out(each)
        done = {"start": "started", "stop": "stopped", "restart": "restarted"}[what]
        return f"{name or 'Every channel'} is being {done}."

    def move(self, name: str, node: str) -> str:
        """Have a channel on another node: it ends where it is, and starts there. Raises UserError."""
        if name not in self._channels:
            raise UserError(f"There is no channel {name}. {near(name, self._channels)}")
        found = self._places.open(node, self._backend.nodes())
        channel = self._channels[name]
        channel.node = found.name
        if channel.sight.alive and channel.sight.node == found.name:
            return f"{name} is on {found.name} already, and stays there."
        now = self._clock()
        self._do(name, channel, channel.life.order("restart", now), now)
        return f"{name} goes to {found.name}."

    def drain(self, node: str, *, undo: bool = False) -> str:
        """Have every channel leave a node, one after the other, and none start there. Raises UserError."""
        nodes = self._backend.nodes()
        found = self._places.admit(node, nodes) if undo else self._places.drain(node, nodes)
        self._folder.save("drained", {"nodes": sorted(self._places.drained)})
        if undo:
            return f"{found.name} takes channels again."
        leaving = [
            name for name, channel in self._channels.items() if channel.sight.node == found.name and channel.life.wanted
        ]
        for channel in self._channels.values():
            channel.node = "" if channel.node == found.name else channel.node
        self._rolling.add(leaving)
        return f"{len(leaving)} channels leave {found.name}, one after the other."

    def status(self) -> FarmStatus:
        """What there is to know of all channels."""
        now = self._clock()
        nodes = (
            NodeStatus(
                name=each.name, address=each.address, alive=each.alive, drained=each.name in self._places.drained
            )
            for each in self._backend.nodes()
        )
        channels = tuple(channel.shown(name, now) for name, channel in self._channels.items())
        return FarmStatus(channels=channels, nodes=tuple(nodes), note=self._rolling.note)

    def links(self) -> dict[str, str]:
        """The way into each channel's control room; for operators alone."""
        return {name: f"{channel.page}control#{self._tokens[name]}" for name, channel in self._channels.items()}

    async def still(self, name: str) -> bytes | None:
        """A picture of a channel, a few seconds old at most; None while it sends none."""
        channel = self._channels.get(name)
        if channel is None or channel.life.phase is not Phase.RUNNING:
            return None
        now = self._clock()
        if now - channel.still_at > 2.5:
            channel.still_at = now  # before the picture comes: who asks meanwhile gets the one before
            channel.still = await probe.still(channel.page) or channel.still
        return channel.still

    # -- running

    async def run(self) -> None:
        """Look after the channels until cancelled. Then nothing is ended: `down` does that."""
        limits = httpx.Limits(max_connections=2 * len(self._plan.channels) + 8)
        async with httpx.AsyncClient(trust_env=False, limits=limits) as client:
            try:
                while True:
                    self._tick(client)
                    self._on_look()
                    await asyncio.sleep(TICK)
            finally:
                await self._asking.close()

    async def down(self) -> bool:
        """End every channel; whether all have ended within DOWN_WITHIN seconds. `run` goes on meanwhile."""
        self._rolling.clear()
        self.order("stop")
        try:
            async with asyncio.timeout(DOWN_WITHIN):
                while any(self._backend.sight(name).alive for name in (*self._channels, *self._leaving)):
                    await asyncio.sleep(TICK / 2)
        except TimeoutError:
            return False
        return True

    def _tick(self, client: httpx.AsyncClient) -> None:
        now = self._clock()
        starting = sum(channel.life.busy_starting for channel in self._channels.values())
        for name, channel in (*self._channels.items(), *self._leaving.items()):
            before, channel.sight = channel.sight.pid, self._backend.sight(name)
            if channel.sight.pid != before:
                channel.answer = None  # of the process before
            if channel.sight.address:
                channel.page = PageAddress(channel.sight.address, self._ports[name]).here
            phase = channel.life.phase
            step = channel.life.look(channel.seen(now), now, may_start=starting < machine.cores())
            starting += step is Step.START
            self._do(name, channel, step, now)
            if channel.life.phase is not phase:
                self._say(name, channel)
                if channel.life.phase is Phase.RUNNING:
                    self._backend.settle(name)
            self._asking.ask(name, channel, client)
        for name in [name for name, channel in self._leaving.items() if not channel.sight.alive]:
            del self._leaving[name]
            self._backend.forget(name)
        self._roll(now)
        if now >= self._cut_at:
            self._cut_at = now + CUT_LOGS_EVERY
            for name in self._channels:
                with contextlib.suppress(OSError):
                    self._folder.cut_log(name)

    def _roll(self, now: float) -> None:
        """Go on with a rolling restart."""
        note = self._rolling.note
        name = self._rolling.next({name: channel.life for name, channel in self._channels.items()})
        if self._rolling.note != note:
            log.warning("%s", self._rolling.note)
        if name:
            self._do(name, self._channels[name], self._channels[name].life.order("restart", now), now)

    def _begin(self, name: str, channel: SupervisedChannel, now: float) -> None:
        if self._backend.adopt(name):
            channel.life.adopt(now)
            was = self._folder.read_settings(name)
            channel.page = PageAddress(
                str(was.get("host", PageSettings.model_fields["host"].default)), int(was.get("port", 0))
            ).here
            log.info("%s runs already, and is looked after.", name)
            if was != self._settings(name, channel):
                self._rolling.add([name])
        else:
            self._do(name, channel, channel.life.order("start", now), now)

    def _do(self, name: str, channel: SupervisedChannel, step: Step, now: float) -> None:
        if step is Step.START:
            channel.answer, channel.started_at = None, now
            try:
                self._backend.start(name, self._launch(name, channel))
            except OSError as error:
                channel.life.started_badly(f"it cannot be started: {error.strerror or error}", now)
        elif step is Step.END:
            self._backend.end(name)
        elif step is Step.KILL:
            self._backend.kill(name)

    def _launch(self, name: str, channel: SupervisedChannel) -> Launch:
        settings = self._folder.write_settings(name, self._settings(name, channel))
        channel.page = PageAddress(settings_of(channel.plan).host, self._ports[name]).here
        alive = {each.name for each in self._backend.nodes() if each.alive}
        return channel_launch(
            self._plan,
            channel.plan,
            settings,
            self._folder.log(name),
            os.environ,
            node=channel.node if channel.node in alive else "",
            avoid=frozenset(self._places.drained),
        )

    def _settings(self, name: str, channel: SupervisedChannel) -> dict[str, object]:
        """All settings of a channel: those of the plan, and those that the farm decides."""
        ours: dict[str, object] = {"channel": name, "port": self._ports[name], "control_token": self._tokens[name]}
        return {"state": str(self._folder.channel(name) / "state"), **channel.plan.settings, **ours}

    def _say(self, name: str, channel: SupervisedChannel) -> None:
        phase = channel.life.phase
        why = f": {channel.life.why}" if phase in (Phase.WAITING, Phase.PARKED) and channel.life.why else ""
        level = logging.WARNING if why else logging.INFO
        log.log(level, "%s is %s%s.", name, phase, why)
        if phase is Phase.PARKED:
            log.warning("%s is left alone until `dreamstream farm restart %s`; its log says more.", name, name)

    def _write_targets(self) -> None:
        """Tell Prometheus where the channels' figures are (file_sd)."""
        targets = [
            {"targets": [f"{settings_of(channel.plan).host}:{self._ports[name]}"], "labels": {"channel": name}}
            for name, channel in self._channels.items()
        ]
        self._folder.save("targets", targets)
