"""argparse with this program's own sentences, and flags that are made when they are asked for."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from dreamstream.core.errors import UsageError

_KINDS = {"float": "number", "int": "whole number"}


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError, with what was probably meant, where argparse would print and exit.

    fill: adds the flags; called once, so that a command's flags cost nothing where another command is run.
    """

    fill: Callable[[argparse.ArgumentParser], None] | None = None

    def filled(self) -> Parser:
        """This parser with all its flags."""
        fill, self.fill = self.fill, None
        if fill is not None:
            fill(self)
        return self

    def children(self) -> dict[str, Parser]:
        """The commands below this one by name."""
        groups = [action for action in self.filled()._actions if isinstance(action, argparse._SubParsersAction)]
        return {name: parser for group in groups for name, parser in group.choices.items()}

    def flags(self) -> list[str]:
        """Every spelling of every flag."""
        return [name for action in self.filled()._actions for name in action.option_strings]

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As argparse does it; what is left over is refused, by the command that does not know it."""
        children = self.children()
        for word in args or () if children else ():
            if word in children:
                break
            # argparse would take the flag's value for a command, and refuse that.
            if word.startswith("--") and not any(flag.startswith(word.partition("=")[0]) for flag in self.flags()):
                raise UsageError(self._unknown(word.partition("=")[0], [word]))
        parsed, left = super(Parser, self.filled()).parse_known_args(args, namespace)
        if left:
            raise UsageError(self._unknown(left[0].partition("=")[0], left))
        return parsed, []

    def format_help(self) -> str:
        """The help of the filled parser."""
        return super(Parser, self.filled()).format_help()

    def format_usage(self) -> str:
        """The usage of the filled parser."""
        return super(Parser, self.filled()).format_usage()

    def error(self, message: str) -> NoReturn:
        """Say in a sentence what argparse found."""
        raise UsageError(self._in_own_words(message))

    def _unknown(self, word: str, left: Sequence[str]) -> str:
        if not word.startswith("-"):
            return f"`{self.prog}` does not know what to do with {' '.join(left)!r}. {self._more()}"
        sentence = f"`{self.prog}` has no flag {word}. "
        near = difflib.get_close_matches(word, self.flags(), 1)
        having = [child.prog for child in self.children().values() if word in child.flags()]
        if having:
            return f"{sentence}`{having[0]}` has it."
        return f"{sentence}Did you mean {near[0]}?" if near else sentence + self._more()

    def _more(self) -> str:
        return f"`{self.prog} --help` tells what it takes."

    def _in_own_words(self, message: str) -> str:
        if found := re.fullmatch(r"argument (.+?): expected .*", message):
            name = found[1].split("/")[-1]
            action = next((one for one in self._actions if name in one.option_strings), None)
            example = f" {name} {action.metavar or ''}".rstrip() if action else " one"
            return f"{name} needs a value:{example}."
        if found := re.fullmatch(r"argument (.+?): invalid (\w+) value: (.*)", message, re.S):
            return f"{found[1].split('/')[-1]} is {found[3]}, but must be a {_KINDS.get(found[2], found[2])}."
        if found := re.match(r"argument (.+?): invalid choice: '(.*?)' \(choose from (.*)\)", message, re.S):
            choices = [choice.strip(" '") for choice in found[3].split(",")]
            near = difflib.get_close_matches(found[2].casefold(), choices, 1)
            meant = f"Did you mean {near[0]}?" if near else f"There are {', '.join(choices)}."
            return f"`{self.prog}` has no command {found[2]!r}. {meant}"
        if found := re.fullmatch(r"the following arguments are required: (.*)", message):
            commands = ", ".join(self.children())
            missing = f"one of {commands}" if commands else " and ".join(self._named(found[1].split(", ")))
            return f"`{self.prog}` needs {missing}. {self._more()}"
        if found := re.fullmatch(r"ambiguous option: (\S+) could match (.*)", message):
            return f"{found[1]} may mean {' or '.join(found[2].split(', '))}; write it out."
        if found := re.fullmatch(r"argument (.+?): ignored explicit argument (.*)", message):
            return f"{found[1].split('/')[-1]} takes no value, but was given {found[2]}."
        return f"{message[:1].upper()}{message[1:]}."

    def _named(self, required: Sequence[str]) -> list[str]:
        """What is required, each flag with what stands for its value."""
        shown = {
            "/".join(one.option_strings): f"{one.option_strings[0]} {one.metavar}"
            for one in self._actions[1:]
            if one.option_strings
        }
        return [shown.get(name, name) for name in required]
