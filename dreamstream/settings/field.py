"""What a setting is: one field, from which its flag, help, table in the docs and name in the environment are made.

A field is written once, in the model of its group:

    fps: int = setting(30, "frames per second", ge=1, le=60)

Its type says what a text may mean, or raises ValueError with the end of a sentence ("must look like 1280x720").
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Field
from pydantic.fields import FieldInfo

from dreamstream.core.names import choice
from dreamstream.support import extensions

PREFIX = "DREAMSTREAM_"


def setting(
    default: Any,
    help: str,
    *,
    metavar: str = "",
    unit: str = "",
    usually: str = "",
    flag: str | None = "",
    secret: bool = False,
    **limits: Any,
) -> Any:
    """A field of a settings model.

    help: one line, without default and range, which are added. metavar: what stands for the value; by default N, or
    the unit. usually: what happens where the default is to be worked out. flag: its spelling where that is not the
    key's; None for no flag at all. secret: shown in no message. limits: as pydantic's Field takes them (ge, le, gt,
    max_length, ...).
    """
    told: Any = {"metavar": metavar, "unit": unit, "usually": usually, "flag": flag, "secret": secret}
    return Field(default, description=help, json_schema_extra={"setting": told}, **limits)


@dataclass(frozen=True)
class Setting:
    """One setting as a person meets it.

    low, high: its range, where it is a number; above: low itself is not in it. form: "switch" is given or not,
    "yes or no" can also be turned off, "list" may be given several times, "value" once.
    """

    key: str
    group: str
    help: str
    default: Any
    form: str
    metavar: str
    unit: str
    usually: str
    flag: str
    secret: bool
    low: float | None
    high: float | None
    above: bool

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.key.upper()

    @property
    def range(self) -> str:
        """What numbers it takes: "1 to 60", or "" for what is no number or has no two ends."""
        if self.low is None or self.high is None:
            return ""
        if self.above:
            return f"above {_plain(self.low)}, at most {_plain(self.high)}"
        return f"{_plain(self.low)} to {_plain(self.high)}"

    @property
    def shown_default(self) -> str:
        """The default as a person would write it, or what happens without one."""
        if self.usually:
            return self.usually
        if self.default in (None, "", [], {}) or self.form == "switch":
            return ""
        if isinstance(self.default, tuple):
            return " ".join(str(part) for part in self.default)
        return _plain(self.default)

    @property
    def text(self) -> str:
        """Help with range and default: "frames per second (1 to 60; default 30)"."""
        return self.with_default(self.shown_default)

    def with_default(self, default: Any) -> str:
        """Help with range, and with the default of a command that has its own; None for none."""
        limits = f"{self.range} {self.unit}".rstrip() if self.range else ""
        usual = f"default {_plain(default)}" if default not in (None, "", []) else ""
        more = "; ".join(part for part in (limits, usual) if part)
        return f"{self.help} ({more})" if more else self.help

    @property
    def allowed(self) -> str:
        """The end of the sentence that refuses a number, or "" for what is none."""
        if not self.range:
            return ""
        return f"must be a number {self.range if self.above else 'from ' + self.range}"


def settings_of(model: type[BaseModel]) -> dict[str, Setting]:
    """Every setting of a model by key, in the order of the groups that it is made of."""
    found: dict[str, Setting] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, BaseModel) or base is BaseModel:
            continue
        group = (base.__doc__ or "").partition("\n")[0].rstrip(".")
        for key in base.__annotations__:
            if key in base.model_fields and key not in found:
                found[key] = _setting(key, group, base.model_fields[key])
    return found


def _setting(key: str, group: str, field: FieldInfo) -> Setting:
    extra = field.json_schema_extra
    told: Any = extra.get("setting") if isinstance(extra, dict) else None
    if told is None:
        raise TypeError(f"the setting {key} is not made by setting()")
    limits = {
        name: getattr(rule, name) for rule in field.metadata for name in ("ge", "le", "gt") if hasattr(rule, name)
    }
    unit = told["unit"]
    plain = told["flag"]
    return Setting(
        key=key,
        group=group,
        help=field.description or "",
        default=field.get_default(call_default_factory=True),
        form=_form(field.annotation, field.default),
        metavar=told["metavar"] or (unit.upper() if unit else "N"),
        unit=unit,
        usually=told["usually"],
        flag="" if plain is None else plain or f"--{key.replace('_', '-')}",
        secret=told["secret"],
        low=limits.get("ge", limits.get("gt")),
        high=limits.get("le"),
        above="gt" in limits,
    )


def _form(annotation: Any, default: Any) -> str:
    kinds = [annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = list(get_args(annotation))
    bare = {get_origin(kind) or kind for kind in kinds}
    if bool in bare:
        return "switch" if default is False else "yes or no"
    return "list" if bare & {list, dict} else "value"


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


# -- types that several groups use ----------------------------------------------------------------------------------


def one_of(what: Sequence[str]) -> Callable[[Any], Any]:
    """A reader of one of some names, in any case."""

    def read(value: Any) -> Any:
        word = value.strip().casefold() if isinstance(value, str) else value
        if word not in what:
            raise ValueError(choice(str(word), what))
        return word

    return read


def auto(value: Any) -> Any:
    """None, "let the program choose", from "auto"."""
    return None if isinstance(value, str) and value.strip().casefold() in ("auto", "") else value


def words(value: Any) -> Any:
    """A list from words with blanks between them, as they stand in the environment."""
    return value.split() if isinstance(value, str) else value


def brought(group: str, what: str) -> Callable[[str], str]:
    """A reader of NAME:TARGET, where NAME is an entry point of this group that some package brings."""

    def read(value: str) -> str:
        name, colon, target = value.strip().partition(":")
        known = list(extensions.found(group))
        if name not in known or not colon or not target:
            there = f"installed: {', '.join(known)}" if known else "none is installed"
            raise ValueError(f"must be NAME:TARGET, with the name of {what} that another package brings ({there})")
        return value.strip()

    return read


def home(value: Any) -> Any:
    """A path with ~ as the shell reads it."""
    if not isinstance(value, (str, Path)):
        return value
    if not str(value).strip() or "\0" in str(value):
        raise ValueError("must name a file or folder")
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError("begins with the home folder of somebody whom this machine does not know") from None


# A file or folder.
SettingPath = Annotated[Path, BeforeValidator(home)]
AutoInt = Annotated[int | None, BeforeValidator(auto)]
AutoBool = Annotated[bool | None, BeforeValidator(auto)]
