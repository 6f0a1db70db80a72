"""What a show is made of, from its settings: ways out, chat sources, dreamer. `show.py` wires and owns them."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette

from dreamstream import __version__
from dreamstream.chat.bot import Bot
from dreamstream.chat.commands import Control
from dreamstream.chat.console import ConsoleSource, is_interactive
from dreamstream.chat.extras import need
from dreamstream.chat.irc import IrcSource
from dreamstream.chat.languages import LANGUAGES
from dreamstream.chat.message import Role, Source
from dreamstream.chat.queue import RequestQueue
from dreamstream.chat.redeems import Redeems
from dreamstream.chat.tokens import TokenStore
from dreamstream.chat.twitch import TwitchSource
from dreamstream.dream.snapshot import unpack
from dreamstream.dream_loop import Dreaming
from dreamstream.errors import UserError
from dreamstream.settings import Settings
from dreamstream.state import StateFolder
from dreamstream.video.encoder import Encoder
from dreamstream.video.hub import PacketHub
from dreamstream.video.outputs import SinkMaker
from dreamstream.video.preview import Preview
from dreamstream.video.rates import twitch_warning
from dreamstream.video.rotation import Rotation, parse_rotation
from dreamstream.video.rtmp import Patience
from dreamstream.video.sinks import Sinks
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.video.stills import Stills
from dreamstream.view import View
from dreamstream.vocabulary import Vocabulary
from dreamstream.web.address import Address, is_loopback
from dreamstream.web.app import create_app
from dreamstream.web.control import ControlView
from dreamstream.web.pictures import sheet_for
from dreamstream.web.token import Lock, digest, new_token

log = logging.getLogger(__name__)

# Each has two connections, of which the server takes a thousand.
MOST_VIEWERS = 450
SINKS_STOP = 2.0  # seconds that all sinks together may take to end


@dataclass(frozen=True)
class Outputs:
    """The encoder, the hub that copies its packets to every sink, and the sinks that a person names."""

    encoder: Encoder
    hub: PacketHub
    preview: Preview
    stills: Stills
    sinks: Sinks


def make_outputs(settings: Settings, undo: contextlib.ExitStack) -> Outputs:
    """Everything that pictures leave by; undo is given what has to be closed. Raises UserError."""
    soundtrack = _soundtrack(settings)
    undo.callback(soundtrack.close)
    # That a machine has no hardware encoder is worth a line only where one was asked for.
    say = log.debug if settings.encoder == "auto" else log.warning
    encoder = Encoder(
        settings.output_size(), settings.fps, settings.bitrate, codec=settings.encoder, audio=soundtrack, say=say
    )
    targets = [url.get_secret_value() for url in settings.rtmp]
    if warning := twitch_warning(targets, encoder.bitrate_kbps, settings.fps):
        log.warning("%s", warning)
    hub = PacketHub(on_join=encoder.request_keyframe)
    rotation = parse_rotation(settings.record_rotate) if settings.record_rotate else Rotation()
    patience = Patience(renew=3600 * settings.rtmp_renew)
    sinks = Sinks(hub, SinkMaker(encoder.info, encoder.request_keyframe, rotation, patience))
    undo.callback(sinks.close, SINKS_STOP)
    preview = Preview(encoder.info, sound=not soundtrack.silent, max_viewers=MOST_VIEWERS)
    stills = Stills(encoder.info, encoder.request_keyframe)
    for sink in (preview, stills):
        hub.attach(sink)
    for address in settings.outputs():
        sinks.add(address)
    return Outputs(encoder, hub, preview, stills, sinks)


def make_app(
    settings: Settings, view: View, outputs: Outputs, words: Vocabulary, port: int, control: ControlView, lock: Lock
) -> Starlette:
    """The page's server."""
    if not is_loopback(settings.host):
        log.warning(
            "The page listens on %s: everyone who reaches this machine can watch and ask. Without --host, only this "
            "machine can.",
            settings.host,
        )
    return create_app(
        view,
        outputs.preview,
        host=settings.host,
        allowed_hosts=settings.names(),
        channel=settings.channel,
        stills=outputs.stills,
        sheet=sheet_for([entry.name for entry in words]),
        address=Address(settings.host, port, settings.public_url or ""),
        control=control,
        lock=lock,
    )


def lighten(encoder: Encoder, share: float) -> str:
    """What to do when a frame takes more than its time (share: of it): a faster preset; and a sentence about it."""
    slow = f"This machine needs {100 * share:.0f} % of the time it has for making and encoding a frame"
    if preset := encoder.lighten():
        sentence = f"{slow}; it encodes with the faster preset {preset} now."
    else:
        sentence = f"{slow}; choose a smaller --size, a lower --fps, or a hardware --encoder."
    log.warning("%s", sentence)
    return sentence


