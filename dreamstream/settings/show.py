"""What a show is told: defaults < TOML file < DREAMSTREAM_* environment < flags; typed, and checked before it starts.

An error names the key, the value and what is allowed. RTMP addresses hold stream keys, so they are SecretStr and
appear in no message.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs
from pydantic import ConfigDict, Field, SecretStr, ValidationError

from dreamstream.core.arguments import SMALLEST
from dreamstream.core.errors import UsageError
from dreamstream.settings.chat import ChatSettings
from dreamstream.settings.types import (
    AutoBool,
    AutoInt,
    ChannelName,
    Controls,
    ControlToken,
    DtypeName,
    EncoderName,
    HostNames,
    IrcUrl,
    MpegTsTargets,
    PageUrl,
    RotationText,
    RtmpUrls,
    Size,
    TwitchChannel,
)
from dreamstream.support import machine
from dreamstream.support.redaction import secrets_of
from dreamstream.support.resources import OFFLINE_VARIABLE

APP = "dreamstream"
PREFIX = "DREAMSTREAM_"
# What a CPU can dream twice a second; the tweener scales it up to the video's size.
CPU_CANVAS_PIXELS = 640 * 360


class Settings(ChatSettings):
    """Everything `dreamstream serve` can be told. Make one with `load`, which turns mistakes into sentences."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model: str = "auto"
    size: Size = None
    fps: int = Field(30, ge=1, le=60)
    rtmp: RtmpUrls = []
    twitch: TwitchChannel | None = None
    twitch_logins: Path | None = None
    twitch_reward: str = Field("", max_length=64)
    twitch_bits: int = Field(0, ge=0, le=1_000_000)
    irc: IrcUrl | None = None
    irc_nick: str = Field("dreamstream", pattern=r"^[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,31}$")
    irc_account: str = Field("", max_length=64)
    irc_password: SecretStr = SecretStr("")
    discord: int | None = Field(None, ge=1, le=2**63)
    discord_token: SecretStr = SecretStr("")
    host: str = Field("127.0.0.1", min_length=1, max_length=253)
    port: int = Field(8080, ge=0, le=65535)
    allowed_host: HostNames = []
    public_url: PageUrl | None = None
    open: bool = False
    rtmp_renew: float = Field(47.5, gt=0, le=10_000)
    record: Path | None = None
    record_rotate: RotationText | None = None
    hls: Path | None = None
    mpegts: MpegTsTargets = []
    audio: Path | None = None
    overlay: AutoBool = None
    bitrate: AutoInt = Field(None, ge=100, le=50_000)
    encoder: EncoderName = "auto"
    preset: str = "vivid"
    dream_size: Size = None
    steps: AutoInt = Field(None, ge=1, le=500)
    dtype: DtypeName = "auto"
    devices: int = Field(1, ge=1, le=1024)
    controls: Controls = {}
    seed: AutoInt = Field(None, ge=0, le=2**31 - 1)
    new_token: bool = False
    control_token: ControlToken | None = None
    channel: ChannelName = "main"
    state: Path | None = None
    cache: Path | None = None

    def titled(self) -> bool:
        """Whether titles are drawn into the video: as told, else when it leaves the page, which has its own."""
        return bool(self.outputs()) if self.overlay is None else self.overlay

    def outputs(self) -> list[str]:
        """The addresses of everything the show is sent to; some hold stream keys."""
        files = [f"recording:{self.record}"] if self.record else []
        files += [f"hls:{self.hls}"] if self.hls else []
        return [*files, *(f"mpegts:{target}" for target in self.mpegts), *(url.get_secret_value() for url in self.rtmp)]

    def output_size(self) -> tuple[int, int]:
        """The video's (width, height): as told, else 1280x720 on an accelerator or four cores, else 640x360."""
        if self.size:
            return self.size
        return (1280, 720) if machine.accelerator() or machine.cores() >= 4 else (640, 360)

    def canvas_size(self) -> tuple[int, int]:
        """The canvas's (width, height): as told, else the video's, reduced on a CPU to what it can dream in time."""
        if self.dream_size:
            return self.dream_size
        width, height = self.output_size()
        if machine.accelerator() or width * height <= CPU_CANVAS_PIXELS:
            return width, height
        shrink = max((CPU_CANVAS_PIXELS / (width * height)) ** 0.5, SMALLEST / min(width, height))
        return 2 * round(width * shrink / 2), 2 * round(height * shrink / 2)

    def names(self) -> list[str]:
        """The host names that the page answers to, besides the address that it listens on."""
        public = urlsplit(self.public_url).hostname if self.public_url else None
        return [*self.allowed_host, *([public] if public else [])]

    def state_folder(self) -> Path:
        """Where the show keeps its queue and last canvas: as told, else the platform's place, by channel."""
        return self.state or platformdirs.user_state_path(APP) / self.channel

    def secrets(self) -> list[str]:
        """The words that may appear in no log line: stream keys, passwords and tokens."""
        found = [secret for url in self.rtmp for secret in secrets_of(url.get_secret_value())]
        others = (self.irc_password, self.discord_token, self.control_token)
        return found + [word.get_secret_value() for word in others if word and word.get_secret_value()]


