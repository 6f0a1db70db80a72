"""What a streamer decides about chat: limits, roles, grammar and language. A part of the show's Settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator

from dreamstream.chat.block_list import BlockList
from dreamstream.chat.bot import KNOWN_BOTS
from dreamstream.chat.phrases.languages import LANGUAGES
from dreamstream.chat.roles import RULED
from dreamstream.core.arguments import pairs
from dreamstream.core.message import Role
from dreamstream.core.names import meant
from dreamstream.core.programme import MAX_WISHES
from dreamstream.requests.pace import HoldRules
from dreamstream.settings.field import SettingPath, one_of, setting
from dreamstream.wishes.parse import ALIASES, Grammar

_ROLES = {role.name.lower(): role for role in Role}


def _roles(value: dict[str, str]) -> dict[str, str]:
    if strange := next((name for name in value if name not in RULED), None):
        raise ValueError(f"names {strange}, which is no command; {meant(strange, RULED)}")
    if any(role not in _ROLES for role in value.values()):
        raise ValueError(f"must give each command one of {', '.join(_ROLES)}")
    return value


def _favours(value: dict[str, int]) -> dict[str, int]:
    if any(role not in _ROLES for role in value) or not all(0 <= turns <= 10 for turns in value.values()):
        raise ValueError(f"must give 0 to 10 turns to some of {', '.join(_ROLES)}")
    return value


def _aliases(value: dict[str, str]) -> dict[str, str]:
    if any(command not in RULED for command in value.values()):
        raise ValueError(f"must mean one of {', '.join(RULED)}")
    if any(not alias or " " in alias for alias in value):
        raise ValueError("must be single words")
    return {alias.casefold(): command for alias, command in value.items()}


def _share(value: object) -> object:
    """(8, 16, 24) from "8 16 24"; () from "off"."""
    if value == "off" or value is False:
        return ()
    numbers = re.findall(r"\d+", value) if isinstance(value, str) else value
    if not isinstance(numbers, (list, tuple)) or not 1 <= len(numbers) < MAX_WISHES:
        raise ValueError(f'must be "off", or 1 to {MAX_WISHES - 1} growing numbers like "8 16 24"')
    starts = tuple(int(number) for number in numbers)
    if not all(2 <= start <= 500 for start in starts) or list(starts) != sorted(set(starts)):
        raise ValueError('must be growing numbers from 2 to 500, like "8 16 24"')
    return starts


def _prefix(value: str) -> str:
    if not re.fullmatch(r"[^\s\w]{1,3}", value):
        raise ValueError("must be one to three signs, like ! or ?")
    return value


def _block_list(path: Path) -> Path:
    try:
        BlockList.extended(path)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError("must be a text file in UTF-8, one word a line") from None
    return path


def _names(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class ChatSettings(BaseModel):
    """Chat and the queue."""

    hold: float = setting(30.0, "how long a request is dreamed when others wait", unit="seconds", ge=2, le=3600)
    limit: int = setting(2, "waiting requests of one viewer", ge=1, le=50)
    queue_size: int = setting(50, "waiting requests in all", ge=1, le=500)
    cooldown: float = setting(3.0, "between two requests of one viewer", unit="seconds", ge=0, le=3600)
    class_cooldown: float = setting(
        0.0, "before a class that was shown may be asked for again", unit="seconds", ge=0, le=86_400
    )
    votes_to_skip: int = setting(3, "viewers that end what is shown with !voteskip", ge=1, le=1000)
    share: Annotated[tuple[int, ...], BeforeValidator(_share)] = setting(
        (8, 16, 24), 'from how many waiting on 2, 3, 4 share the canvas, or "off"', metavar="N..."
    )
    roles: Annotated[dict[str, str], BeforeValidator(pairs("skip=vip")), AfterValidator(_roles)] = setting(
        {}, "least role for a command: skip=vip", metavar="COMMAND=ROLE", flag="--role"
    )
    favours: Annotated[dict[str, int], BeforeValidator(pairs("vip=1")), AfterValidator(_favours)] = setting(
        {}, "turns that a role is forgiven: vip=1", metavar="ROLE=TURNS", flag="--favour"
    )
    aliases: Annotated[dict[str, str], BeforeValidator(pairs("d=dream")), AfterValidator(_aliases)] = setting(
        {}, "another word for a command: d=dream; the usual ones stay", metavar="WORD=COMMAND", flag="--alias"
    )
    prefix: Annotated[str, AfterValidator(_prefix)] = setting("!", "what commands begin with", metavar="MARK")
    bare: bool = setting(False, "a message that is only the name of a class counts as a request")
    language: Annotated[str, BeforeValidator(one_of(tuple(LANGUAGES)))] = setting(
        "en", f"what the bot speaks: {' or '.join(LANGUAGES)}", metavar="CODE"
    )
    block_list: Annotated[SettingPath, AfterValidator(_block_list)] | None = setting(
        None, "more words that no shown name may hold, one a line", metavar="FILE"
    )
    ignore: Annotated[list[str], BeforeValidator(_names)] = setting(
        [], "a bot that is never listened to; may be given several times", metavar="USER"
    )

    def pace(self) -> HoldRules:
        """How long a wish stays, and how many share the canvas."""
        return HoldRules.of(self.hold, self.share)

    def grammar(self) -> Grammar:
        """How this streamer's chat asks; own aliases come beside the usual ones."""
        return Grammar(prefix=self.prefix, aliases=ALIASES | self.aliases, bare=self.bare)

    def least(self) -> dict[str, Role]:
        """The least role for each command that has an own rule."""
        return {command: _ROLES[role] for command, role in self.roles.items()}

    def favoured(self) -> dict[Role, int]:
        """How many turns each role is forgiven."""
        return {_ROLES[role]: turns for role, turns in self.favours.items()}

    def blocked(self) -> BlockList:
        """The words that no name may hold."""
        return BlockList.extended(self.block_list) if self.block_list else BlockList.shipped()

    def ignored(self) -> frozenset[str]:
        """Users that are never listened to."""
        return KNOWN_BOTS | {name.casefold().lstrip("@") for name in self.ignore}