def control_lock(settings: Settings, state: StateFolder) -> tuple[Lock, str]:
    """What opens the control room, and the token to be shown to the person now: "" where it was shown before."""
    if settings.control_token is not None:
        return Lock(digest(settings.control_token.get_secret_value())), ""
    kept = state.load("control token")
    if isinstance(kept, str) and not settings.new_token:
        return Lock(kept), ""
    token = new_token()
    state.save("control token", digest(token))
    return Lock(digest(token)), token


def make_bot(
    settings: Settings, vocabulary: Vocabulary, chance: random.Random, *, keep: Callable[[], None], control: Control
) -> Bot:
    """The bot with its queue, as the streamer wants them. keep: called when there is something to keep."""
    queue = RequestQueue(
        vocabulary,
        pace=settings.pace(),
        limit_total=settings.queue_size,
        limit_per_viewer=settings.limit,
        cooldown=settings.cooldown,
        class_cooldown=settings.class_cooldown,
        votes_to_skip=settings.votes_to_skip,
        rng=chance,
    )
    return Bot(
        queue,
        vocabulary,
        grammar=settings.grammar(),
        words=LANGUAGES[settings.language],
        least=settings.least(),
        ignore=settings.ignored(),
        favours=settings.favoured(),
        blocked=settings.blocked(),
        on_change=keep,
        on_control=control,
    )


def make_sources(settings: Settings, bot: Bot, redeems: Redeems) -> list[Source]:
    """Where requests come from, besides the page. Raises UserError when one lacks something a person can give."""
    sources: list[Source] = []
    if settings.twitch:
        sources.append(_twitch(settings, settings.twitch, bot, redeems))
    if settings.irc:
        password, account = settings.irc_password.get_secret_value(), settings.irc_account or settings.irc_nick
        account = account if password else ""
        nick = settings.irc_nick
        sources.append(IrcSource(settings.irc, nick=nick, account=account, password=password, due=bot.due))
    if settings.discord:
        sources.append(_discord(settings.discord, settings.discord_token.get_secret_value(), bot))
    if is_interactive():
        sources.append(ConsoleSource())
    return sources


def _twitch(settings: Settings, channel: str, bot: Bot, redeems: Redeems) -> Source:
    """The channel: with a voice as soon as somebody logs in, else for reading only."""
    store = TokenStore(settings.twitch_logins)
    if find_spec("twitchio") is None:
        if store.path.exists():
            log.warning("Speaking in Twitch chat needs more parts: pip install 'dreamstream[twitch]'")
        return TwitchSource(channel, due=bot.due)
    with contextlib.suppress(UserError):  # the source will say it
        if store.load().accounts:
            bot.rules.can_see("twitch", Role.FOLLOWER)  # it asks Twitch, which anonymous readers cannot
    from dreamstream.chat.twitch_bot import TwitchBotSource  # twitchio is an extra, and takes a while to import

    return TwitchBotSource(
        channel,
        store,
        due=bot.due,
        settled=redeems.settled,
        reward=settings.twitch_reward,
        followers=bot.wants(Role.FOLLOWER),
    )


def _discord(channel: int, token: str, bot: Bot) -> Source:
    if not token:
        raise UserError("Discord wants a bot's token; put it into DREAMSTREAM_DISCORD_TOKEN (docs/chat.md).", 2)
    need("discord", "Discord", "discord")
    from dreamstream.chat.discord import DiscordSource

    return DiscordSource(channel, token, due=bot.due)


def _soundtrack(settings: Settings) -> Soundtrack:
    try:
        return Soundtrack(settings.audio)
    except (OSError, ValueError) as error:
        raise UserError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def open_dreamer(settings: Settings, seed: int) -> Dreaming:
    """The engine's dreamer; called in the dreamer's thread."""
    # Here and not above: importing JAX takes seconds, in which pictures already move.
    from dreamstream import engine

    engine.start_politely()
    size, preset, cache = settings.canvas_size(), settings.preset, settings.cache
    dtype, devices = settings.dtype, settings.devices
    return engine.open_dreamer(
        settings.model, size, seed=seed, preset=preset, cache=cache, dtype=dtype, devices=devices
    )


def about(settings: Settings, seed: int) -> dict[str, object]:
    """What a show is made of, for its log; nothing in it is secret."""
    from dreamstream.replay import model_hash
    from dreamstream.weights.catalog import resolve

    return {
        "version": __version__,
        "channel": settings.channel,
        "model": str(resolve(settings.model, settings.cache)),
        "sha256": model_hash(settings.model, settings.cache),
        "seed": seed,
        "size": settings.output_size(),
        "canvas": settings.canvas_size(),
        "fps": settings.fps,
        "preset": settings.preset,
    }


def last_picture(canvas: bytes | None) -> NDArray[np.uint8] | None:
    """What the show before ended with, to be seen until the first dream is there."""
    try:
        return None if canvas is None else unpack(canvas).canvas
    except ValueError as error:
        log.warning("The last picture cannot be used: %s.", error)
        return None


def undrawn(picture: NDArray[np.uint8], show_time: float) -> NDArray[np.uint8]:
    """A picture without titles."""
    return picture
