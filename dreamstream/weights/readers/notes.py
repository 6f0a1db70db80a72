"""What is written down of a pickle where another reader would import, call or make something."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Name:
    """A global's name, as the pickle says it; nothing of that name is looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"[:120]


@dataclass(eq=False, slots=True)
class Call:
    """An object that the pickle wants made by a call; items, members and state are what it wants put in."""

    function: Any
    arguments: Any
    items: dict[Any, Any] = field(default_factory=dict)
    members: list[Any] = field(default_factory=list)
    state: Any = None


@dataclass(eq=False, slots=True)
class Persistent:
    """Something that the pickle's writer keeps outside of it, like PyTorch its storages."""

    id: Any


def items_of(value: Any) -> dict[Any, Any]:
    """What stands in a dict, or in what a pickle makes by a call and fills like one."""
    items = value.items if isinstance(value, Call) else value
    return items if isinstance(items, dict) else {}