def default_config() -> Path:
    """The file that is read when --config names none, if it exists."""
    return platformdirs.user_config_path(APP) / "config.toml"


def load(flags: Mapping[str, Any], config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this run; `flags` holds only what was given on the command line.

    Raises UsageError that names the key, the value (unless it is secret) and what is allowed.
    """
    environ = os.environ if environ is None else environ
    if config is None and environ.get(PREFIX + "CONFIG"):
        config = Path(environ[PREFIX + "CONFIG"])
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    layers = [_file_layer(config), _environment_layer(environ), [(key, key, value) for key, value in flags.items()]]
    for layer in layers:
        for key, origin, value in layer:
            values[key], origins[key] = value, origin
    try:
        return Settings(**values)
    except ValidationError as error:
        raise UsageError(_sentence(error, values, origins)) from None


# Never shown; those without a flag would be seen in the list of processes.
SECRET = ("rtmp", "irc_password", "discord_token", "control_token")

# A layer is a list of (key, how a person wrote the key and where, value).
_Layer = list[tuple[str, str, Any]]


def _file_layer(config: Path | None) -> _Layer:
    path = config or default_config()
    if config is None and not path.is_file():
        return []
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"The configuration file {path} does not exist.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration file {path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The configuration file {path} is not TOML: {error}.") from None
    for key in table:
        if key not in Settings.model_fields:
            raise UsageError(f"{path} has an unknown key, {key}.{_near(key, list(Settings.model_fields))}")
    return [(key, f"{key} in {path}", value) for key, value in table.items()]


def _environment_layer(environ: Mapping[str, str]) -> _Layer:
    known = {PREFIX + key.upper(): key for key in Settings.model_fields}
    layer: _Layer = []
    for name, value in sorted(environ.items()):
        if name in known:
            layer.append((known[name], name, value))
        elif name.startswith(PREFIX) and name not in (PREFIX + "CONFIG", OFFLINE_VARIABLE):
            raise UsageError(f"{name} in the environment is no setting.{_near(name, list(known))}")
    return layer


def _near(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f" Did you mean {near[0]}?" if near else f" Known are: {', '.join(known)}."


def _sentence(error: ValidationError, values: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """The first mistake as one sentence."""
    first = error.errors(include_url=False, include_context=False)[0]
    key = str(first["loc"][0])
    # What holds an @ may hold a name and a password before it.
    shown = "" if key in SECRET or "@" in str(values.get(key)) else f" is {str(values.get(key))[:80]!r}, but"
    return f"{origins.get(key, key)}{shown} {_allowed(key, first['msg'])}."


def _allowed(key: str, message: str) -> str:
    """What the key takes: our own validators' words, else its range, else what pydantic says."""
    if message.startswith("Value error, "):
        return message.removeprefix("Value error, ")
    rules = Settings.model_fields[key].metadata
    low = [rule.ge for rule in rules if hasattr(rule, "ge")]
    high = [rule.le for rule in rules if hasattr(rule, "le")]
    above = [rule.gt for rule in rules if hasattr(rule, "gt")]
    if above and high:
        return f"must be a number above {above[0]}, at most {high[0]}"
    if low and high:
        return f"must be a number from {low[0]} to {high[0]}"
    return message.removeprefix("Input ").replace("should", "must").replace("String", "it")
