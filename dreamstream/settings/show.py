"""Everything that a show can be told, of all groups. Made by `load`, which turns mistakes into sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict

from dreamstream.core.arguments import SMALLEST
from dreamstream.settings.chat import ChatSettings
from dreamstream.settings.dreams import DreamSettings
from dreamstream.settings.field import SettingPath, setting, settings_of
from dreamstream.settings.outputs import OutputSettings
from dreamstream.settings.page import PageSettings
from dreamstream.settings.sources import SourceSettings
from dreamstream.settings.video import VideoSettings
from dreamstream.support import machine
from dreamstream.support.redaction import secrets_of

APP = "dreamstream"


def _channel(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", value):
        raise ValueError("must be 1 to 32 small letters, digits, _ or -")
    return value


class PlaceSettings(BaseModel):
    """The show itself."""

    channel: Annotated[str, AfterValidator(_channel)] = setting(
        "main", "the show's name in logs, metrics and state", metavar="NAME"
    )
    state: SettingPath | None = setting(
        None, "where the queue and the last picture are kept", metavar="FOLDER", usually="by platform"
    )
    checkpoints: int = setting(
        0,
        "keep in the log every so often what a film's parts begin with; at most 1 GiB; 0 for never",
        unit="seconds",
        ge=0,
        le=3600,
    )
    cache: SettingPath | None = setting(
        None, "where downloaded weights and compiled programs are kept", metavar="FOLDER", usually="by platform"
    )
    log_file: SettingPath | None = setting(
        None, "also write the log to this file; five files of 8 MB at most are kept", metavar="FILE", usually="none"
    )


class Settings(
    # Python asks the last of these first, and so do help and docs.
    PlaceSettings,
    ChatSettings,
    PageSettings,
    SourceSettings,
    OutputSettings,
    VideoSettings,
    DreamSettings,
):
    """Everything `dreamstream serve` can be told. Stream keys, passwords and tokens are SecretStr."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    def titled(self) -> bool:
        """Whether titles are drawn into the video: as told, else when it leaves the page, which has its own."""
        return bool(self.outputs()) if self.overlay is None else self.overlay

    def outputs(self) -> list[str]:
        """The addresses of everything the show is sent to; some hold stream keys."""
        files = [f"recording:{self.record}"] if self.record else []
        files += [f"hls:{self.hls}"] if self.hls else []
        secret = [url.get_secret_value() for url in (*self.rtmp, *self.output)]
        return [*files, *(f"mpegts:{target}" for target in self.mpegts), *secret]

    def output_size(self) -> tuple[int, int]:
        """The video's (width, height): as told, else 1280x720 on an accelerator or four cores, else 640x360."""
        if self.size:
            return self.size
        return (1280, 720) if machine.accelerator() or machine.cores() >= 4 else (640, 360)

    def canvas_size(self) -> tuple[int, int]:
        """The canvas's (width, height): as told, else the video's, reduced on a CPU to what it can dream in time."""
        if self.dream_size:
            return self.dream_size
        return machine.canvas_size(*self.output_size(), SMALLEST)

    def names(self) -> list[str]:
        """The host names that the page answers to, besides the address that it listens on."""
        public = urlsplit(self.public_url).hostname if self.public_url else None
        return [*self.allowed_host, *([public] if public else [])]

    def state_folder(self) -> Path:
        """Where the show keeps its queue and last canvas: as told, else the platform's place, by channel."""
        return self.state or platformdirs.user_state_path(APP) / self.channel

    def secrets(self) -> list[str]:
        """The words that may appear in no log line: stream keys, passwords and tokens."""
        from_urls = [secret for url in (*self.rtmp, *self.output) for secret in secrets_of(url.get_secret_value())]
        others = (self.irc_password, self.discord_token, self.control_token)
        return from_urls + [word.get_secret_value() for word in others if word and word.get_secret_value()]


SETTINGS = settings_of(Settings)
