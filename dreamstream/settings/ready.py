"""What can be known to keep a show from running, said before anything starts.

No socket is opened, no target called, no file made; the dreamer is described and not loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import check_controls, check_rows
from dreamstream.core.drawing import Drawing
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UsageError, UserError
from dreamstream.dreamers import registry
from dreamstream.outputs.address import STDOUT
from dreamstream.outputs.factory import parse_output
from dreamstream.outputs.recorder import FORMATS
from dreamstream.settings.show import SETTINGS, Settings
from dreamstream.support import machine
from dreamstream.support.child_environment import JAX, child_environment
from dreamstream.support.extras import need

DEVICES_WITHIN = 120.0  # seconds that JAX may take to find them
# In a process of its own: the show's must not wait seconds for JAX before the first picture.
_COUNT = "import jax; print(len(jax.devices()))"
# What each flag is given for; alone it changes nothing.
_NEEDED = {
    "record_rotate": "record",
    "rtmp_renew": "rtmp",
    "twitch_reward": "twitch",
    "twitch_bits": "twitch",
    "twitch_logins": "twitch",
    "irc_nick": "irc",
    "irc_account": "irc",
}


def check_flags(settings: Settings, flags: Collection[str]) -> None:
    """Raise UsageError for a flag that has no effect as it is given."""
    for key in flags:
        needed = _NEEDED.get(key)
        if needed and not getattr(settings, needed):
            raise UsageError(f"{SETTINGS[key].flag} has no effect without {SETTINGS[needed].flag}.")
    if "irc_account" in flags and not settings.irc_password.get_secret_value():
        raise UsageError("--irc-account has no effect without a password; put it into DREAMSTREAM_IRC_PASSWORD.")
    if "new_token" in flags and settings.control_token is not None:
        raise UsageError("--new-token has no effect where DREAMSTREAM_CONTROL_TOKEN says the token.")


def check_show(settings: Settings) -> None:
    """Raise UserError for everything that would keep the show from running, as far as it can be known."""
    card = registry.describe(dreamer_of(settings), request_of(settings))
    check_controls(card, settings.controls)
    if settings.steps is not None:
        card.check_cost("steps")
    _check_sources(settings)
    _check_outputs(settings)
    if settings.audio is not None and not settings.audio.exists():
        raise UsageError(f"There is no sound file {settings.audio}.")
    _check_devices(settings.devices, settings.canvas_size()[1])


def dreamer_of(settings: Settings) -> str:
    """The dreamer that the settings ask for: the usual one takes drawings where visitors may draw and it can."""
    if settings.dreamer != registry.USUAL or settings.drawings == "off":
        return settings.dreamer
    try:
        registry.describe(registry.DRAWN_ON, request_of(settings))
    except UserError:  # what is wrong with both, the usual one says
        return settings.dreamer
    return registry.DRAWN_ON


def request_of(
    settings: Settings,
    seed: int = 0,
    drawings: Mapping[str, Drawing] | None = None,
    on_filled: Callable[[str, NDArray[np.uint8], str], None] | None = None,
    drawing_soon: Callable[[], bool] = lambda: False,
) -> DreamerRequest:
    """What the settings ask of a dreamer. drawings, on_filled, drawing_soon: see DreamerRequest."""
    return DreamerRequest(
        settings.model,
        settings.canvas_size(),
        seed=seed,
        preset=settings.preset,
        cache=settings.cache,
        dtype=settings.dtype,
        devices=settings.devices,
        polite=True,
        drawings={} if drawings is None else drawings,
        on_filled=on_filled,
        drawing_soon=drawing_soon,
        subject=settings.subject,
    )


def _check_sources(settings: Settings) -> None:
    if settings.irc and settings.irc_password.get_secret_value() and settings.irc.startswith("irc:"):
        raise UsageError("A password for IRC is only sent over TLS; write ircs:// in place of irc://.")
    if settings.discord:
        if not settings.discord_token.get_secret_value():
            raise UsageError("Discord wants a bot's token; put it into DREAMSTREAM_DISCORD_TOKEN (docs/chat.md).")
        need("Discord", "discord", "discord")
    if settings.twitch_reward:
        need("Channel-point rewards", "twitch", "twitchio")


def _check_outputs(settings: Settings) -> None:
    for address in settings.outputs():
        parse_output(address)
    if settings.record:
        if settings.record.suffix.lower() not in FORMATS:
            raise UsageError(f"A recording ends in .mp4 or .mkv, and not like {settings.record}.")
        check_folder(settings.record.absolute().parent, f"The recording {settings.record}")
    if settings.hls:
        check_folder(settings.hls.absolute(), f"The HLS stream in {settings.hls}")
    for target in settings.mpegts:
        if target != STDOUT and "://" not in target:
            path = Path(target).absolute()
            if not path.parent.is_dir():
                raise UserError(f"There is no folder {path.parent} for MPEG-TS to go to.")
            if path.is_dir() or path.is_file():
                raise UserError(f"MPEG-TS cannot go to {target}: it exists already, and is no named pipe.")


def check_folder(folder: Path, what: str) -> None:
    """Raise UserError where a folder is not there and cannot be made, or takes no files."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir():
        raise UserError(f"{what} cannot be written: {there} is no folder.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{what} cannot be written: {there} takes no new files.")


def _check_devices(wanted: int, height: int) -> None:
    platform = machine.asked_platform()[1]
    if wanted == 1 and platform in ("", "cpu"):
        return  # there is always one
    environ = child_environment(JAX) | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, "-c", _COUNT]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEVICES_WITHIN, check=True, env=environ)
        available = int(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        if platform and isinstance(error, subprocess.CalledProcessError):
            raise UsageError(machine.no_such_platform()) from None
        return  # what JAX itself cannot do, `dreamstream doctor` and the dreamer say
    if wanted > available:
        raise UsageError(f"--devices is {wanted}, but there {'is 1' if available == 1 else f'are {available}'} here.")
    check_rows(height, wanted)
