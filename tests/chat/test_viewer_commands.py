"""What viewers may say, and what they are answered."""

from __future__ import annotations

from dreamstream.chat.bot import Bot
from dreamstream.chat.phrases.english import ENGLISH
from dreamstream.core import points
from dreamstream.core.card import Word
from dreamstream.core.message import Message
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary
from tests.chat.stage import Stage


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
