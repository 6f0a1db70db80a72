"""The back end of several machines: each channel's process is owned by an actor of a Ray cluster that runs already.

The actors are detached: they outlive this farm, and the next one finds them by their records. Ray itself begins an
actor anew on another node when its node is gone; what is begun anew starts its channel at once. All nodes see the
farm's folder under one path, so a channel goes on elsewhere with its own state.

What Ray is asked goes through one thread, since it may take its time; what it said last is what is seen:

    asked to start -> coming -> there -> gone            the process ended, and its actor is let go
                        ^         v
                        +------- lost                    its node or its keeper is gone, and it comes up elsewhere
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dreamstream.farm.backends.backend import Launch, Node, ProcessSight
from dreamstream.farm.backends.ray_connection import connected
from dreamstream.support import files

log = logging.getLogger(__name__)

# Seconds between two looks, how long an answer may take, and for how long one that is late is believed to come.
LOOK_EVERY, ANSWER_WITHIN, LATE = 0.5, 2.0, 6.0
# How long an actor may take until it is there, where its node has to start a process for it.
COMING_WITHIN = 60.0
CLOSE_WITHIN = 10.0


@dataclass
class _Kept:
    """What is known of one channel's actor. asked: an answer that is on its way, since when."""

    actor: Any = None
    launch: Launch | None = None
    sight: ProcessSight = field(default_factory=lambda: ProcessSight(alive=True))
    since: float = 0.0
    there: bool = False
    asked: Any = None
    asked_at: float = 0.0


