"""The bot: what it answers, whom it obeys, and how little it says. On a clock of our own."""

from __future__ import annotations

import json
import random
import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.chat.bot import KNOWN_BOTS
from dreamstream.chat.commands import COMMANDS
from dreamstream.chat.phrases.english import ENGLISH
from dreamstream.chat.phrases.german import GERMAN
from dreamstream.core.message import LONGEST_REPLY, Message, Purge, Reply, Role, line
from dreamstream.wishes.parse import Grammar
from tests.chat.stage import WORDS, Stage


def test_a_wish_is_accepted_explained_and_kept() -> None:
    """One short reply with the place and the wait, and a call to keep the queue."""
    stage = Stage()
    assert stage.hear("!dream bee", "ann") == [Reply("bee is next.", "ann", "page", "", "accepted")]
    assert stage.answer("!dream owl + pizza", "bob") == "owl + pizza is 2nd, in 30 s."
    assert stage.answer("!dream bee", "cid") == "bee was already asked for; you are in it now: 1st, in a moment."
    assert stage.saved == 3
    assert [request.credits for request in stage.queue.waiting] == [("ann", "cid"), ("bob",)]
    stage.now += 3
    stage.queue.advance(stage.now)
    assert stage.answer("!now") == "bee, for ann, cid."
    assert stage.answer("!dream bee", "dan") == "bee is on right now, and now it is yours too."


def test_refusals_say_why() -> None:
    """Unknown words get near names, limits get waiting times; nothing is kept."""
    stage = Stage({"limit_per_viewer": 1, "cooldown": 10.0})
    assert stage.answer("!dream strowb") == "I do not know that one. Try strawberry."
    assert stage.answer("!dream qqqqq") == ENGLISH["unknown_plain"]
    assert stage.saved == 0
    stage.answer("!dream bee")
    assert stage.answer("!dream owl") == "One moment, ask again in 10 s."
    stage.now += 1
    assert stage.answer("!dream owl", "bob") == "owl is 2nd, in 30 s."
    stage.now += 20
    assert stage.answer("!dream cow") == "You have enough waiting; the next is on in a moment."
    assert stage.answer("!dream bee") == "You already asked for that."
    assert stage.hear("!dream cow")[0].kind == "refused"


def test_what_is_cut_is_said() -> None:
    """A fifth thing and a weight beyond the range change the wish, and the answer tells."""
    stage = Stage()
    five = stage.answer("!dream bee + owl + crab + cow + pig")
    assert five == "bee + owl + crab + cow is next. 4 things share a picture at most; I left out the rest."
    assert stage.answer("!dream lion:9").endswith(" Weights are 0.1 to 4.")
    assert stage.answer("!dream tiger:4", "bob").endswith(" s.")


def test_one_who_waits_is_counted_as_one() -> None:
    """Each language has words of its own for one and for several."""
    for words, one, two in ((ENGLISH, "1 waiting: ", "2 waiting: "), (GERMAN, "1 wartet: ", "2 warten: ")):
        stage = Stage(words=words)
        stage.hear("!dream bee")
        assert stage.answer("!queue").startswith(one)
        stage.hear("!dream owl")
        assert stage.answer("!queue").startswith(two)


def test_a_moderator_is_answered_every_time() -> None:
    """In a chat room that drops what reads like the line before: the same order twice has two answers."""
    stage = Stage()
    orders = ["!pause", "!resume"] * 3 + ["!limit 2", "!limit 2", "!clear", "!clear", "!block eve", "!block eve"]
    said = []
    for number, order in enumerate(orders):
        stage.now += 0.5
        said += [line(reply) for reply in stage.hear(order, "mod", "moderator", source="irc", id=f"{number}")]
    assert len(set(said)) == len(said) == len(orders)
    assert said[2] == "@mod Paused. !resume goes on. (2)"


def test_roles_are_the_streamers_choice() -> None:
    """A command's least role can be raised and lowered; favours shorten the line for a role."""
    stage = Stage(least={"dream": Role.SUBSCRIBER, "skip": Role.VIP}, favours={Role.VIP: 1})
    assert stage.answer("!dream bee") == "That is for subscribers, and here I cannot see who is one."
    assert stage.answer("!dream bee", "ann", "subscriber") == "bee is next."
    assert stage.answer("!skip", "ann", "vip").startswith("Skipped")
    assert Message("", "a", "b", roles=frozenset(("vip", "subscriber", "x"))).role is Role.VIP


