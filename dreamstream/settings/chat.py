"""What a streamer decides about chat: limits, roles, grammar and language. A part of the show's Settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from dreamstream.chat.block_list import BlockList
from dreamstream.chat.bot import KNOWN_BOTS
from dreamstream.chat.phrases.languages import LANGUAGES
from dreamstream.chat.roles import RULED
from dreamstream.core.message import Role
from dreamstream.core.programme import MAX_WISHES
from dreamstream.requests.pace import HoldRules
from dreamstream.wishes.parse import ALIASES, Grammar

_ROLES = {role.name.lower(): role for role in Role}


def _table(example: str) -> Callable[[Any], Any]:
    """A reader of "a=1 b=2", of a list of such words, or of a table; example: what one looks like."""

    def read(value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace(",", " ").split()
        if isinstance(value, list):
            pairs = [str(word).partition("=") for word in value]
            if any(not name.strip() or not equals for name, equals, _ in pairs):
                raise ValueError(f"must look like {example}")
            return {name.strip(): text.strip() for name, _, text in pairs}
        return value

    return read


def _roles(value: dict[str, str]) -> dict[str, str]:
    if strange := next((name for name in value if name not in RULED), None):
        raise ValueError(f"names {strange}, which is no command; there are {', '.join(RULED)}")
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
    if any(start < 2 for start in starts) or list(starts) != sorted(set(starts)):
        raise ValueError('must be growing numbers from 2 on, like "8 16 24"')
    return starts


def _prefix(value: str) -> str:
    if not re.fullmatch(r"[^\s\w]{1,3}", value):
        raise ValueError("must be one to three signs, like ! or ?")
    return value


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
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
    """What chat may do, and how the bot talks."""

    hold: float = Field(30.0, ge=2, le=3600)
    limit: int = Field(2, ge=1, le=50)
    queue_size: int = Field(50, ge=1, le=500)
    cooldown: float = Field(3.0, ge=0, le=3600)
    class_cooldown: float = Field(0.0, ge=0, le=86_400)
    votes_to_skip: int = Field(3, ge=1, le=1000)
    share: Annotated[tuple[int, ...], BeforeValidator(_share)] = (8, 16, 24)
    roles: Annotated[dict[str, str], BeforeValidator(_table("skip=vip")), AfterValidator(_roles)] = {}
    favours: Annotated[dict[str, int], BeforeValidator(_table("vip=1")), AfterValidator(_favours)] = {}
    aliases: Annotated[dict[str, str], BeforeValidator(_table("d=dream")), AfterValidator(_aliases)] = {}
    prefix: Annotated[str, AfterValidator(_prefix)] = "!"
    bare: bool = False
    language: Annotated[str, AfterValidator(_language)] = "en"
    block_list: Annotated[Path, AfterValidator(_block_list)] | None = None
    ignore: Annotated[list[str], BeforeValidator(_names)] = []

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
