"""What a farm is to run: a TOML file with a table for each channel, checked whole before anything starts.

    farm = 1                      # the form of this file

    backend = "local"             # or "ray", with [ray] address = "auto"

    [defaults]                    # settings of every channel, as in `serve --config`
    fps = 30

    [jobs]                        # what `farm submit` brings
    at_once = 1

    [channels.owls]
    restart = "always"            # or "failure", or "never"
    memory_mib = 2000             # started anew when it holds more
    devices = [0]                 # accelerators that it may use
    [channels.owls.settings]
    rtmp = ["rtmp://live.example.org/app/KEY"]

Plain data; the only file that is read is the plan's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from dreamstream.core.errors import UsageError
from dreamstream.core.names import near
from dreamstream.settings.load import of_table, read_toml
from dreamstream.settings.show import SETTINGS, Settings

VERSION = 1
FIRST_PORT = 8101
MOST_CHANNELS = 200
MOST_DEVICES = 1024
MOST_JOBS = 64
BACKENDS = ("local", "ray")
Restart = Literal["always", "failure", "never"]
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
# What the farm itself decides for each channel.
_OURS = {
    "channel": "the farm names it as its table",
    "log_file": "`dreamstream farm logs` shows what it says",
    "control_token": "the farm makes one",
    "new_token": "the farm makes one",
    "open": "the wall shows it",
}


@dataclass(frozen=True)
class ChannelPlan:
    """One channel: its settings as they were written, and how it is kept running.

    port: as it was asked for; 0 for any. memory_mib: what its process may hold, 0 for any. devices: the accelerators
    that it may use by number; None for all. cpus, gpus: what a node of a cluster is to have free for it.
    """

    name: str
    settings: Mapping[str, Any]
    restart: Restart = "always"
    memory_mib: int = 0
    devices: tuple[int, ...] | None = None
    cpus: float = 1.0
    gpus: float = 0.0

    @property
    def port(self) -> int:
        """The port of its page; 0 for one that the farm chooses."""
        return int(self.settings.get("port", 0))


@dataclass(frozen=True)
class JobsPlan:
    """How jobs are run: so many at once, and what a node of a cluster is to have free for each."""

    at_once: int = 1
    cpus: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True)
class Plan:
    """All channels of a farm, and where its wall is served.

    home: the folder of the file, from which the paths in it are meant. backend: "local" or "ray", with the address of
    the cluster.
    """

    channels: Mapping[str, ChannelPlan]
    home: Path
    host: str = "127.0.0.1"
    port: int = 8100
    allowed_host: tuple[str, ...] = ()
    backend: str = "local"
    address: str = "auto"
    jobs: JobsPlan = JobsPlan()


def read_plan(path: Path, devices: int) -> Plan:
    """The plan in a file, of which everything that can be known is right. devices: how many accelerators there are.

    Raises UsageError.
    """
    table = read_toml(path)
    _known(table, ("farm", "backend", "ray", "wall", "defaults", "jobs", "channels"), str(path))
    if (version := table.get("farm")) != VERSION:
        said = "says no version" if version is None else f"is of version {version!r}"
        raise UsageError(f"{path} {said}; this dreamstream reads `farm = {VERSION}`.")
    backend, address = _backend(table, path)
    wall = _table(table, "wall", str(path))
    _known(wall, ("host", "port", "allowed_host"), f"[wall] in {path}")
    page = of_table(wall, f"[wall] in {path}")  # the same settings as a show's page
    defaults = _table(table, "defaults", str(path))
    of_table(defaults, f"[defaults] in {path}")
    named = _table(table, "channels", str(path))
    if not 1 <= len(named) <= MOST_CHANNELS:
        raise UsageError(f"{path} names {len(named)} channels; it must name 1 to {MOST_CHANNELS}, as [channels.NAME].")
    channels = {name: _channel(name, value, defaults, path, backend) for name, value in named.items()}
    port = page.port if "port" in wall else Plan.port
    home, names = path.absolute().parent, tuple(page.allowed_host)
    plan = Plan(channels, home, page.host, port, names, backend, address, _jobs(table, path, backend))
    _check_together(plan, path)
    for channel in channels.values():
        for device in channel.devices or ():
            if device >= devices:
                there = "there is none here" if devices == 0 else f"there are {devices} here, from 0"
                raise UsageError(f"[channels.{channel.name}] in {path} wants accelerator {device}, but {there}.")
    return plan


def settings_of(channel: ChannelPlan) -> Settings:
    """The settings of one channel, in their own types. Raises UsageError."""
    return of_table(channel.settings, f"[channels.{channel.name}.settings]")


def assign_ports(plan: Plan, before: Mapping[str, int]) -> dict[str, int]:
    """A port for every channel: what it asks for, else the one it had before, else the lowest that nobody has."""
    ports = {name: channel.port for name, channel in plan.channels.items() if channel.port}
    taken = {plan.port, *ports.values()}
    for name in plan.channels:
        if name not in ports and (had := before.get(name, 0)) and had not in taken:
            ports[name] = had
            taken.add(had)
    free = (port for port in range(FIRST_PORT, 1 << 16) if port not in taken)
    return {name: ports[name] if name in ports else next(free) for name in plan.channels}


def _backend(table: Mapping[str, Any], path: Path) -> tuple[str, str]:
    """What runs the channels, and the address of its cluster. Raises UsageError."""
    backend = table.get("backend", "local")
    if backend not in BACKENDS:
        raise UsageError(f"backend in {path} is {backend!r}, but must be one of {', '.join(BACKENDS)}.")
    ray = _table(table, "ray", str(path))
    _known(ray, ("address",), f"[ray] in {path}")
    if ray and backend != "ray":
        raise UsageError(f'{path} has [ray], but its backend is {backend}; say backend = "ray" at its beginning.')
    address = ray.get("address", "auto")
    if not isinstance(address, str) or not address:
        raise UsageError(f"address in [ray] in {path} must be a cluster's address, like 10.0.0.1:6379, or auto.")
    return backend, address


def _channel(name: str, table: Any, defaults: Mapping[str, Any], path: Path, backend: str) -> ChannelPlan:
    where = f"[channels.{name}] in {path}"
    if not _NAME.fullmatch(name):
        raise UsageError(f"{where}: a channel's name has 1 to 32 small letters, digits, _ or -.")
    if not isinstance(table, dict):
        raise UsageError(f"{where} must be a table.")
    _known(table, ("settings", "restart", "memory_mib", "devices", "cpus", "gpus"), where)
    own = _table(table, "settings", where)
    settings = {**defaults, **own}
    for key, why in _OURS.items():
        if key in settings:
            raise UsageError(f"{key} in {where} is not for a channel of a farm: {why}.")
    if "state" in defaults:
        raise UsageError(f"state in [defaults] in {path} would be one folder for all; name one for each channel.")
    of_table(own, f"[channels.{name}.settings] in {path}")
    restart = table.get("restart", "always")
    if restart not in get_args(Restart):
        raise UsageError(f"restart in {where} is {restart!r}, but must be one of {', '.join(get_args(Restart))}.")
    memory = table.get("memory_mib", 0)
    if not _whole(memory) or not 0 <= memory <= 1 << 22:
        raise UsageError(f"memory_mib in {where} is {memory!r}, but must be a whole number of MiB.")
    devices = table.get("devices")
    if devices is not None and not (
        isinstance(devices, list) and devices and all(_whole(each) and 0 <= each < MOST_DEVICES for each in devices)
    ):
        raise UsageError(f"devices in {where} must be numbers of accelerators, like [0].")
    for key in ("devices",) if backend == "ray" else ("cpus", "gpus"):
        if key in table:
            instead = "gpus = 1, or a part of one" if backend == "ray" else "devices = [0]"
            raise UsageError(f"{key} in {where} is nothing to the back end {backend}, which takes {instead}.")
    held = None if devices is None else tuple(devices)
    return ChannelPlan(name, settings, restart, memory, held, *_shares(table, where))


def _jobs(table: Mapping[str, Any], path: Path, backend: str) -> JobsPlan:
    """How jobs are run. Raises UsageError."""
    where = f"[jobs] in {path}"
    said = _table(table, "jobs", str(path))
    _known(said, ("at_once", "cpus", "gpus"), where)
    for key in ("cpus", "gpus"):
        if key in said and backend != "ray":
            raise UsageError(f"{key} in {where} is nothing to the back end {backend}.")
    at_once = said.get("at_once", JobsPlan.at_once)
    if not _whole(at_once) or not 0 <= at_once <= MOST_JOBS:
        raise UsageError(f"at_once in {where} is {at_once!r}, but must be a whole number from 0 to {MOST_JOBS}.")
    return JobsPlan(at_once, *_shares(said, where))


def _shares(table: Mapping[str, Any], where: str) -> tuple[float, float]:
    """How many cores and accelerators of a node something is counted as. Raises UsageError."""
    shares = (table.get("cpus", 1.0), table.get("gpus", 0.0))
    for key, share in zip(("cpus", "gpus"), shares, strict=True):
        number = isinstance(share, int | float) and not isinstance(share, bool)
        if not number or not 0 <= share <= 1024 or (share > 1 and share != int(share)):
            raise UsageError(f"{key} in {where} is {share!r}, but must be a whole number, or a part of one like 0.5.")
    return float(shares[0]), float(shares[1])


def _check_together(plan: Plan, path: Path) -> None:
    """Raise UsageError for what two channels cannot both have: a port, a folder, a stream key, a file."""
    owners: dict[tuple[str, str], str] = {("port", str(plan.port)): "the wall"}
    for name, channel in plan.channels.items():
        settings = settings_of(channel)
        has = [("port", str(channel.port))] if channel.port else []
        has += [("state", str(_from(plan.home, settings.state)))] if settings.state else []
        for address in settings.outputs():
            kind, _, target = address.partition(":")
            local = kind in ("recording", "hls")
            has.append(("output", f"{kind}:{_from(plan.home, Path(target))}" if local else address))
        for thing in has:
            if thing in owners:
                what, value = thing
                # Of an output only its kind: its address may hold a stream key.
                said = (
                    f"{what} {value}" if what != "output" else f"{value.partition(':')[0]} output, to the same place,"
                )
                raise UsageError(f"{owners[thing]} and {name} in {path} have one {said}; give each its own.")
            owners[thing] = name


def _from(home: Path, path: Path) -> Path:
    return (home / path).resolve()


def _known(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            more = "It belongs into its settings." if "settings" in keys and key in SETTINGS else near(key, keys)
            raise UsageError(f"{where} has an unknown key, {key}. {more}")


def _table(table: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise UsageError(f"{key} in {where} must be a table.")
    return value


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
