"""The back end without dependencies: each channel a process of this machine, in a session of its own.

So it outlives the farm: a farm that was killed finds its channels by their records, and takes them over. A record names
a process by number and time of start, which together no other process ever has.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

from dreamstream.farm.backends.backend import Launch, Node, ProcessSight
from dreamstream.support import files

# How nice the session of a channel is that is up. Its threads that dream are nicer than others of their session only.
SETTLED = 5
# The start times of a process as two programs read them may differ in their last digits.
_SAME = 0.5


class LocalProcesses:
    """Processes of this machine. records: the folder where each is written down."""

    def __init__(self, records: Path) -> None:
        self._records = records
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._known: dict[str, psutil.Process] = {}

    def start(self, name: str, launch: Launch) -> None:
        """Start it, and write down what it is. Raises OSError."""
        child = _started(launch)
        self._children[name] = child
        self._known.pop(name, None)
        with contextlib.suppress(psutil.Error):
            self._known[name] = process = psutil.Process(child.pid)
            record = json.dumps({"pid": child.pid, "created": process.create_time()})
            files.write(self._record(name), record.encode(), private=True)

    def sight(self, name: str) -> ProcessSight:
        """What is seen of it now."""
        child, process = self._children.get(name), self._known.get(name)
        code = None
        if child is not None:
            if self._has_ended(child):
                self._sweep(child.pid)
            code = child.poll()
        try:
            lives = process is not None and process.is_running() and process.status() != psutil.STATUS_ZOMBIE
            if code is None and process is not None and lives:
                return ProcessSight(True, None, process.pid, int(process.memory_info().rss))
        except psutil.Error:
            pass
        if child is not None and code is None:
            # It has ended this very moment; how, is known at once.
            self._sweep(child.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = child.wait(1)
        self.forget(name)
        return ProcessSight(alive=False, code=code)

    def end(self, name: str) -> None:
        """SIGTERM, or Ctrl-Break on Windows: a show closes its files within 5 s."""
        with contextlib.suppress(psutil.Error, OSError):
            if (process := self._known.get(name)) is not None and process.is_running():
                process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))

    def kill(self, name: str) -> None:
        """SIGKILL for it and what it started."""
        with contextlib.suppress(psutil.Error, OSError):
            if (process := self._known.get(name)) is not None and process.is_running():
                for each in (*process.children(recursive=True), process):
                    with contextlib.suppress(psutil.Error):
                        each.kill()

    def adopt(self, name: str) -> bool:
        """Take over what the record names, where it still runs."""
        try:
            record = json.loads(self._record(name).read_bytes())
            process = psutil.Process(int(record["pid"]))
            same = abs(process.create_time() - float(record["created"])) < _SAME
        except (OSError, ValueError, KeyError, TypeError, psutil.Error):
            return False
        if not same or process.status() == psutil.STATUS_ZOMBIE:
            return False
        self._known[name] = process
        return True

    def forget(self, name: str) -> None:
        """Nothing of it is left here."""
        self._children.pop(name, None)
        self._known.pop(name, None)
        with contextlib.suppress(OSError):
            self._record(name).unlink(missing_ok=True)

    def settle(self, name: str) -> None:
        """Where Linux shares the processor among sessions first, let one that starts have more of it than this one."""
        if (process := self._known.get(name)) is not None:
            with contextlib.suppress(OSError):
                Path(f"/proc/{process.pid}/autogroup").write_text(str(SETTLED))

    def nodes(self) -> Sequence[Node]:
        """There is this machine alone."""
        return ()

    def close(self) -> None:
        """Nothing is held."""

    def _record(self, name: str) -> Path:
        return self._records / f"{name}.json"

    def _has_ended(self, child: subprocess.Popen[bytes]) -> bool:
        """Whether it has ended and its number still stands for it: nobody has fetched how it ended."""
        if child.returncode is not None or not hasattr(os, "waitid"):
            return False
        with contextlib.suppress(ChildProcessError):
            return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return False

    def _sweep(self, group: int) -> None:
        """Take away what a dead channel left behind in its session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _started(launch: Launch) -> subprocess.Popen[bytes]:
    """A new process. Raises OSError."""
    with launch.log.open("ab") as log:
        return subprocess.Popen(
            list(launch.command),
            env=dict(launch.environ),
            cwd=launch.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
