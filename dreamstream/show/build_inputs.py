"""The show's ways in, from its settings: the bot and where it listens."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import Callable
from importlib.util import find_spec

from dreamstream.chat.bot import Bot
from dreamstream.chat.command import TurnControl
from dreamstream.chat.paid_requests import PaidRequests
from dreamstream.chat.phrases.languages import LANGUAGES
from dreamstream.core.card import Card
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.message import Role, Source
from dreamstream.core.programme import DRAWING
from dreamstream.inputs.console import ConsoleSource, is_interactive
from dreamstream.inputs.irc.protocol import IrcSource
from dreamstream.inputs.registry import open_source
from dreamstream.inputs.twitch.anonymous import TwitchSource
from dreamstream.inputs.twitch.tokens import TokenStore
from dreamstream.requests.drawings import DrawingStore
from dreamstream.requests.points import PointStore
from dreamstream.requests.queue import RequestQueue
from dreamstream.settings.show import Settings
from dreamstream.support.extras import need
from dreamstream.wishes.vocabulary import Vocabulary

log = logging.getLogger(__name__)


def make_bot(
    settings: Settings,
    vocabulary: Vocabulary,
    card: Card,
    chance: random.Random,
    *,
    keep: Callable[[], None],
    control: TurnControl,
    drawings: DrawingStore,
    here: Callable[[], str | None],
) -> Bot:
    """The bot with its queue, as the streamer wants them. keep: called when there is something to keep.

    control: does `!zoom` and `!preset`. here: the point that is on.
    """
    points = PointStore(card.words[0].name)
    queue = RequestQueue(
        vocabulary,
        kinds=card.kinds if settings.drawings != "off" else [kind for kind in card.kinds if kind != DRAWING],
        pace=settings.pace(),
        limit_total=settings.queue_size,
        limit_per_viewer=settings.limit,
        cooldown=settings.cooldown,
        class_cooldown=settings.class_cooldown,
        votes_to_skip=settings.votes_to_skip,
        rng=chance,
        drawings=drawings,
        points=points,
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
        drawings=drawings,
        points=points,
        here=here,
    )


def make_sources(settings: Settings, bot: Bot, paid_requests: PaidRequests) -> list[Source]:
    """Where requests come from, besides the page. Raises UserError when one lacks something a person can give."""
    sources: list[Source] = []
    if settings.twitch:
        sources.append(_twitch(settings, settings.twitch, bot, paid_requests))
    if settings.irc:
        password, account = settings.irc_password.get_secret_value(), settings.irc_account or settings.irc_nick
        account = account if password else ""
        nick = settings.irc_nick
        sources.append(IrcSource(settings.irc, nick=nick, account=account, password=password, due=bot.due))
    if settings.discord:
        sources.append(_discord(settings.discord, settings.discord_token.get_secret_value(), bot))
    sources += [open_source(address, bot.due) for address in settings.source]
    if is_interactive():
        sources.append(ConsoleSource())
    return sources


def _twitch(settings: Settings, channel: str, bot: Bot, paid_requests: PaidRequests) -> Source:
    """The channel: with a voice as soon as somebody logs in, else for reading only."""
    store = TokenStore(settings.twitch_logins)
    if find_spec("twitchio") is None:
        if store.path.exists():
            log.warning("Speaking in Twitch chat needs more parts: pip install 'dreamstream[twitch]'")
        return TwitchSource(channel, due=bot.due)
    with contextlib.suppress(UserError):  # the source will say it
        if store.load().accounts:
            bot.rules.can_see("twitch", Role.FOLLOWER)  # it asks Twitch, which anonymous readers cannot
    from dreamstream.inputs.twitch.source import TwitchBotSource  # twitchio is an extra, and takes a while to import

    return TwitchBotSource(
        channel,
        store,
        due=bot.due,
        settled=paid_requests.settled,
        reward=settings.twitch_reward,
        followers=bot.wants(Role.FOLLOWER),
    )


def _discord(channel: int, token: str, bot: Bot) -> Source:
    if not token:
        raise UsageError("Discord wants a bot's token; put it into DREAMSTREAM_DISCORD_TOKEN (docs/chat.md).")
    need("Discord", "discord", "discord")
    from dreamstream.inputs.discord import DiscordSource

    return DiscordSource(channel, token, due=bot.due)
