"""A farm for its wall: it notes what it is told, and says what a test expects."""

from __future__ import annotations

from collections.abc import Sequence

from dreamstream.core.errors import UserError
from dreamstream.farm.channel import Phase
from dreamstream.farm.jobs import Job
from dreamstream.farm.status import ChannelStatus, FarmStatus


class Farm:
    """A farm that does what it is told and remembers it."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, str]] = []

    def status(self) -> FarmStatus:
        owls = ChannelStatus(
            name="owls", phase=Phase.RUNNING, why="", since=3.0, starts=2, memory=5, page="http://127.0.0.1:8101/"
        )
        return FarmStatus(channels=(owls,))

    def links(self) -> dict[str, str]:
        return {"owls": "http://127.0.0.1:8101/control#sesame"}

    def order(self, what: str, name: str = "") -> str:
        if name == "bees":
            raise UserError("There is no channel bees. There is owls.")
        self.orders.append((what, name))
        return "done"

    def move(self, name: str, node: str) -> str:
        self.orders.append((name, node))
        return "moved"

    def drain(self, node: str, *, undo: bool = False) -> str:
        self.orders.append(("back" if undo else "drain", node))
        return "drained"

    @property
    def jobs(self) -> tuple[Job, ...]:
        return (Job(id=3, command=("image",), folder="/f", output="/f/o.png"),)

    def submit(self, command: Sequence[str], folder: str, output: str) -> str:
        self.orders.append((" ".join(command), f"{folder} {output}"))
        return "submitted"

    def cancel(self, id: int) -> str:
        if id != 3:
            raise UserError(f"There is no job {id}.")
        return "cancelled"

    async def still(self, name: str) -> bytes | None:
        return b"\xff\xd8" if name == "owls" else None
