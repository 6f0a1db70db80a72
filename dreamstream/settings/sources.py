"""Where requests are read, besides the page and the terminal: Twitch, IRC, Discord."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr

from dreamstream.settings.field import SettingPath, brought, setting, words


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


def _irc_nick(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,31}", value):
        raise ValueError("must be 1 to 32 letters, digits, or signs that IRC allows, and begin with no digit")
    return value


def _discord_channel(value: Any) -> Any:
    number = value.strip() if isinstance(value, str) else str(value)
    if not re.fullmatch(r"\d{1,19}", number) or not 1 <= int(number) <= 2**63:
        raise ValueError("must be the number of a Discord channel: right-click it, Copy Channel ID")
    return int(number)


class SourceSettings(BaseModel):
    """Where requests come from."""

    twitch: Annotated[str, AfterValidator(_twitch_channel)] | None = setting(
        None, "read requests from this Twitch channel's chat; needs no account", metavar="CHANNEL"
    )
    twitch_reward: str = setting(
        "",
        "a channel-point reward, by title or id, that asks for a dream (see dreamstream twitch reward)",
        metavar="TITLE",
        max_length=64,
    )
    twitch_bits: int = setting(
        0, "requests cheered with at least so many bits go first; 0: none do", ge=0, le=1_000_000
    )
    twitch_logins: SettingPath | None = setting(
        None, "where `dreamstream twitch login` keeps logins", metavar="FILE", usually="by platform"
    )
    irc: Annotated[str, AfterValidator(_irc_url)] | None = setting(
        None, "read requests from an IRC channel: irc://HOST:6667/CHANNEL, or ircs:// for TLS", metavar="URL"
    )
    irc_nick: Annotated[str, AfterValidator(_irc_nick)] = setting(
        "dreamstream", "the bot's name on IRC", metavar="NAME"
    )
    irc_account: str = setting(
        "", "log in with SASL; the password is in DREAMSTREAM_IRC_PASSWORD", metavar="NAME", max_length=64
    )
    irc_password: SecretStr = setting(SecretStr(""), "the password of the account on IRC", flag=None, secret=True)
    discord: Annotated[int, BeforeValidator(_discord_channel)] | None = setting(
        None,
        "read requests from this Discord channel; the bot's token is in DREAMSTREAM_DISCORD_TOKEN",
        metavar="ID",
    )
    discord_token: SecretStr = setting(SecretStr(""), "the token of the bot on Discord", flag=None, secret=True)
    source: Annotated[
        list[Annotated[str, AfterValidator(brought("dreamstream.sources", "a source"))]], BeforeValidator(words)
    ] = setting(
        [], "a source that another package brings, as NAME:TARGET; may be given several times", metavar="ADDRESS"
    )
