"""The settings of one run: defaults < TOML file < DREAMSTREAM_* environment < flags, checked before anything starts.

An error names the key, the value and what is allowed, and is one sentence.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import ValidationError

from dreamstream.core.errors import UsageError
from dreamstream.core.names import near, sentence
from dreamstream.settings.field import PREFIX, home
from dreamstream.settings.show import APP, SETTINGS, Settings
from dreamstream.support.files import read_text
from dreamstream.support.resources import OFFLINE_VARIABLE

CONFIG_VARIABLE = PREFIX + "CONFIG"
# What Kubernetes sets beside a Service whose name begins with dreamstream, whatever else is meant by it.
_SERVICE = re.compile(r"\w+_SERVICE_(HOST|PORT(_\w+)?)|\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://\S+:\d+")

# A layer is a list of (key, how a person wrote the key and where, value).
_Layer = list[tuple[str, str, Any]]


def default_config() -> Path:
    """The file that is read when --config names none, if it exists."""
    return platformdirs.user_config_path(APP) / "config.toml"


def load(flags: Mapping[str, Any], config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this run; `flags` holds only what was given on the command line.

    Raises UsageError that names the key, the value (unless it is secret) and what is allowed.
    """
    environ = os.environ if environ is None else environ
    if config is None and environ.get(CONFIG_VARIABLE):
        config = home(environ[CONFIG_VARIABLE])
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    from_flags = [(key, SETTINGS[key].flag or key, value) for key, value in flags.items()]
    for layer in [_file_layer(config), _environment_layer(environ), from_flags]:
        for key, origin, value in layer:
            values[key], origins[key] = value, origin
    return _made(values, origins)


def flags_alone(flags: Mapping[str, Any]) -> Settings:
    """What flags of a command that runs no show say, in the settings' own types. Raises UsageError."""
    return _made(flags, {key: SETTINGS[key].flag for key in flags})


def of_table(table: Mapping[str, Any], where: str) -> Settings:
    """What a table of settings alone says, without environment and flags; where: what messages name it by.

    Raises UsageError.
    """
    layer = _table_layer(table, where)
    return _made({key: value for key, _, value in layer}, {key: origin for key, origin, _ in layer})


def _made(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as error:
        raise UsageError(_sentence(error, values, origins)) from None


def _file_layer(config: Path | None) -> _Layer:
    path = config or default_config()
    if config is None and not path.is_file():
        return []
    return _table_layer(read_toml(path), str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """A configuration file. Raises UsageError that says why it is none."""
    try:
        return tomllib.loads(read_text(path))
    except FileNotFoundError:
        raise UsageError(f"The configuration file {path} does not exist.") from None
    except OSError as error:
        raise UsageError(f"The configuration file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The configuration file {path} cannot be read: save it as UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, OverflowError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise UsageError(f"The configuration file {path} is not TOML: {reason}.") from None


def _table_layer(table: Mapping[str, Any], where: str) -> _Layer:
    for key in table:
        if key not in SETTINGS:
            raise UsageError(f"{where} has an unknown key, {key}. {near(key, list(SETTINGS))}")
    return [(key, f"{key} in {where}", value) for key, value in table.items()]


def _environment_layer(environ: Mapping[str, str]) -> _Layer:
    known = {setting.variable: key for key, setting in SETTINGS.items()}
    layer: _Layer = []
    for name, value in sorted(environ.items()):
        # Container files hand on variables that nobody has set; they are empty.
        if not name.startswith(PREFIX) or not value.strip() or _of_a_cluster(name, value):
            continue
        if name in known:
            layer.append((known[name], name, value))
        elif name not in (CONFIG_VARIABLE, OFFLINE_VARIABLE):
            raise UsageError(f"{name} in the environment is no setting. {near(name, list(known))}")
    return layer


def _of_a_cluster(name: str, value: str) -> bool:
    """Whether a cluster set this variable, and no person."""
    if _SERVICE.fullmatch(name):
        return True
    return name.endswith("_PORT") and _SERVICE_ADDRESS.fullmatch(value) is not None


# What pydantic calls a kind of mistake, and what is right.
_KINDS = {
    "string_type": "must be a text, in quotes",
    "path_type": "must be a file or folder, in quotes",
    "list_type": "must be a text, or several between [ and ]",
    "dict_type": "must be a table",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_too_long": "is too long",
    "string_too_short": "must not be empty",
}
_NUMBERS = (
    "int_type",
    "int_parsing",
    "int_from_float",
    "int_parsing_size",
    "float_type",
    "float_parsing",
    "finite_number",
)


def _sentence(error: ValidationError, values: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """The first mistake as one sentence."""
    first = error.errors(include_url=False, include_context=False)[0]
    key = str(first["loc"][0])
    value = values.get(key)
    # What holds an @ may hold a name and a password before it.
    hidden = SETTINGS[key].secret or "@" in _plain(value)
    shown = "" if hidden else f" is {_quoted(value)}, but"
    return sentence(f"{origins.get(key, key)}{shown} {_allowed(key, first['type'], first['msg'])}")


def _allowed(key: str, kind: str, message: str) -> str:
    """What the key takes: the words of its own type, else its range, else what a mistake of this kind means."""
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if SETTINGS[key].allowed:
        return SETTINGS[key].allowed
    if kind.startswith(_NUMBERS):
        return "must be numbers" if SETTINGS[key].form == "list" else "must be a number"
    return _KINDS.get(kind) or message.removeprefix("Input ").replace("should", "must").replace("String", "it")


def _quoted(value: Any) -> str:
    """A value nearly as its writer wrote it, cut where it is long."""
    text = _plain(value)
    return f"'{text[:80]}...'" if len(text) > 80 else repr(text)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_plain(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(_plain(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return str(value)
    except ValueError:  # thousands of digits
        return "a number of thousands of digits"
