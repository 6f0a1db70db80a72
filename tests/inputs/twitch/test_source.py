"""The Twitch bot against a scripted Twitch: reading, answering, roles, and no token anywhere else."""

from __future__ import annotations

from typing import Any

from dreamstream.core.message import Message, Purge, Reply
from tests.conftest import need_library
from tests.inputs.lookalike import become

need_library("twitchio")


from dreamstream.inputs.twitch.source import TwitchBotSource  # noqa: E402
from tests.inputs.twitch.scripted import Heard, live  # noqa: E402
from tests.inputs.twitch.twitch_server import TwitchServer  # noqa: E402


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
