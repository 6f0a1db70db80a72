"""A command of chat: what it is called, who may say it, what it does. Sans-I/O.

A command is a method of `Commands`, or of `ViewerCommands` below it, with `@command` above. Whatever it answers stands
in every file of phrases/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dreamstream.core.message import Message, Role

# An answer, and whether something changed that must outlive a restart.
Answer = tuple[str, bool]
# Does `!zoom` and `!preset`: the command and its argument, to a phrase of the language and what fills it.
TurnControl = Callable[[str, str], tuple[str, Mapping[str, object]]]


@dataclass(frozen=True)
class Context:
    """Who says a command, and when."""

    message: Message
    now: float


# What it does, as a method.
_Do = Callable[[Any, str, Context], Answer]


@dataclass(frozen=True)
class ChatCommand:
    """One command of chat.

    name: the word after the prefix. least: the lowest role that may say it, unless the streamer says otherwise.
    do: what it does; gets the rest of the line.
    """

    name: str
    least: Role
    do: _Do


# Every command but `!dream`, by name, in the order of their declaration.
COMMANDS: dict[str, ChatCommand] = {}


def command(name: str, least: Role = Role.EVERYONE) -> Callable[[_Do], _Do]:
    """Declare what is below it as the command of this name."""

    def declare(do: _Do) -> _Do:
        COMMANDS[name] = ChatCommand(name, least, do)
        return do

    return declare
