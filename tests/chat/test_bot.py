"""The bot: what it answers, whom it obeys, and how little it says. On a clock of our own."""

from __future__ import annotations

import json
import random
import re
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.chat.block_list import name_of
from dreamstream.chat.bot import KNOWN_BOTS, Bot
from dreamstream.chat.commands import COMMANDS
from dreamstream.chat.phrases.english import ENGLISH, duration, ordinal
from dreamstream.chat.phrases.german import GERMAN
from dreamstream.chat.replies import ReplyLimit
from dreamstream.core import points
from dreamstream.core.card import Word
from dreamstream.core.message import LONGEST_REPLY, Message, Purge, Reply, Role, line
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.parse import Grammar
from dreamstream.wishes.vocabulary import Vocabulary

WORDS = Vocabulary.builtin()


class Stage:
    """A bot with a queue and a clock that stands until told."""

    def __init__(self, queue: dict[str, Any] | None = None, **bot: Any) -> None:
        self.now = 100.0
        self.saved = 0
        self.queue = RequestQueue(WORDS, **{"cooldown": 0.0, "rng": random.Random(2), **(queue or {})})
        self.bot = Bot(self.queue, WORDS, lambda: self.now, on_change=self.save, **bot)
        self.queue.advance(self.now)

    def save(self) -> None:
        self.saved += 1

    def hear(self, text: str, who: str = "ann", *roles: str, source: str = "page", id: str = "") -> list[Reply]:
        return self.bot.receive(Message(text, who, source, id, frozenset(roles)))

    def answer(self, text: str, who: str = "ann", *roles: str) -> str:
        """The text of the one reply."""
        (reply,) = self.hear(text, who, *roles)
        return reply.text


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


def test_help_where_a_subject_dreams() -> None:
    """Tells what can be said of its points, by its name."""
    cats = Vocabulary.of((Word("cat"), Word("cat a", aliases=("a",))))
    shown = Bot(RequestQueue(cats, kinds=("class", *points.KINDS)), cats)
    assert shown.receive(Message("!help", "ann", "page"))[0].text.startswith("!dream cat c · !mix a b .3 · ")
    stage = Stage({"kinds": ("class", *points.KINDS)})  # and much else: the usual help
    assert stage.answer("!help") == ENGLISH["help"]
    assert stage.answer("!at a b c d .25 .5") == "at a b c d .25 .5 is next."
    for text in ("!mix a z .3", "!at a b c d .25 5", "!calc a - a"):  # would stop the dreamer
        assert stage.hear(text, "bob")[0].kind == "refused", text
    assert Stage().answer("!at a b c d .25 .5") == ENGLISH["kind"]


def test_viewers_commands() -> None:
    """Each command answers what it should, also when there is nothing to tell."""
    stage = Stage({"votes_to_skip": 2})
    assert stage.answer("!queue") == ENGLISH["queue_empty"]
    assert stage.answer("!position") == ENGLISH["position_none"]
    assert stage.answer("!undream") == ENGLISH["undream_none"]
    assert stage.answer("!now").endswith("my own idea. Ask for something with !dream.")
    assert stage.answer("!help") == stage.answer("!dream") == ENGLISH["help"]
    for k, what in enumerate(["bee", "owl", "cow", "pig", "crab", "lion"]):
        stage.hear(f"!dream {what}", f"v{k}")
    assert stage.answer("!queue") == "6 waiting: bee (v0), owl (v1), cow (v2), pig (v3), crab (v4) and 1 more."
    assert stage.answer("!position", "v1").startswith("owl is 2nd, in ")
    assert stage.answer("!undream", "v1") == "owl is taken back."
    assert stage.answer("!classes spider") == "I can dream spider, spider web."
    assert stage.answer("!classes qqqq") == ENGLISH["classes_none"]
    assert stage.answer("!classes").startswith("I can dream 180 things, such as ")
    assert stage.answer("!voteskip", "v1") == "1 of 2 votes to skip."
    before = stage.queue.current
    assert stage.answer("!voteskip", "v2") == ENGLISH["vote_done"]
    assert stage.queue.current != before


@pytest.mark.parametrize("name", [name for name, it in COMMANDS.items() if it.least == Role.MODERATOR])
def test_moderators_commands_need_a_role(name: str) -> None:
    """Viewers up to VIPs are refused and nothing changes; moderators and the broadcaster are obeyed."""
    stage = Stage()
    stage.hear("!dream bee", "bob")
    before = json.dumps(stage.bot.snapshot())
    for role in ("", "follower", "subscriber", "vip", "nonsense"):
        assert stage.answer(f"!{name} bob", "ann", role) == "That is for moderators, and here I cannot see who is one."
    assert json.dumps(stage.bot.snapshot()) == before
    assert (
        stage.answer(f"!{name} bob", "mod", "moderator") != "That is for moderators, and here I cannot see who is one."
    )
    assert (
        stage.answer(f"!{name} bob", "host", "broadcaster")
        != "That is for moderators, and here I cannot see who is one."
    )


