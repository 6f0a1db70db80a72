"""What one setting may be: from a person's text to a value, or ValueError with a sentence of what is allowed."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from dreamstream.core.arguments import _controls_table, parse_size
from dreamstream.core.errors import UserError
from dreamstream.outputs.address import check as check_rtmp
from dreamstream.outputs.address import check_mpegts
from dreamstream.outputs.rotation import parse_rotation

ENCODERS = ("auto", "libx264", "h264_nvenc", "h264_qsv", "h264_amf", "h264_v4l2m2m")

DTYPES = ("auto", "float32", "bfloat16")


def _auto_or_size(value: object) -> object:
    return None if value in (None, "auto", "") else parse_size(value)


def _auto_or_number(value: object) -> object:
    return None if value in ("auto", "") else value


def _words(value: object) -> object:
    return value.split() if isinstance(value, str) else value


def _rtmp_address(value: SecretStr) -> SecretStr:
    try:
        return SecretStr(check_rtmp(value.get_secret_value()))
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
