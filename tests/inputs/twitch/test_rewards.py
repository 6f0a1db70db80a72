"""What viewers pay for on Twitch: points are taken or given back, bits come with the message."""

from __future__ import annotations

import random
from collections.abc import Awaitable
from typing import Any

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.chat.paid_requests import PaidRequests
from dreamstream.core.message import Message, Paid
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary
from tests.conftest import need_library
from tests.inputs.lookalike import become

need_library("twitchio")

from dreamstream.inputs.twitch.source import TwitchBotSource  # noqa: E402
from tests.inputs.twitch.scripted import Heard, live  # noqa: E402
from tests.inputs.twitch.twitch_server import TwitchServer  # noqa: E402


def test_redeemed_points_are_done_or_given_back(play: Any) -> None:
    """A dreamed redemption is fulfilled; an unknown class, a ban and a cleared queue give the points back."""
    queue = RequestQueue(Vocabulary.builtin(), hold=30.0, cooldown=0.0, limit_per_viewer=9, rng=random.Random(1))
    now = [0.0]
    bot = Bot(queue, queue.vocabulary, now=lambda: now[0])
    redeems = PaidRequests(bot)

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await become(lambda: ("missed", "CANCELED") in twitch.settled, "what was redeemed before")
        await live(source)
        for text in ("!dream cow", "!dream owl", "!dream rabbit"):
            await twitch.say(text, "bob")
        await become(lambda: len(queue) == 3, "three wishes")
        await twitch.redeem("bee", "red-1", "ann")
        await twitch.redeem("xyzzyplugh", "red-2", "eve")
        await become(lambda: len(queue) == 4, "the redeemed wish")
        assert queue.waiting[0].programme.title() == "bee"
        await become(lambda: ("red-2", "CANCELED") in twitch.settled, "points for nonsense to come back")
        for _ in range(2):
            queue.advance(now[0])
            now[0] += 60
        redeems.look()
        await become(lambda: ("red-1", "FULFILLED") in twitch.settled, "the dreamed one to be done")
        await twitch.redeem("pizza", "red-3", "mia")
        await become(lambda: queue.waiting[0].programme.title() == "pizza", "the third")
        await twitch.ban("mia")
        await become(lambda: ("red-3", "CANCELED") in twitch.settled, "a banned viewer's points")
        await twitch.redeem("volcano", "red-4", "pat")
        await become(lambda: queue.waiting[0].programme.title() == "volcano", "the fourth")
        await twitch.redeem("volcano", "red-4", "pat", "canceled")
        await become(lambda: queue.waiting[0].programme.title() != "volcano", "what was settled by hand to go")

    def prepared(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> Awaitable[None]:
        twitch.rewards = [{"id": "r1", "title": "Dream it", "cost": 500, "ours": True}]
        twitch.unfulfilled = [
            {
                "id": "missed",
                "user_name": "Zed",
                "user_login": "zed",
                "user_input": "xyzzyplugh",
                "reward": {"cost": 500},
            }
        ]
        return script(twitch, source, heard)

    options = {"reward": "dream IT", "settled": redeems.settled, "due": bot.due, "receive": redeems.receive}
    play(prepared, users=("11", "22"), **options)


def test_what_twitch_has_not_heard_yet_is_not_dreamed_twice(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redemption is dreamed while Twitch is ill, and the login is done again: one dream, one settlement."""
    monkeypatch.setattr("dreamstream.inputs.twitch.source.LATER", 0.2)
    queue = RequestQueue(Vocabulary.builtin(), cooldown=0.0, rng=random.Random(1))
    bot = Bot(queue, queue.vocabulary, now=lambda: 0.0)
    redeems = PaidRequests(bot)

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.redeem("bee", "red-1")
        await become(lambda: len(queue) == 1, "the wish")
        twitch.down = True
        queue.advance(0.0)
        queue.advance(60.0)
        redeems.look()
        assert len(queue) == 0
        await become(lambda: source._unsettled, "the settlement to wait")
        missed = {"id": "red-1", "user_name": "Ann", "user_login": "ann", "user_input": "bee", "reward": {"cost": 500}}
        twitch.unfulfilled = [missed]
        await twitch.revoke("version_removed")
        await become(lambda: source.state()["state"] == "waiting", "the login to be done again")
        twitch.down = False
        await become(lambda: twitch.settled, "the settlement")
        await live(source)
        assert twitch.settled == [("red-1", "FULFILLED")]
        assert len(queue) == 0

    def prepared(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> Awaitable[None]:
        twitch.rewards = [{"id": "r1", "title": "Dream it", "cost": 500, "ours": True}]
        return script(twitch, source, heard)

    play(prepared, users=("11",), reward="r1", settled=redeems.settled, receive=redeems.receive)


def test_a_reward_that_cannot_be_used_leaves_chat_alone(play: Any) -> None:
    """The state says why, and messages still come."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        assert "twitch login --rewards" in str(source.state()["detail"])
        await twitch.say("!dream bee")
        await become(lambda: heard, "the message")

    play(script, reward="Dream it")


def test_cheered_bits_come_with_the_message(play: Any) -> None:
    """Without the cheering words, and with the amount."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.say(" !dream bee", bits=100)
        await become(lambda: heard, "the message")
        assert isinstance(heard[0], Message)
        assert (heard[0].text, heard[0].paid) == ("!dream bee", Paid("bits", 100))

    play(script)
