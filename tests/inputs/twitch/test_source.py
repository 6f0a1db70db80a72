"""The Twitch bot against a scripted Twitch: reading, answering, tokens that end, and no token anywhere else."""

from __future__ import annotations

import asyncio
import io
import json
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.chat.paid_requests import PaidRequests
from dreamstream.core.message import Message, Paid, Purge, Reply
from dreamstream.inputs.twitch.anonymous import TwitchSource
from dreamstream.inputs.twitch.tokens import Account, TokenStore
from dreamstream.requests.queue import RequestQueue
from dreamstream.support.backoff import Backoff
from dreamstream.wishes.vocabulary import Vocabulary
from tests.conftest import need_library
from tests.inputs.lookalike import TwitchLookalike, become

need_library("twitchio")

from twitchio.eventsub import websockets  # noqa: E402

from dreamstream.inputs.twitch.source import TwitchBotSource  # noqa: E402
from tests.inputs.playing import all_logged, listening  # noqa: E402
from tests.inputs.twitch.twitch_server import ALL, TwitchServer  # noqa: E402

Heard = list[Message | Purge]
Script = Callable[[TwitchServer, TwitchBotSource, Heard], Awaitable[None]]


def keep(twitch: TwitchServer, store: TokenStore, user_id: str, scopes: list[str] | None = None) -> None:
    """Log somebody in."""
    token, refresh = twitch.login(user_id, scopes)
    store.keep(Account(user_id, twitch.users[user_id], token, refresh, tuple(scopes or ALL)), "publicclient")


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a script against the server with a bot that hears; afterwards no token may be found anywhere."""

    def played(
        script: Script, *, users: tuple[str, ...] = ("22",), scopes: list[str] | None = None, **options: Any
    ) -> None:
        store = TokenStore(tmp_path / "twitch.json")
        store.path.unlink(missing_ok=True)
        heard: Heard = []
        states: list[dict[str, object]] = []

        def receive(item: Message | Purge) -> list[Reply]:
            heard.append(item)
            if isinstance(item, Message) and item.text == "!now":
                return [Reply("bee, my own idea.", item.who, "twitch", item.id)]
            return []

        async def main(stream: io.StringIO) -> None:
            async with TwitchServer().running() as twitch:
                twitch.aim(monkeypatch)
                for user_id in users:
                    keep(twitch, store, user_id, scopes)
                given = {"backoff": Backoff(0.05, 0.2), **options}
                bot_receive = given.pop("receive", receive)
                source = TwitchBotSource("Dreams", store, **given)
                async with listening(source, bot_receive):
                    await script(twitch, source, heard)
                    states.append(source.state())
                everything = stream.getvalue() + json.dumps(states) + repr(source.__dict__)
                for secret in twitch.secrets:
                    assert secret not in everything

        with all_logged("twitchio") as stream:
            asyncio.run(asyncio.wait_for(main(stream), 60))

    return played


async def live(source: TwitchBotSource) -> None:
    """Wait until the bot reads and answers."""
    await become(lambda: source.state()["state"] == "live", "the bot to be live")


def test_it_reads_and_answers_in_threads(play: Any) -> None:
    """A message with name, login, id and badge comes in; its answer goes out as a reply to it, from the bot."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.say("!now", "ann", id="m-1", badges=["vip", "subscriber", "premium"], display_name="Änn")
        await become(lambda: twitch.said, "the answer")
        (message,) = heard
        assert isinstance(message, Message)
        assert (message.text, message.who, message.user, message.id) == ("!now", "Änn", "ann", "m-1")
        assert message.roles == {"vip", "subscriber"}
        assert twitch.said == [
            {
                "broadcaster_id": "11",
                "sender_id": "22",
                "message": "bee, my own idea.",
                "reply_parent_message_id": "m-1",
            }
        ]
        assert source.state()["as"] == "dreambot"
        assert {each["condition"]["user_id"] for each in twitch.subscriptions} == {"22"}

    play(script)


def test_answers_gathered_meanwhile_are_said(play: Any) -> None:
    """What the bot says later, to several at once, is said with their names and no thread."""
    due = [Reply("@ann bee is next. @bob owl is 2nd.", "", "twitch"), Reply("soon.", "ann", "twitch")]

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await become(lambda: len(twitch.said) == 2, "two answers")
        assert [each["message"] for each in twitch.said] == ["@ann bee is next. @bob owl is 2nd.", "@ann soon."]
        assert not any("reply_parent_message_id" in each for each in twitch.said)

    play(script, due=lambda source: [due.pop(0)] if due else [])