def test_moderators_steer() -> None:
    """Skip, clear, pause, promote, remove, limits and hold do what they say."""
    stage = Stage()
    for k, what in enumerate(["bee", "owl", "cow"]):
        stage.hear(f"!dream {what}", f"v{k}")
    mod = ("mod", "moderator")
    assert stage.answer("!promote @v2", *mod) == "cow is next."
    assert stage.answer("!remove v1", *mod) == "Requests removed for v1: 1."
    assert stage.answer("!remove nobody", *mod) == "Nothing waiting fits nobody."
    assert stage.answer("!promote", *mod) == ENGLISH["no_object"]
    stage.answer("!skip", *mod)
    assert stage.queue.current.title() == "cow"
    stage.answer("!pause", *mod)
    assert stage.answer("!pause", *mod) == "It is paused already. !resume goes on."
    stage.now += 1000
    assert not stage.queue.advance(stage.now)
    stage.answer("!resume", *mod)
    assert stage.answer("!resume", *mod) == "It is not paused."
    assert stage.answer("!hold 12", *mod) == "Each request is shown for 10 s."
    assert stage.queue.pace.hold == 12
    assert stage.answer("!hold 1e9", *mod) == "Say a number from 2 to 3600."
    assert stage.answer("!hold nan", *mod) == "Say a number from 2 to 3600."
    assert stage.answer("!limit 1", *mod) == "Waiting requests for each viewer: 1."
    assert stage.queue.limit_per_viewer == 1
    assert stage.answer("!clear", *mod) == "Requests forgotten: 1."
    assert stage.answer("!clear", *mod) == "Nobody was waiting."
    assert stage.answer("!zoom 2", *mod) == ENGLISH["control_none"]


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


def test_the_control_room_orders_what_a_moderator_may() -> None:
    """Without a chat line, and whatever the grammar's prefix is."""
    stage = Stage()
    stage.hear("!dream bee", "ann")
    stage.hear("!dream owl", "bob")
    assert stage.bot.order("remove", "bob") == "Requests removed for bob: 1."
    assert stage.bot.order("skip")
    assert stage.queue.current.title() == "bee"
    assert stage.saved == 4


def test_controls_are_handed_on() -> None:
    """!zoom and !preset go to the show."""
    stage = Stage(on_control=lambda name, value: ("control_set", {"name": name, "value": value}))
    assert stage.answer("!zoom 1.1", "mod", "moderator") == "zoom is 1.1 now."
    assert stage.answer("!preset calm", "mod", "moderator") == "preset is calm now."


def test_blocking_viewers_and_classes() -> None:
    """A blocked viewer is not heard and loses what waits; a blocked class is not dreamed, not even when idle."""
    stage = Stage()
    mod = ("mod", "moderator")
    stage.hear("!dream bee", "Bob")
    stage.answer("!block @bob", *mod)
    assert len(stage.queue) == 0
    assert stage.hear("!dream bee", "BOB") == []
    assert stage.hear("!queue", "bob") == []
    stage.hear("!dream owl")
    stage.answer("!block owls", *mod)
    assert len(stage.queue) == 0
    assert stage.answer("!dream owl") == ENGLISH["blocked_class"]
    for _ in range(300):
        stage.now += 31
        stage.queue.advance(stage.now)
        assert "owl" not in [wish.what for wish in stage.queue.current.wishes]
    again = Stage()
    assert again.bot.restore(json.loads(json.dumps(stage.bot.snapshot()))) == 0
    assert again.hear("!queue", "bob") == []
    assert again.answer("!dream owl") == ENGLISH["blocked_class"]
    assert again.answer("!unblock owl", *mod) == "owl is not blocked any more."
    assert again.answer("!unblock bob", *mod) == "bob is not blocked any more."
    assert again.answer("!unblock bob", *mod) == "bob was not blocked."
    assert again.answer("!dream owl", "bob") == "owl is next."


def test_moderators_answers_name_their_object() -> None:
    """Two orders in a row read differently, for what was said within half a minute is not said again."""
    stage = Stage()
    mod = ("mod", "moderator")
    said = [stage.answer(line, *mod) for line in ("!block @ann", "!block bob", "!block owls")]
    assert said == ["ann is blocked.", "bob is blocked.", "owl is blocked."]
    said = [stage.answer(line, *mod) for line in ("!unblock ann", "!unblock bob", "!unblock cid", "!unblock")]
    assert said[:2] == ["ann is not blocked any more.", "bob is not blocked any more."]
    assert said[2:] == ["cid was not blocked.", ENGLISH["no_object"]]
    for name in ("dan", "eve"):
        stage.hear("!dream bee", name)
        assert stage.answer(f"!remove {name}", *mod) == f"Requests removed for {name}: 1."


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


