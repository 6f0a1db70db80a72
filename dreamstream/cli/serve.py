"""`dreamstream serve`: every flag is a setting."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dreamstream.cli.common import MODELS, Commands, command


def add(commands: Commands) -> None:
    """Add the command."""
    made = command(commands, "serve", _serve, "run the show: dream live, stream, and listen to the audience")
    made.argument_default = argparse.SUPPRESS

    def flag(*names: str, **how: Any) -> None:
        made.add_argument(*names, default=argparse.SUPPRESS, **how)

    flag("--model", metavar="NAME", help=f"{MODELS} (default auto)")
    flag("--size", metavar="WxH", help="the video's size (default auto: 1280x720, or 640x360 on a small machine)")
    flag("--fps", metavar="N", help="frames per second, 1 to 60 (default 30)")
    flag("--rtmp", action="append", metavar="URL", help="stream to this RTMP address; may be given several times")
    flag("--twitch", metavar="CHANNEL", help="read requests from this Twitch channel's chat; needs no account")
    reward = "a channel-point reward, by title or id, that asks for a dream (see dreamstream twitch reward)"
    flag("--twitch-reward", metavar="TITLE", help=reward)
    flag("--twitch-bits", metavar="N", help="requests cheered with at least N bits go first (default 0: none do)")
    flag("--twitch-logins", metavar="FILE", help="where `dreamstream twitch login` keeps logins (default: by platform)")
    flag("--irc", metavar="URL", help="read requests from an IRC channel: irc://HOST:6667/CHANNEL, or ircs:// for TLS")
    flag("--irc-nick", metavar="NAME", help="the bot's name on IRC (default dreamstream)")
    flag("--irc-account", metavar="NAME", help="log in with SASL; the password is in DREAMSTREAM_IRC_PASSWORD")
    flag(
        "--discord",
        metavar="ID",
        help="read requests from this Discord channel; the token is in DREAMSTREAM_DISCORD_TOKEN",
    )
    flag("--host", metavar="ADDRESS", help="address the page listens on (default 127.0.0.1: this machine only)")
    flag("--port", metavar="N", help="port of the page (default 8080; 0 takes a free one)")
    flag(
        "--allowed-host", action="append", metavar="NAME", help="a name the page answers to; may be given several times"
    )
    flag("--public-url", metavar="URL", help="where others find the page, for the kiosk's code (default: worked out)")
    flag("--open", action="store_true", help="open the page in the browser")
    flag(
        "--rtmp-renew",
        metavar="HOURS",
        help="begin a new broadcast after so long (default 47.5; Twitch ends one at 48)",
    )
    flag("--record", metavar="FILE", help="record the show to this file, .mp4 or .mkv")
    flag("--record-rotate", metavar="WHEN", help='go on in a new file after 1h, 2GB, or "1h 2GB" (default: never)')
    flag("--hls", metavar="FOLDER", help="keep an HLS stream in this folder, for any web server")
    flag("--mpegts", action="append", metavar="TARGET", help="send MPEG-TS to udp://HOST:PORT, a pipe, a file, or -")
    flag("--audio", metavar="PATH", help="play this sound file, or this folder's, over and over (default: silence)")
    flag(
        "--overlay",
        action=argparse.BooleanOptionalAction,
        help="titles in the video (default auto: when it is streamed or recorded)",
    )
    flag("--bitrate", metavar="KBPS", help="video bits per second in thousands (default auto: by size and rate)")
    flag("--encoder", metavar="NAME", help="auto (default), libx264, h264_nvenc, h264_qsv, h264_amf or h264_v4l2m2m")
    flag("--preset", metavar="NAME", help="look (default vivid): vivid, lush, calm, inception, woven, 2015")
    flag("--dream-size", metavar="WxH", help="size of the canvas that is dreamed (default auto: by machine)")
    flag("--steps", metavar="N", help="ascent steps per dream (default auto: as many as are in time)")
    flag("--dtype", metavar="NAME", help="what the network computes in: auto (default), float32 or bfloat16")
    flag("--devices", metavar="N", help="how many devices share the canvas (default 1)")
    flag("--set", action="append", dest="controls", metavar="NAME=VALUE", help="set a control, like zoom=1.08")
    flag("--hold", metavar="SECONDS", help="how long a request is dreamed when others wait (default 30)")
    flag("--limit", metavar="N", help="waiting requests of one viewer (default 2)")
    flag("--queue-size", metavar="N", help="waiting requests in all (default 50)")
    flag("--cooldown", metavar="SECONDS", help="between two requests of one viewer (default 3)")
    flag("--class-cooldown", metavar="SECONDS", help="before a class that was shown may be asked for again (default 0)")
    flag("--votes-to-skip", metavar="N", help="viewers that end what is shown with !voteskip (default 3)")
    flag("--share", metavar="N...", help='from how many waiting on 2, 3, 4 share the canvas ("8 16 24"), or "off"')
    flag("--role", action="append", dest="roles", metavar="COMMAND=ROLE", help="least role for a command: skip=vip")
    flag("--favour", action="append", dest="favours", metavar="ROLE=TURNS", help="turns that a role is forgiven: vip=1")
    flag("--alias", action="append", dest="aliases", metavar="WORD=COMMAND", help="another word for a command: d=dream")
    flag("--prefix", metavar="MARK", help="what commands begin with (default !)")
    flag("--bare", action="store_true", help="a message that is only the name of a class counts as a request")
    flag("--language", metavar="CODE", help="what the bot speaks, en or de (default en)")
    flag("--block-list", metavar="FILE", help="more words that no shown name may hold, one a line")
    flag(
        "--ignore", action="append", metavar="USER", help="a bot that is never listened to; may be given several times"
    )
    flag("--seed", metavar="N", help="make the same choices as another show with this seed (default: new ones)")
    flag("--new-token", action="store_true", help="make a new token for the control room; the old one ends")
    flag("--channel", metavar="NAME", help="the show's name in logs, metrics and state (default main)")
    flag("--state", metavar="FOLDER", help="where the queue and the last picture are kept (default: by platform)")
    flag("--cache", metavar="FOLDER", help="where compiled programs are kept (default: by platform)")
    flag("--config", type=Path, metavar="FILE", help="TOML file of these settings (default: by platform, if there)")
    flag("-v", "--verbose", action="store_true", help="log more")


def _serve(arguments: argparse.Namespace) -> int:
    from dreamstream.settings.show import Settings
    from dreamstream.settings.show import load as load_settings

    flags = {key: value for key, value in vars(arguments).items() if key in Settings.model_fields}
    told = load_settings(flags, getattr(arguments, "config", None))
    from dreamstream.show import show  # after what may be refused, for it takes a second

    return show.run(told, verbose=getattr(arguments, "verbose", False))