def test_bans_and_deletions_are_purges(play: Any) -> None:
    """By login, and by message."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.ban("ann")
        await twitch.delete("m-9")
        await become(lambda: len(heard) == 2, "two purges")
        assert heard == [Purge("twitch", user="ann"), Purge("twitch", message_id="m-9")]

    play(script)


def test_it_never_hears_itself(play: Any) -> None:
    """As an account of its own its words are known by the account; as the channel's owner, by what was said."""

    async def other(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.say("!skip", "dreambot")
        await twitch.say("!help", "ann")
        await become(lambda: heard, "ann")
        assert [item.who for item in heard if isinstance(item, Message)] == ["Ann"]

    play(other)

    async def owner(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.say("!now", "ann")
        await become(lambda: twitch.said, "the answer")
        reply = {"thread_message_id": "x", **dict.fromkeys(_REPLY, "x")}
        await twitch.say("@Ann bee, my own idea.", "dreams", reply=reply, badges=["broadcaster"])
        await twitch.say("!skip", "dreams", badges=["broadcaster"])
        await become(lambda: len(heard) == 2, "the owner's command")
        assert isinstance(heard[1], Message)
        assert (heard[1].text, heard[1].roles) == ("!skip", frozenset({"broadcaster"}))

    play(owner, users=("11",))


_REPLY = (
    *("parent_message_id", "parent_message_body", "parent_user_id", "parent_user_login", "parent_user_name"),
    *("thread_user_id", "thread_user_login", "thread_user_name"),
)


def test_badges_of_another_channel_count_for_nothing(play: Any) -> None:
    """In a shared chat, the moderators of the other channel are guests."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        elsewhere = {"source_broadcaster_user_id": "77", "source_broadcaster_user_login": "other"}
        await twitch.say("!skip", badges=["moderator"], **elsewhere, source_broadcaster_user_name="Other")
        await become(lambda: heard, "the message")
        assert isinstance(heard[0], Message)
        assert heard[0].roles == frozenset()

    play(script)


def test_an_ended_token_is_renewed_and_kept(play: Any, tmp_path: Path) -> None:
    """At the login and in the middle of a show; the answer is said all the same, and the new token is on disk."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        for number in (1, 2):
            twitch.expire()
            await twitch.say("!now", "ann")
            await become(lambda number=number: len(twitch.said) == number, "the answer")  # type: ignore[misc]
        (account,) = TokenStore(tmp_path / "twitch.json").load().accounts
        assert (account.token, account.refresh) == (twitch.secrets[-2], twitch.secrets[-1])
        assert len(twitch.refreshes) == 1
        assert twitch.calls.count("POST /oauth2/token") == 2
        assert twitch.connections == 1

    play(script)

    async def late(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        twitch.expire()
        await live(source)
        (account,) = TokenStore(tmp_path / "twitch.json").load().accounts
        assert account.refresh in twitch.refreshes

    play(late)


def test_too_many_requests_wait_as_told(play: Any) -> None:
    """After a 429 the answer is said when Ratelimit-Reset says, once."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        twitch.too_many = [0.5, 0.0]
        began = time.monotonic()
        await twitch.say("!now", "ann")
        await become(lambda: twitch.said, "the answer")
        assert time.monotonic() - began > 0.45
        assert twitch.calls.count("POST /helix/chat/messages") == 3
        assert len(twitch.said) == 1

    play(script)


def test_an_order_to_reconnect_is_followed(play: Any) -> None:
    """EventSub's session_reconnect moves to a new connection; messages on it are heard, and once only."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.order_reconnect()
        await become(lambda: twitch.connections == 2 and twitch.sockets[0].closed, "the move")
        await twitch.say("!dream bee", id="m-1")
        await become(lambda: heard, "the message")
        await live(source)
        assert len(twitch.subscriptions) == 3
        assert len(heard) == 1

    play(script)


def test_a_cut_link_comes_back(play: Any) -> None:
    """twitchio brings it back and subscribes again; meanwhile the state says so."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.cut()
        await become(lambda: twitch.moved_to(2), "the link to be back", 20)
        await live(source)
        await twitch.say("!dream bee")
        await become(lambda: heard, "the message")

    play(script)


@pytest.mark.slow
def test_a_silent_link_is_found(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twitch promises signs of life; without them the link is made anew (twitchio waits 10 s and 5, here 1 and 5)."""
    made = websockets.Websocket.__init__

    def impatient(self: Any, **options: Any) -> None:
        made(self, **options)
        self._keep_alive_timeout = 1

    monkeypatch.setattr(websockets.Websocket, "__init__", impatient)

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await become(lambda: twitch.moved_to(2), "a new link", 20)
        await twitch.say("!dream bee")
        await become(lambda: heard, "the message")

    play(script)


def test_a_link_that_stays_away_is_made_anew(play: Any) -> None:
    """When subscriptions are refused at the return, the whole login is done again."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        twitch.refuse_subscriptions = True
        await twitch.cut()
        await become(lambda: "403" in str(source.state()["detail"]), "the refusal", 20)
        twitch.refuse_subscriptions = False
        await live(source)

    play(script, away=0.3)


def test_a_withdrawn_login_is_said_and_chat_is_still_read(play: Any, tmp_path: Path) -> None:
    """Without a login the channel is read anonymously; a new login brings the voice back, with no restart."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        async with TwitchLookalike() as irc:
            ports.append(irc.port)
            twitch.withdraw()
            await twitch.revoke("authorization_revoked")
            await become(lambda: source.state()["state"] == "live" and source.state()["as"] == "", "reading")
            assert "dreamstream twitch login" in str(source.state()["detail"])
            irc.say("!dream bee", "ann")
            await become(lambda: heard, "a message without a login")
            keep(twitch, TokenStore(tmp_path / "twitch.json"), "22")
            await become(lambda: source.state()["as"] == "dreambot", "the new login")
        await live(source)
        await twitch.say("!now")
        await become(lambda: twitch.said, "the answer")

    ports: list[int] = []
    quick = {"host": "127.0.0.1", "tls": False}
    play(script, listener=lambda channel: TwitchSource(channel, port=ports[0], **quick))  # type: ignore[arg-type]


def test_a_show_without_a_login_reads_and_begins_to_speak(play: Any, tmp_path: Path) -> None:
    """Nobody is logged in, which is no trouble; a login later is taken up with no restart."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await become(lambda: source.state()["state"] == "live" and source.state()["as"] == "", "reading")
        assert source.state()["detail"] == "Reading as a guest. To answer as well: dreamstream twitch login"
        irc[0].say("!now", "ann")
        await become(lambda: heard, "a message")
        assert twitch.calls == []
        keep(twitch, TokenStore(tmp_path / "twitch.json"), "22")
        await become(lambda: source.state()["as"] == "dreambot", "the login")
        await twitch.say("!now", "bob")
        await become(lambda: twitch.said, "the answer")
        assert [each["message"] for each in twitch.said] == ["bee, my own idea."]

    irc: list[TwitchLookalike] = []

    async def around(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        async with TwitchLookalike() as made:
            irc.append(made)
            await script(twitch, source, heard)

    def listener(channel: str) -> TwitchSource:
        return TwitchSource(channel, host="127.0.0.1", tls=False, port=irc[0].port)

    play(around, users=(), listener=listener)


def test_a_refused_refresh_is_a_lost_login(play: Any) -> None:
    """When Twitch takes neither token in the middle of a show, a person is told what to do."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        async with TwitchLookalike() as irc:
            ports.append(irc.port)
            twitch.withdraw()
            await twitch.say("!now", "ann")
            await become(lambda: "no longer takes the login" in str(source.state()["detail"]), "the reason")

    ports: list[int] = []
    quick = {"host": "127.0.0.1", "tls": False}
    play(script, listener=lambda channel: TwitchSource(channel, port=ports[0], **quick))  # type: ignore[arg-type]


def test_an_unknown_channel_and_a_sick_twitch_are_explained(play: Any) -> None:
    """Both are tried again."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        users, twitch.users = twitch.users, {"22": "dreambot"}
        await become(lambda: "no Twitch channel dreams" in str(source.state()["detail"]), "the reason")
        twitch.users, twitch.down = users, True
        await become(lambda: "500" in str(source.state()["detail"]), "the reason")
        twitch.down = False
        await live(source)

    play(script)


def test_followers_are_looked_up_once_and_only_for_commands(play: Any) -> None:
    """A follower's command carries the role; idle talk and badges cost no call."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        twitch.following = {"33"}
        await live(source)
        for text in ("!dream bee", "!dream owl", "so pretty"):
            await twitch.say(text, "ann")
        await twitch.say("!dream cow", "bob", badges=["subscriber"])
        await become(lambda: len(heard) == 4, "four messages")
        spoken = [item.text for item in heard if isinstance(item, Message) and item.who == "Ann" and "!" in item.text]
        assert spoken == ["!dream bee", "!dream owl"]
        roles = {item.text: set(item.roles) for item in heard if isinstance(item, Message)}
        assert roles["!dream bee"] == roles["!dream owl"] == {"follower"}
        assert roles["so pretty"] == set()
        assert roles["!dream cow"] == {"subscriber"}
        assert twitch.calls.count("GET /helix/channels/followers") == 1

    play(script, followers=True)


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