def test_names_are_made_harmless() -> None:
    """What the bot repeats of a name holds no link, no command and no control character."""
    assert name_of("Ann_Lee-3") == "Ann_Lee-3"
    assert name_of("https://evil.example/x") == "httpsevilexamplex"
    assert name_of("\x02/ban\u202e ann") == "ban ann"
    assert name_of("é" * 99) == "é" * 25
    assert name_of("/../") == "someone"
    for name in ("Ada 🐝", "🐝", "👩🏽‍🚀_ann", "❤️ bo", "🇩🇪 cy", "👨‍👩‍👧"):
        assert name_of(name) == name
    free = next(chr(code) for code in range(0x1F8B0, 0x1FB00) if unicodedata.category(chr(code)) == "Cn")
    assert name_of(free) == "someone"  # nothing that this Python knows
    # An emoji of several is whole or not there.
    assert name_of("x" * 23 + "👨‍👩‍👧") == "x" * 23
    assert name_of("a\u200db\ufe0fc.de") == "abcde"


def test_times_and_places_in_words() -> None:
    """Short and human."""
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]
    )
    assert [duration(s) for s in (0, 2.9, 3, 22, 61, 89, 90, 125, 3600)] == (
        ["a moment", "a moment", "5 s", "20 s", "60 s", "90 s", "about 2 min", "about 2 min", "about 60 min"]
    )


def test_every_phrase_of_the_code_is_in_the_words() -> None:
    """Each command answers without a missing phrase, with and without arguments, empty queue or full."""
    for filled in (False, True):
        for name in COMMANDS:
            for args in ("", "bee", "5", "ann", "@ann"):
                stage = Stage()
                if filled:
                    for k, what in enumerate(["bee", "owl", "cow"]):
                        stage.hear(f"!dream {what}", f"v{k}")
                    stage.hear("!dream pig")
                assert stage.answer(f"!{name} {args}", "ann", "broadcaster")


class TestReplyLimit:
    """The rules of a chat room for those who speak in it."""

    def test_never_more_than_twenty_in_thirty_seconds(self) -> None:
        """Whatever is offered, any window of 30 s holds at most 20 lines, and none twice."""
        chance, limit, now = random.Random(4), ReplyLimit(), 0.0
        said: list[tuple[float, str]] = []
        for k in range(4000):
            now += chance.expovariate(5.0)
            text = f"answer {chance.randrange(200)}"
            said += [(now, line(r)) for r in limit.offer(Reply(text, f"v{k % 50}"), now, urgent=chance.random() < 0.05)]
        for when, text in said:
            window = [other for at, other in said if when - 30 < at <= when]
            assert len(window) <= 20
            assert window.count(text) == 1
            assert len(text) <= LONGEST_REPLY
        assert len(said) > 200

    def test_a_busy_chat_gets_many_answers_in_one_line(self) -> None:
        """After half the budget answers are gathered for two seconds and said together."""
        limit = ReplyLimit()
        said = [r for k in range(30) for r in limit.offer(Reply("yes.", f"v{k}", "irc"), 0.0)]
        assert len(said) == 10
        assert limit.due(1.9) == []
        (together,) = limit.due(2.0)
        assert together.text == " ".join(f"@v{k} yes." for k in range(10, 30))
        assert together.to == ""

    def test_moderators_are_answered_when_others_wait(self) -> None:
        """The last of the budget is theirs."""
        limit = ReplyLimit()
        for k in range(60):
            limit.offer(Reply(f"{k}", f"v{k}"), k / 10)
        assert limit.offer(Reply("Skipped.", "mod"), 6.0, urgent=True) == [Reply("Skipped.", "mod")]

    def test_one_person_cannot_use_it_up(self) -> None:
        """Five answers in a window for one viewer; others are still answered."""
        limit = ReplyLimit()
        said = [r for k in range(20) for r in limit.offer(Reply(f"{k}", "ann"), float(k))]
        assert len(said) == 5
        assert limit.offer(Reply("hello", "bob"), 20.0)
        assert limit.offer(Reply("again", "ann"), 31.0)

    def test_the_same_line_is_not_repeated(self) -> None:
        """Within the window the same words to the same person are dropped; later, or to others, they are said."""
        limit = ReplyLimit()
        assert limit.offer(Reply("hello", "ann"), 0.0)
        assert limit.offer(Reply("hello", "ann"), 29.0) == []
        assert limit.offer(Reply("hello", "bob"), 29.0)
        assert limit.offer(Reply("hello", "ann"), 30.0)
        assert limit.dropped == 1


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