class RayProcesses:
    """Processes on the nodes of a cluster. records: the folder where each actor is written down.

    address: of the cluster, as `ray.init` takes it. Raises UserError where there is no Ray, or none that can be used.
    """

    def __init__(self, records: Path, address: str = "auto") -> None:
        # A farm finds its own actors, whoever else uses the cluster.
        namespace = f"dreamstream-{hashlib.sha256(str(records.resolve()).encode()).hexdigest()[:16]}"
        self._ray = connected(namespace, address)
        from dreamstream.farm.backends.keeper import Keeper, short

        self._short = short
        self._keeper: Any = self._ray.remote(Keeper)
        self._records = records
        self._kept: dict[str, _Kept] = {}
        self._nodes: tuple[Node, ...] = ()
        self._ids: dict[str, dict[str, Any]] = {}
        self._farm = str(self._ray.util.get_node_ip_address())
        self._orders: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._look_at_nodes()
        self._thread = threading.Thread(target=self._run, name="ray", daemon=True)
        self._thread.start()

    # -- what the farm asks

    def start(self, name: str, launch: Launch) -> None:
        """Have it started; where it comes up by itself already, nothing is done. Why it cannot be is seen later."""
        kept = self._kept.get(name)
        # One whose node is gone keeps its actor, which Ray begins anew.
        if kept is None or kept.actor is None:
            kept = self._kept[name] = _Kept(launch=launch)
            self._orders.put(lambda: self._create(name, launch))
        kept.launch, kept.since, kept.there = launch, time.monotonic(), False
        kept.sight = replace(kept.sight, alive=True, why="")

    def sight(self, name: str) -> ProcessSight:
        """What was seen of it last."""
        kept = self._kept.get(name)
        return ProcessSight(alive=False) if kept is None else kept.sight

    def end(self, name: str) -> None:
        """Ask it to close its files and go."""
        self._tell(name, "end")

    def kill(self, name: str) -> None:
        """Take it away, with whatever it started, and its keeper."""
        self._orders.put(lambda: self._let_go(name))

    def adopt(self, name: str) -> bool:
        """Take over the actor that its record names, where its process still runs or comes up."""
        try:
            record = json.loads(self._record(name).read_bytes())
            actor = self._ray.get_actor(str(record["actor"]))
            sight = self._ray.get(actor.sight.remote(), timeout=LATE)
        except self._ray.exceptions.GetTimeoutError:
            sight = ProcessSight(alive=True)  # Ray knows it, and is about to start it
        except (OSError, ValueError, KeyError, TypeError, self._ray.exceptions.RayError):
            return False
        self._kept[name] = _Kept(actor, None, sight, time.monotonic())
        if not sight.alive:
            self.kill(name)
        return bool(sight.alive)

    def forget(self, name: str) -> None:
        """Nothing of it is left."""
        kept = self._kept.get(name)
        self.kill(name)
        self._orders.put(lambda: self._drop(name, kept))

    def settle(self, name: str) -> None:
        """Its session is its node's own business."""

    def nodes(self) -> Sequence[Node]:
        """All nodes that the cluster has had, those that are gone, too."""
        return self._nodes

    def close(self) -> None:
        """Let go of the cluster when all that was asked for is done."""
        self._orders.put(None)
        self._thread.join(CLOSE_WITHIN)
        self._ray.shutdown()

    # -- in the thread

    def _run(self) -> None:
        looked = 0.0
        while True:
            try:
                order = self._orders.get(timeout=max(0.0, looked + LOOK_EVERY - time.monotonic()))
                if order is None:
                    return
                self._safely(order)
            except queue.Empty:
                looked = time.monotonic()
                self._safely(self._look_at_nodes)
                self._safely(self._look)

    def _safely(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Exception as error:  # Ray's own errors are many, and the cluster may be gone for a while
            log.warning("Ray says: %s", str(error).splitlines()[0] if str(error) else type(error).__name__)

    def _look_at_nodes(self) -> None:
        found = {self._short(node["NodeID"]): node for node in self._ray.nodes()}
        self._ids = {name: node for name, node in found.items() if node["Alive"]}
        self._nodes = tuple(Node(name, node["NodeManagerAddress"], node["Alive"]) for name, node in found.items())

    def _create(self, name: str, launch: Launch) -> None:
        kept = self._kept[name]
        node = self._place(launch)
        if node is None:
            kept.sight = ProcessSight(alive=False, why=self._no_place(launch))
            return
        called = f"{name}-{os.urandom(4).hex()}"
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        files.write(self._record(name), json.dumps({"actor": called}).encode(), private=True)
        kept.actor = self._keeper.options(
            name=called,
            lifetime="detached",
            max_restarts=-1 if launch.elsewhere else 0,
            num_cpus=launch.cpus,
            num_gpus=launch.gpus,
            # Soft: when this node is gone, any other will do.
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True),
        ).remote(launch, self._farm)
        kept.sight, kept.since = ProcessSight(alive=True, node=self._short(node["NodeID"])), time.monotonic()

    def _place(self, launch: Launch) -> dict[str, Any] | None:
        """The node for a channel: the one that was asked for, else the one with the fewest channels for its cores."""
        able = {
            name: node
            for name, node in self._ids.items()
            if node["Resources"].get("CPU", 0) >= launch.cpus and node["Resources"].get("GPU", 0) >= launch.gpus
        }
        if launch.node:
            return able.get(launch.node)
        there = Counter[str]()
        for kept in self._kept.values():
            if kept.actor is not None and kept.launch is not None and kept.sight.alive:
                there[kept.sight.node] += 1
        free = [name for name in able if name not in launch.avoid]
        best = min(free, key=lambda name: (there[name] / able[name]["Resources"].get("CPU", 1), name), default=None)
        return None if best is None else able[best]

    def _no_place(self, launch: Launch) -> str:
        wanted = f"{launch.cpus:g} cores" + (f" and {launch.gpus:g} accelerators" if launch.gpus else "")
        if launch.node:
            return f"node {launch.node} is gone, or has not {wanted}"
        return f"no node that is not drained has {wanted}"

    def _look(self) -> None:
        now = time.monotonic()
        for kept in self._kept.values():
            if kept.actor is not None and kept.asked is None:
                kept.asked, kept.asked_at = kept.actor.sight.remote(), now
        asked = [kept.asked for kept in self._kept.values() if kept.asked is not None]
        if asked:
            self._ray.wait(asked, num_returns=len(asked), timeout=ANSWER_WITHIN / 4)
        for name, kept in list(self._kept.items()):
            if kept.asked is not None:
                self._hear(name, kept)

    def _hear(self, name: str, kept: _Kept) -> None:
        errors = self._ray.exceptions
        now = time.monotonic()
        try:
            sight = self._ray.get(kept.asked, timeout=0)
        except errors.GetTimeoutError:
            if kept.there and (now - kept.asked_at > LATE or kept.sight.node not in self._ids):
                self._lost(kept)
            elif not kept.there and now - kept.since > COMING_WITHIN:
                self._let_go(name)
                kept.sight = ProcessSight(alive=False, why=f"no node had room for it for {COMING_WITHIN:.0f} s")
            return
        except errors.ActorUnavailableError:
            kept.asked = None
            if kept.there:
                self._lost(kept)
            return
        except errors.RayError as error:
            self._let_go(name)
            gone = "its node is gone" if kept.there else f"its keeper cannot start: {str(error).splitlines()[0]}"
            kept.sight = ProcessSight(alive=False, why=gone)
            return
        kept.asked = None
        kept.there = kept.there or sight.alive
        kept.sight = sight
        if not sight.alive:
            self._let_go(name)

    def _lost(self, kept: _Kept) -> None:
        """Its keeper does not answer: said as it is, until it does, here or elsewhere."""
        kept.there = False
        why = "its node is gone" if kept.sight.node not in self._ids else "its keeper on the node is gone"
        kept.sight = replace(ProcessSight(alive=False, why=why), node=kept.sight.node)

    def _tell(self, name: str, what: str) -> None:
        def tell() -> None:
            if (kept := self._kept.get(name)) is not None and kept.actor is not None:
                getattr(kept.actor, what).remote()

        self._orders.put(tell)

    def _let_go(self, name: str) -> None:
        """End an actor, and with it its process where that still runs."""
        kept = self._kept.get(name)
        if kept is None or kept.actor is None:
            return
        actor, kept.actor, kept.asked = kept.actor, None, None
        if kept.sight.alive:
            kept.sight = ProcessSight(alive=False, code=-9)
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.get(actor.kill.remote(), timeout=ANSWER_WITHIN)
        self._ray.kill(actor, no_restart=True)
        with contextlib.suppress(OSError):
            self._record(name).unlink(missing_ok=True)

    def _drop(self, name: str, kept: _Kept | None) -> None:
        """Know it no more, unless it was started again meanwhile."""
        if self._kept.get(name) is kept:
            self._kept.pop(name, None)

    def _record(self, name: str) -> Path:
        return self._records / f"{name}.json"
