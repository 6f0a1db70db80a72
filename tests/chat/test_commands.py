"""What moderators order: who may, what it does, and that it is answered."""

from __future__ import annotations

import json

import pytest

from dreamstream.chat.commands import COMMANDS
from dreamstream.chat.phrases.english import ENGLISH
from dreamstream.core.message import Role
from tests.chat.stage import Stage


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
