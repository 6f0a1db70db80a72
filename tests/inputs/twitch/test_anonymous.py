"""Anonymous Twitch chat against a scripted lookalike: tags, bits, bans, garbage, and what Twitch says of a channel."""

from __future__ import annotations

import asyncio
import random

from dreamstream.chat.bot import Bot
from dreamstream.core.message import Message, Paid, Purge
from dreamstream.inputs.twitch.anonymous import TwitchSource
from dreamstream.requests.queue import RequestQueue
from dreamstream.support.backoff import Backoff
from dreamstream.wishes.vocabulary import Vocabulary
from tests.inputs.lookalike import TwitchLookalike, become
from tests.inputs.twitch.anonymous_script import live, play


def test_it_joins_without_an_account() -> None:
    """Tags and commands are asked for, the nick is an anonymous one, no password is sent, nothing is ever said."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        assert twitch.received[0] == "CAP REQ :twitch.tv/tags twitch.tv/commands"
        assert twitch.received[1].startswith("NICK justinfan")
        assert twitch.received[2] == "JOIN #dreams"
        twitch.send("PING :tmi.twitch.tv")
        await become(lambda: "PONG tmi.twitch.tv" in twitch.received, "the pong")
        twitch.say("!dream bee")
        await become(lambda: heard, "the message")
        state = source.state()
        assert (state["name"], state["channel"], state["messages"]) == ("twitch", "dreams", 1)

    play(script)


def test_messages_carry_names_badges_and_ids() -> None:
    """The display name is shown, the login is the key, badges are roles; threads lose their prefix."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        twitch.say("!dream 🐝", "ann", display_name="Änn", id="m-1", badges="subscriber/12,vip/1", mod="0")
        twitch.say("!skip", "boss", display_name="Boss", id="m-2", badges="broadcaster/1")
        twitch.say("!skip", "mia", badges="", mod="1")
        twitch.say("@Boss !dream owl", "fan", badges="founder/0", reply_parent_msg_id="m-2")
        twitch.say("\x01ACTION !dream bee\x01", "fan")
        await become(lambda: len(heard) >= 4, "four messages")
        # By name, for moderators are heard out of turn where several lines come at once.
        messages = sorted((item for item in heard if isinstance(item, Message)), key=lambda m: m.user)
        assert [(m.text, m.who, m.user, m.id, set(m.roles)) for m in messages] == [
            ("!dream 🐝", "Änn", "ann", "m-1", {"subscriber", "vip"}),
            ("!skip", "Boss", "boss", "m-2", {"broadcaster"}),
            ("!dream owl", "fan", "fan", "", {"subscriber"}),
            ("!skip", "mia", "mia", "", {"moderator"}),
        ]
        assert messages[0].viewer == "twitch:ann"

    play(script)


def test_bits_and_shared_chats() -> None:
    """Bits come with their amount and without the cheering words; moderators of another channel are guests."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        twitch.say("Cheer100 !dream bee", "ann", bits="100", room_id="1")
        twitch.say("!dream route66", "bob", bits="", room_id="1", source_room_id="1", badges="moderator/1")
        twitch.say("!skip", "eve", mod="1", badges="moderator/1", room_id="1", source_room_id="2")
        twitch.say("!dream owl", "mia", bits="lots")
        await become(lambda: len(heard) >= 4, "four messages")
        # By name, for moderators are heard out of turn where several lines come at once.
        messages = sorted((item for item in heard if isinstance(item, Message)), key=lambda m: m.user)
        assert [(m.text, m.paid, set(m.roles)) for m in messages] == [
            ("!dream bee", Paid("bits", 100), set()),
            ("!dream route66", None, {"moderator"}),
            ("!skip", None, set()),
            ("!dream owl", None, set()),
        ]

    play(script)


def test_bans_timeouts_and_deletions_are_purges() -> None:
    """CLEARCHAT with a name and CLEARMSG purge; clearing the whole screen does not."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        twitch.send("@room-id=1;target-user-id=7 :tmi.twitch.tv CLEARCHAT #dreams :Ann")
        twitch.send("@room-id=1 :tmi.twitch.tv CLEARCHAT #dreams")
        twitch.send("@login=bob;target-msg-id=m-9 :tmi.twitch.tv CLEARMSG #dreams :!dream bee")
        twitch.send(":tmi.twitch.tv CLEARMSG #dreams :no id")
        await become(lambda: len(heard) >= 2, "two purges")
        twitch.say("last")
        await become(lambda: len(heard) >= 3, "the last message")
        assert heard[:2] == [Purge("twitch", user="ann"), Purge("twitch", message_id="m-9")]

    play(script)


def test_a_wish_of_a_banned_viewer_leaves_the_queue() -> None:
    """From the wire to the queue and out of it again."""

    async def main() -> None:
        queue = RequestQueue(Vocabulary.builtin(), cooldown=0.0, rng=random.Random(1))
        bot = Bot(queue, queue.vocabulary)
        async with TwitchLookalike() as twitch:
            source = TwitchSource("dreams", host="127.0.0.1", port=twitch.port, tls=False, due=bot.due)
            task = asyncio.create_task(source.run(bot.receive))
            await live(source)
            twitch.say("!dream bee", "ann", display_name="Ann", id="1")
            twitch.say("!dream owl", "bob", id="2")
            twitch.say("!dream cow", "bob", id="3")
            await become(lambda: len(queue) == 3, "three requests")
            twitch.send("@target-msg-id=2 :tmi.twitch.tv CLEARMSG #dreams :!dream owl")
            await become(lambda: len(queue) == 2, "the deleted wish to go")
            twitch.send(":tmi.twitch.tv CLEARCHAT #dreams :ann")
            await become(lambda: len(queue) == 1, "the banned viewer's wish to go")
            assert queue.waiting[0].programme.title() == "cow"
            assert bot.log[0][1].text == "bee is next."
            task.cancel()
            await asyncio.wait([task], timeout=5)

    asyncio.run(asyncio.wait_for(main(), 60))


def test_garbage_is_dropped_and_counted() -> None:
    """Invalid UTF-8, endless lines and rubbish stop nothing: the next message arrives on the same connection."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        chance = random.Random(6)
        twitch.send(b"\xff\xfe\xfd!\r\n:a!a@a PRIVMSG #dreams :\xe2\x28\xa1\r\n")
        twitch.send(b"@" + b"x" * 300_000 + b"\r\n")
        for _ in range(50):
            twitch.send(bytes(chance.randrange(128, 256) for _ in range(200)) + b"\r\n")
        twitch.say("!dream bee", "ann")
        await become(lambda: any(isinstance(m, Message) and m.text == "!dream bee" for m in heard), "the message")
        assert twitch.connections == 1
        dropped = source.state()["dropped"]
        assert isinstance(dropped, int)
        assert dropped >= 53

    play(script)


def test_a_suspended_channel_is_explained() -> None:
    """What Twitch says about the channel is what a person sees."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        twitch.send("@msg-id=msg_channel_suspended :tmi.twitch.tv NOTICE #dreams :This channel has been suspended.")
        await become(lambda: "suspended" in str(source.state()["detail"]), "the reason")

    play(script, backoff=Backoff(30.0, 30.0))
