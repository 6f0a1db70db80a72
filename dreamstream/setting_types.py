"""What one setting may be: from a person's text to a value, or ValueError with a sentence of what is allowed."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from dreamstream.errors import UserError
from dreamstream.video import rtmp_url
from dreamstream.video.mpegts_target import check_mpegts
from dreamstream.video.rotation import parse_rotation

ENCODERS = ("auto", "libx264", "h264_nvenc", "h264_qsv", "h264_amf", "h264_v4l2m2m")

DTYPES = ("auto", "float32", "bfloat16")
# Sides in pixels: below it no object has room, above it is no video size of today.
SMALLEST, LARGEST = 96, 3840


def parse_size(value: object) -> tuple[int, int]:
    """(width, height) from "1280x720" or a pair of whole numbers.

    Raises ValueError when it is no such thing, odd, or has a side outside SMALLEST..LARGEST.
    """
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d{1,5})\s*[xX×]\s*(\d{1,5})\s*", value)
        if found is None:
            raise ValueError("must look like 1280x720")
        width, height = int(found[1]), int(found[2])
    elif isinstance(value, (list, tuple)) and len(value) == 2 and all(type(n) is int for n in value):
        width, height = value
    else:
        raise ValueError("must look like 1280x720")
    if width % 2 or height % 2:
        raise ValueError("must have even sides (H.264 stores colour for 2x2 pixels)")
    if not all(SMALLEST <= side <= LARGEST for side in (width, height)):
        raise ValueError(f"must have sides of {SMALLEST} to {LARGEST} pixels")
    return width, height


def _auto_or_size(value: object) -> object:
    return None if value in (None, "auto", "") else parse_size(value)


def _auto_or_number(value: object) -> object:
    return None if value in ("auto", "") else value


def _words(value: object) -> object:
    return value.split() if isinstance(value, str) else value


def parse_controls(words: list[str]) -> dict[str, float]:
    """{"zoom": 1.08} from ["zoom=1.08"]. Raises ValueError for anything else."""
    try:
        return {name: float(number) for name, number in _controls_table(words).items()}
    except (ValueError, TypeError):
        raise ValueError(f"{' '.join(words)!r} must look like zoom=1.08") from None


def _controls_table(value: Any) -> Any:
    """{"zoom": "1.08"} from "zoom=1.08 rotation=0", from a list of such words, or from a table."""
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    if isinstance(value, list):
        pairs = [str(word).partition("=") for word in value]
        if any(not name.strip() or not equals for name, equals, _ in pairs):
            raise ValueError("must look like zoom=1.08")
        return {name.strip(): number for name, _, number in pairs}
    return value


def _rtmp_address(value: SecretStr) -> SecretStr:
    try:
        return SecretStr(rtmp_url.check(value.get_secret_value()))
    except UserError:  # of an address that is none, any part may be the key
        raise ValueError("must look like rtmp://HOST/APP/KEY or rtmps://HOST/APP/KEY") from None


def _dtype(value: str) -> str:
    if value not in DTYPES:
        raise ValueError(f"must be one of {', '.join(DTYPES)}")
    return value


def _encoder(value: str) -> str:
    if value not in ENCODERS:
        raise ValueError(f"must be one of {', '.join(ENCODERS)}")
    return value


def _channel_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", value):
        raise ValueError("must be 1 to 32 small letters, digits, _ or -")
    return value


def _twitch_channel(value: str) -> str:
    channel = value.strip().lower().removeprefix("https://").removeprefix("www.").removeprefix("twitch.tv/")
    channel = channel.lstrip("#").rstrip("/")
    if not re.fullmatch(r"[a-z0-9_]{1,25}", channel):
        raise ValueError("must be the name of a Twitch channel, like mychannel")
    return channel


def _irc_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("irc", "ircs") or not parts.hostname or not (parts.path.strip("/") or parts.fragment):
        raise ValueError("must look like irc://HOST:6667/CHANNEL")
    if parts.password:
        raise ValueError("must hold no password: only servers and channels open to all are read")
    return value


def _control_token(value: SecretStr) -> SecretStr:
    if not 16 <= len(value.get_secret_value().strip()) <= 200:
        raise ValueError("must have 16 to 200 characters; `openssl rand -base64 24` makes one")
    return value


def _rotation(value: str) -> str:
    parse_rotation(value)
    return value


def _mpegts_target(value: str) -> str:
    try:
        return check_mpegts(value)
    except UserError:
        raise ValueError("must be udp://HOST:PORT, a named pipe, a file, or - for standard output") from None


def _host_name(value: str) -> str:
    name = value.strip().lower().rstrip(".")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[?[0-9a-f:.]+\]?", name):
        raise ValueError("must be host names without http:// and port, like dreams.example.org")
    return name


def _page_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("must look like https://dreams.example.org/ or http://192.168.1.20:8080/")
    url = parts.geturl()
    url = url if url.endswith("/") else f"{url}/"
    if len(url) > 200:
        raise ValueError("must have at most 200 characters, for it goes into a code to scan")
    return url


Size = Annotated[tuple[int, int] | None, BeforeValidator(_auto_or_size)]
RtmpUrls = Annotated[list[Annotated[SecretStr, AfterValidator(_rtmp_address)]], BeforeValidator(_words)]
RotationText = Annotated[str, AfterValidator(_rotation)]
MpegTsTargets = Annotated[list[Annotated[str, AfterValidator(_mpegts_target)]], BeforeValidator(_words)]
TwitchChannel = Annotated[str, AfterValidator(_twitch_channel)]
IrcUrl = Annotated[str, AfterValidator(_irc_url)]
DtypeName = Annotated[str, AfterValidator(_dtype)]
EncoderName = Annotated[str, AfterValidator(_encoder)]
ControlToken = Annotated[SecretStr, AfterValidator(_control_token)]
ChannelName = Annotated[str, AfterValidator(_channel_name)]
Controls = Annotated[dict[str, float], BeforeValidator(_controls_table)]
# None is "let the program choose", written as auto.
AutoInt = Annotated[int | None, BeforeValidator(_auto_or_number)]
AutoBool = Annotated[bool | None, BeforeValidator(_auto_or_number)]
HostNames = Annotated[list[Annotated[str, AfterValidator(_host_name)]], BeforeValidator(_words)]
PageUrl = Annotated[str, AfterValidator(_page_url)]
