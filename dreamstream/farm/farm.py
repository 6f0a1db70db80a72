"""One farm, running: its folder, its supervisor and its wall, wired together and ended in order.

starting -> on -> ending (every channel closes its files) -> over. A farm that is killed leaves its channels running;
the next one on the same folder takes them over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from pathlib import Path

from dreamstream.core.errors import UserError
from dreamstream.farm import client
from dreamstream.farm.backends.backend import Backend
from dreamstream.farm.backends.local import LocalProcesses
from dreamstream.farm.folder import FarmFolder
from dreamstream.farm.job_runner import JobRunner
from dreamstream.farm.jobs import JobState
from dreamstream.farm.plan import Plan, read_plan
from dreamstream.farm.ready import check_channels
from dreamstream.farm.supervisor import TICK, Supervisor
from dreamstream.farm.wall import Role, Wall, create_wall
from dreamstream.show.signals import ending
from dreamstream.support import logs, machine
from dreamstream.support.service_manager import ServiceManager
from dreamstream.web.address import PageAddress
from dreamstream.web.connections import Connections
from dreamstream.web.server import SignallessServer, hear_accept_errors, listen, serve_config
from dreamstream.web.token import Lock, digest, is_digest, new_token

log = logging.getLogger(__name__)

SERVER_STOP = 2.0
# How long jobs may take to end after the channels have: some are killed after 10 s.
JOBS_END_WITHIN = 15.0
# What the folder calls the digests of the wall's tokens.
_LOCKS = "locks"


def up(path: Path, folder: Path, *, new_tokens: bool = False, verbose: bool = False) -> int:
    """Run the farm of a plan until it is told to stop, or tell the one that runs already; returns the exit code.

    Raises UserError.
    """
    plan = read_plan(path, machine.accelerators())
    check_channels(plan)
    home = FarmFolder(folder)
    if not home.open():
        print(client.tell(folder, "up", {"plan": str(path.absolute())}))
        return 0
    with contextlib.ExitStack() as undo:
        undo.callback(home.close)
        backend = backend_of(plan, home.records)
        undo.callback(backend.close)
        logs.setup("farm", verbose=verbose)
        logging.getLogger("httpx").setLevel(logging.WARNING)
        return asyncio.run(Farm(plan, home, backend, new_tokens).run())


def backend_of(plan: Plan, records: Path) -> Backend:
    """What runs the channels of a plan. Raises UserError where it cannot be had."""
    if plan.backend == "local":
        return LocalProcesses(records)
    from dreamstream.farm.backends.ray_cluster import RayProcesses

    return RayProcesses(records, plan.address)


class Farm:
    """The parts of one farm. Raises UserError where its wall cannot be served."""

    def __init__(self, plan: Plan, home: FarmFolder, backend: Backend, new_tokens: bool = False) -> None:
        self._plan, self._home = plan, home
        self._service = ServiceManager()
        self._supervisor = Supervisor(plan, home, backend, on_look=self._looked)
        self._jobs = JobRunner(plan, home, backend)
        self._stopping = asyncio.Event()
        self._socket = listen(plan.host, plan.port)
        self._url = PageAddress(plan.host, self._socket.getsockname()[1]).here
        self._owner = new_token()
        self._locks, self._new = self._tokens(new_tokens)

    async def run(self) -> int:
        """Run until a signal, or an order to end; 1 when a channel did not end in time."""
        loop = asyncio.get_running_loop()
        visitors = Connections()
        hear_accept_errors(loop, visitors)
        locks = [(Lock(digest(self._owner)), Role.OPERATOR), *self._locks]
        wall = Wall(self._supervisor, self._jobs, locks, self._up, self._stopping.set)
        app = create_wall(wall, self._plan.host, self._plan.allowed_host)
        server = SignallessServer(serve_config(app, self._plan.host, self._plan.port, visitors))
        self._loop = loop
        with ending(self._stop), contextlib.closing(self._socket):
            serving = asyncio.create_task(server.serve(sockets=[self._socket]), name="wall")
            serving.add_done_callback(lambda _: self._stopping.set())
            log.info("%s", self._supervisor.take(self._plan))
            looking = asyncio.create_task(self._supervisor.run(), name="supervisor")
            looking.add_done_callback(lambda _: self._stopping.set())
            self._home.save("wall", {"url": self._url, "token": self._owner})
            self._greet()
            self._service.ready()
            await self._stopping.wait()
            self._service.ending()
            failed = looking.done() or serving.done()
            if failed:
                log.error("The farm cannot go on; its channels do, and `dreamstream farm up` takes them over.")
                ended = False
            else:
                began = time.monotonic()
                log.info("Ending every channel.")
                self._jobs.cancel_all()
                ended = await self._supervisor.down() and await self._without_jobs()
                log.info(
                    "Ended in %.1f s." if ended else "After %.1f s some channels still run.", time.monotonic() - began
                )
            looking.cancel()
            server.should_exit = True
            await asyncio.wait([serving, looking], timeout=SERVER_STOP)
            server.force_exit = True
            await asyncio.wait([serving], timeout=SERVER_STOP)
        return 0 if ended else 1

    def _looked(self) -> None:
        """The supervisor has looked at all channels."""
        self._jobs.look()
        self._service.alive()

    async def _without_jobs(self) -> bool:
        """Whether all jobs have ended in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(JOBS_END_WITHIN):
                while any(job.state in (JobState.RUNNING, JobState.ENDING) for job in self._jobs.jobs):
                    await asyncio.sleep(TICK)
                return True
        return False

    def _stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _up(self, path: str) -> str:
        """Have the farm be as another plan says. Raises UserError."""
        plan = await asyncio.to_thread(read_plan, Path(path), machine.accelerators())
        if (plan.host, plan.port, plan.allowed_host) != (self._plan.host, self._plan.port, self._plan.allowed_host):
            raise UserError("The wall's own address changes only with a new start: `dreamstream farm down`, then `up`.")
        if (plan.backend, plan.address) != (self._plan.backend, self._plan.address):
            raise UserError("What runs the channels changes only with a new start: `dreamstream farm down`, then `up`.")
        self._plan = plan
        self._jobs.take(plan)
        return self._supervisor.take(plan)

    def _tokens(self, anew: bool) -> tuple[list[tuple[Lock, Role]], dict[Role, str]]:
        """What opens the wall, and the tokens that nobody was shown yet."""
        kept = self._home.load(_LOCKS)
        roles = (Role.OPERATOR, Role.VIEWER)
        if not anew and all(is_digest(kept.get(role.name)) for role in roles):
            return [(Lock(kept[role.name]), role) for role in roles], {}
        made = {role: new_token() for role in roles}
        self._home.save(_LOCKS, {role.name: digest(token) for role, token in made.items()})
        return [(Lock(digest(token)), role) for role, token in made.items()], made

    def _greet(self) -> None:
        print(f"The farm is on: its wall is at {self._url}", flush=True)
        for role, token in self._new.items():
            # Behind the #, where browsers keep it to themselves.
            print(f"For {role.name.lower()}s: {self._url}#{token} (keep this link; it is shown once).", flush=True)
        self._new = {}
