"""Owns a channel's process on a node of a Ray cluster: an actor's class. No JAX is ever imported here.

The process dies with its keeper, by the kernel's own hand: so a channel never runs on two machines at once, whatever
became of the keeper or of Ray on its node, and whoever starts it elsewhere finds its state folder free.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import ray

from dreamstream.farm.backends.backend import ACCELERATOR_SHARE, Launch, ProcessSight
from dreamstream.farm.backends.local import LocalProcesses
from dreamstream.settings.field import PREFIX

# Of the environment of the farm's machine, what goes to another: what was meant for the channel.
_CARRIED = re.compile(rf"{PREFIX}\w+|JAX_\w+|XLA_\w+|TF_CPP_\w+")
# Becomes the command, and is killed when who started it dies; if that has happened already, there is nothing to start.
_LEASH = (
    "import ctypes, os, signal, sys\n"
    "ctypes.CDLL(None).prctl(1, signal.SIGKILL)\n"
    "if os.getppid() != int(sys.argv[1]): sys.exit(1)\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)
_NAME = "channel"


def short(node_id: str) -> str:
    """A node's name, as people say and type it."""
    return node_id[:8]


class Keeper:
    """One channel's process, begun at once, also where Ray begins it anew. farm: the address of the farm's machine."""

    def __init__(self, launch: Launch, farm: str) -> None:
        self._local = LocalProcesses(Path(tempfile.mkdtemp(prefix="dreamstream-keeper-")))
        self._launch, self._farm = launch, farm
        self._node = short(ray.get_runtime_context().get_node_id())
        self._address = str(ray.util.get_node_ip_address())
        self._why = ""
        self._start()

    def sight(self) -> ProcessSight:
        """What is seen of it now."""
        seen = self._local.sight(_NAME)
        away = "" if self._address == self._farm else self._address
        return replace(seen, node=self._node, address=away, why="" if seen.alive else self._why)

    def end(self) -> None:
        """Ask it to close its files and go."""
        self._local.end(_NAME)

    def kill(self) -> None:
        """Take it away, with what it started."""
        self._local.kill(_NAME)

    def _start(self) -> None:
        launch = self._launch
        command = [sys.executable, *launch.command[1:]]
        if self._address != self._farm:
            # The farm asks it how it is, from another machine.
            command += ["--host", self._address]
        environ = environment(launch.environ, launch.gpus)
        try:
            self._local.start(_NAME, replace(launch, command=leashed(command), environ=environ))
        except OSError as error:
            self._why = f"it cannot be started: {error.strerror or error}"


def environment(told: Mapping[str, str], gpus: float) -> dict[str, str]:
    """Of a process on this node: the node's own, what was meant for it on the farm's machine, and its devices."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith((PREFIX, "RAY_"))}
    return environ | {key: value for key, value in told.items() if _CARRIED.fullmatch(key)} | _devices(gpus)


def leashed(command: Sequence[str]) -> list[str]:
    """A command that the kernel ends with this process, on Linux."""
    leash = [sys.executable, "-c", _LEASH, str(os.getpid())] if sys.platform == "linux" else []
    return [*leash, *command]


def _devices(gpus: float) -> dict[str, str]:
    """What tells JAX what it may use: said in any case, for without a word it falls to the CPU in silence.

    A share of a device is only counted by Ray, never kept: the share of its memory is what keeps it.
    """
    if not gpus:
        return {"JAX_PLATFORMS": "cpu"}
    return {"JAX_PLATFORMS": "cuda", "XLA_PYTHON_CLIENT_MEM_FRACTION": f"{ACCELERATOR_SHARE * min(gpus, 1):.3f}"}