def test_bans_and_deletions_withdraw_requests() -> None:
    """A ban takes all of a viewer's requests, also the one on now; a deleted message takes its own, and no friend's."""
    stage = Stage()
    for text, who, identity in [("bee", "Ann", "1"), ("owl", "Ann", "2"), ("bee", "bob", "3"), ("cow", "cid", "4")]:
        stage.bot.receive(Message(f"!dream {text}", who, "twitch", identity, user=who.lower()))
    stage.now += 3
    stage.queue.advance(stage.now)
    assert stage.queue.current.wishes[0].who == "Ann, bob"
    stage.bot.receive(Purge("twitch", message_id="1"))
    assert stage.queue.current.wishes[0].who == "bob"
    assert stage.queue.current.title() == "bee"
    stage.bot.receive(Purge("irc", user="ann"))  # another source's ann
    assert len(stage.queue) == 2
    stage.bot.receive(Purge("twitch", user="ann"))
    assert [request.who for request in stage.queue.waiting] == ["cid"]
    stage.bot.receive(Purge("twitch", message_id="3"))
    assert stage.queue.current.title() == "cow"
    assert stage.queue.showing.requests[0].who == "cid"
    stage.bot.receive(Purge("twitch", message_id="unknown"))
    stage.bot.receive(Purge("twitch", user="stranger"))
    assert stage.bot.counts["purged"] == 3


def test_a_repeated_delivery_is_answered_once() -> None:
    """The page gets the same answer again, a chat room none; nothing changes."""
    stage = Stage()
    first = stage.hear("!dream bee", id="7")
    assert stage.hear("!dream bee", id="7") == first
    assert stage.hear("!skip", "mod", "moderator", source="irc", id="8")
    current = stage.queue.current
    assert stage.hear("!skip", "mod", "moderator", source="irc", id="8") == []
    assert stage.queue.current == current
    assert stage.saved == 2


def test_another_mark_for_commands() -> None:
    """Chat uses the streamer's mark and is told of it; page and terminal keep theirs."""
    stage = Stage(grammar=Grammar(prefix="?"))
    (reply,) = stage.hear("?queue", source="irc")
    assert reply.text == "Nobody is waiting. Ask with ?dream bee, or ?dream bee + pizza."
    assert stage.hear("!queue", source="irc") == []
    assert stage.answer("!dream bee") == "bee is next."


def test_bots_and_small_talk_are_ignored() -> None:
    """No answer to known bots, to talk, or to other bots' commands."""
    stage = Stage()
    for who in (*KNOWN_BOTS, "NightBot"):
        assert stage.hear("!dream bee", who) == []
    assert stage.hear("what a lovely bee") == []
    assert stage.hear("!uptime") == []
    assert stage.hear("bee") == []
    talkative = Stage(grammar=Grammar(bare=True))
    assert talkative.answer("bee") == "bee is next."
    assert talkative.hear("i saw a bee") == []


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.text(max_size=80),
                st.text(max_size=40).map("!dream ".__add__),
                st.builds("!{} {}".format, st.sampled_from(list(COMMANDS)), st.text(max_size=20)),
            ),
            st.text(max_size=30),
            st.sampled_from(["irc", "twitch", "page"]),
            st.sampled_from(["", "vip", "moderator"]),
        ),
        max_size=25,
    )
)
def test_whatever_is_said_the_bot_keeps_its_manners(talk: list[tuple[str, str, str, str]]) -> None:
    """Never an exception, a second reply, a link, a control character, a command of the chat, or an overlong line."""
    stage = Stage()
    for text, who, source, role in talk:
        replies = stage.hear(text, who, role, source=source)
        assert len(replies) <= 1
        for reply in replies:
            said = line(reply)
            assert 0 < len(said) <= LONGEST_REPLY
            assert said.isprintable()
            assert "://" not in said
            assert not re.match(r"[/.]", said)
        stage.now += 0.5
    json.dumps(stage.bot.snapshot(), allow_nan=False)


def test_a_flood_is_handled_quickly_and_in_bounded_memory() -> None:
    """Thousands of messages from thousands of names, one in twenty a wish: the limits hold and a skip comes through."""
    stage = Stage()
    chance = random.Random(8)
    names = [entry.name for entry in WORDS]
    talk = [
        (f"!dream {chance.choice(names)}" if chance.random() < 0.05 else "so pretty " + "x" * chance.randrange(200))
        for _ in range(6000)
    ]
    start = time.perf_counter()
    for k, text in enumerate(talk):
        stage.now += 0.001
        stage.hear(text, f"viewer{chance.randrange(5000)}", source="twitch", id=str(k))
    seconds = time.perf_counter() - start
    assert len(stage.queue) <= 50
    assert len(stage.bot._answered) <= 2000
    assert stage.hear("!skip", "mod", "moderator", source="twitch")[0].text.startswith("Skipped")
    # A thousand a second must leave most of the machine to the show.
    assert seconds < 6.0
