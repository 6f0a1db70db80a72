"""Processes of this machine that have loaded everything, and become the next channels that start.

Most of a start is Python's imports, which take the longer the busier the machine is; so they are made beforehand, one
process for the next death.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dreamstream.farm.backends.backend import Launch

log = logging.getLogger(__name__)

# What a launch must begin with for a spare to do the same.
PLAIN = (sys.executable, "-P", "-m", "dreamstream")
_SPARE = (sys.executable, "-P", "-m", "dreamstream.cli.spare")


class Spares:
    """Those that wait. They end when their input does, and so with this process, however it ends."""

    def __init__(self) -> None:
        self._waiting: list[tuple[dict[str, str], Path, subprocess.Popen[bytes]]] = []

    def keep(self, launch: Launch, count: int) -> None:
        """Have so many for launches with this environment and folder; others are let go."""
        alike = [each for each in self._waiting if _fits(each, launch.environ, launch.folder)]
        for other in [each for each in self._waiting if each not in alike] + alike[count:]:
            _end(other[2])
        self._waiting = alike[:count]
        while len(self._waiting) < count and tuple(launch.command[:4]) == PLAIN:
            try:
                child = subprocess.Popen(
                    _SPARE,
                    env=dict(launch.environ),
                    cwd=launch.folder,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                )
            except OSError as error:
                log.debug("No spare process can be started: %s.", error.strerror or error)
                return
            self._waiting.append((dict(launch.environ), launch.folder, child))

    def take(self, launch: Launch) -> subprocess.Popen[bytes] | None:
        """One that becomes what is to be launched; None where there is none that would be the same."""
        for each in list(self._waiting):
            if tuple(launch.command[:4]) != PLAIN or not _fits(each, launch.environ, launch.folder):
                continue
            self._waiting.remove(each)
            child = each[2]
            told = json.dumps({"words": list(launch.command[4:]), "log": str(launch.log)}) + "\n"
            assert child.stdin is not None
            try:
                child.stdin.write(told.encode())
                child.stdin.close()
            except OSError:
                _end(child)
                continue
            return child
        return None

    def close(self) -> None:
        """End all that wait."""
        for _, _, child in self._waiting:
            _end(child)
        self._waiting.clear()


def _fits(
    spare: tuple[dict[str, str], Path, subprocess.Popen[bytes]], environ: Mapping[str, str], folder: Path
) -> bool:
    """Whether it lives, and is in the same environment and folder."""
    return spare[2].poll() is None and spare[0] == dict(environ) and spare[1] == folder


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    if child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.close()
