"""A film's workers on the nodes of a Ray cluster: an actor for each, which owns its process and passes lines on.

Only orders and words go through Ray; logs, checkpoints and parts are files in folders that all nodes see.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dreamstream.core.arguments import within
from dreamstream.core.errors import UserError
from dreamstream.farm.backends.ray_connection import connected
from dreamstream.render.film.process import Hear, LocalProcess, Process, command

log = logging.getLogger(__name__)

# Seconds that an actor waits for a line before it says that there is none, and that its end may take.
LINE_WITHIN, ENDS_WITHIN = 5.0, 10.0
# Seconds for a node to have room for a worker, and to start it.
COMING_WITHIN = 300.0
MOST_CPUS, MOST_GPUS = 1024.0, 64.0


class Teller:
    """An actor's class: one worker's process on its node. told: the environment of who makes the film."""

    def __init__(self, folder: str, told: Mapping[str, str], gpus: float) -> None:
        from dreamstream.farm.backends.keeper import environment, leashed

        self._lines: queue.Queue[str | None] = queue.Queue()
        environ = environment(told, gpus) | {"PYTHONUTF8": "1"}
        self._process = LocalProcess(leashed(command(Path(folder))), environ, self._lines.put)

    def tell(self, line: str) -> None:
        """Have it read a line."""
        self._process.tell(line)

    def hear(self) -> list[str | None]:
        """What it says next, all that there is; nothing when it says nothing for some seconds; None: it has ended."""
        said: list[str | None] = []
        with contextlib.suppress(queue.Empty):
            said.append(self._lines.get(timeout=LINE_WITHIN))
            while True:
                said.append(self._lines.get_nowait())
        return said

    def why(self) -> str:
        """How it ended."""
        return self._process.why()

    def kill(self) -> None:
        """Take it away."""
        self._process.kill()


class RayProcesses:
    """Workers on a cluster. address: as `ray.init` takes it. cpus, gpus: what a node is to have for each.

    Raises UserError where there is no Ray, none that can be used, or no node with so much.
    """

    def __init__(self, address: str, cpus: float, gpus: float) -> None:
        within("cpus", cpus, 0.01, MOST_CPUS)
        within("gpus", gpus, 0, MOST_GPUS)
        self._ray = connected("dreamstream-film", address)
        self._cpus, self._gpus = cpus, gpus
        able = [
            node
            for node in self._ray.nodes()
            if node["Alive"] and node["Resources"].get("CPU", 0) >= cpus and node["Resources"].get("GPU", 0) >= gpus
        ]
        if not able:
            self._ray.shutdown()
            more = f" and {gpus:g} accelerators" if gpus else ""
            raise UserError(f"No node of the Ray cluster at {address!r} has {cpus:g} cores{more} for a worker.")

    def start(self, folder: Path, number: int, hear: Hear) -> Process:
        """Start one, where there is room."""
        actor = (
            self._ray.remote(Teller)
            # Spread, for each is the better the more of a node it has; accelerators are stated in any case.
            .options(num_cpus=self._cpus, num_gpus=self._gpus, max_concurrency=4, scheduling_strategy="SPREAD")
            .remote(str(folder), dict(os.environ), self._gpus)
        )
        return _RayProcess(self._ray, actor, number, hear)

    def close(self) -> None:
        """Let go of the cluster; what ran there for this film ends with that."""
        self._ray.shutdown()


class _RayProcess:
    """A worker's process, through its actor."""

    def __init__(self, ray: Any, actor: Any, number: int, hear: Hear) -> None:
        self._ray, self._actor, self._hear = ray, actor, hear
        self._gone = threading.Event()
        self._why = ""
        threading.Thread(target=self._listen, name=f"film node {number}", daemon=True).start()

    def tell(self, line: str) -> None:
        """Have it read a line; one that is dead does not."""
        self._actor.tell.remote(line)

    def kill(self) -> None:
        """Take it away, and its actor."""
        if self._gone.is_set():
            return
        self._gone.set()
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.get(self._actor.kill.remote(), timeout=ENDS_WITHIN)
        self._ray.kill(self._actor, no_restart=True)

    def why(self) -> str:
        """How it ended."""
        return self._why or "(its node is gone)."

    def _listen(self) -> None:
        errors = self._ray.exceptions
        limit = COMING_WITHIN
        while not self._gone.is_set():
            try:
                said = self._ray.get(self._actor.hear.remote(), timeout=limit)
            except errors.GetTimeoutError:
                self._why = f"(no node had room for it for {limit:.0f} s)."
                break
            except Exception as error:  # Ray's own are many, and an actor that is gone is one of them
                self._why = f"(its node or its actor is gone: {(str(error) or type(error).__name__).splitlines()[0]})."
                break
            limit = LINE_WITHIN + COMING_WITHIN
            for line in said:
                if line is None:
                    with contextlib.suppress(errors.RayError):
                        self._why = self._ray.get(self._actor.why.remote(), timeout=ENDS_WITHIN)
                    self._hear(None)
                    return
                self._hear(line)
        self._hear(None)
