"""On which nodes channels may be, as operators say it. Pure: the nodes are those that the back end sees now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dreamstream.core.errors import UserError
from dreamstream.farm.backends.backend import Node


class Places:
    """Which nodes are drained. drained: their names, as they were kept."""

    def __init__(self, drained: Iterable[str] = ()) -> None:
        self.drained = set(drained)

    def find(self, name: str, nodes: Sequence[Node]) -> Node:
        """A node by its name or the beginning of it, or by its address. Raises UserError."""
        if not nodes:
            raise UserError("This farm has one node, this machine; its channels have nowhere else to go.")
        found = [each for each in nodes if name and (each.name.startswith(name) or each.address == name)]
        living = [each for each in found if each.alive] or found
        if len(living) == 1:
            return living[0]
        there = ", ".join(each.name for each in nodes if each.alive)
        kind = "several nodes" if living else "no node"
        raise UserError(f"{name!r} is {kind} of this farm; there are {there}.")

    def open(self, name: str, nodes: Sequence[Node]) -> Node:
        """A node that channels may go to. Raises UserError."""
        found = self.find(name, nodes)
        if not found.alive or found.name in self.drained:
            raise UserError(f"The node {found.name} is {'drained' if found.alive else 'gone'}; choose another.")
        return found

    def drain(self, name: str, nodes: Sequence[Node]) -> Node:
        """Let no channel be started on a node any more. Raises UserError for the last one."""
        found = self.find(name, nodes)
        others = [each for each in nodes if each.alive and each.name not in self.drained]
        if all(each.name == found.name for each in others):
            raise UserError(f"{found.name} is the last node; its channels have nowhere to go.")
        self.drained.add(found.name)
        return found

    def admit(self, name: str, nodes: Sequence[Node]) -> Node:
        """Let channels be started on a node again. Raises UserError."""
        found = self.find(name, nodes)
        self.drained.discard(found.name)
        return found
