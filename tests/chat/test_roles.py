"""Who may say what, and what a source cannot know."""

from __future__ import annotations

import pytest

from dreamstream.chat.roles import RULED, Rules
from dreamstream.core.message import Message, Role

MODERATORS = (
    *("skip", "clear", "pause", "resume", "promote", "remove", "block", "unblock", "limit", "hold", "zoom", "wild"),
    "preset",
)


def said(source: str, *roles: str) -> Message:
    """A message of somebody with these roles."""
    return Message("", "ann", source, roles=frozenset(roles))


@pytest.mark.parametrize("command", RULED)
@pytest.mark.parametrize("least", Role)
def test_each_role_may_do_what_those_below_it_may(command: str, least: Role) -> None:
    """Every command can be given any least role; exactly those from it on are obeyed."""
    rules = Rules({command: least})
    for role in Role:
        assert (rules.judge(command, said("console", role.name.lower())) == "allowed") == (role >= least)


def test_usual_rules() -> None:
    """Moderators' commands are theirs, the others everybody's."""
    rules = Rules()
    for command in RULED:
        verdict = rules.judge(command, said("twitch", "vip"))
        assert verdict == ("not_allowed" if command in MODERATORS else "allowed")


def test_what_a_source_cannot_see_is_said() -> None:
    """Anonymous Twitch readers do not see followers; a source that does may say so."""
    rules = Rules({"dream": Role.FOLLOWER, "queue": Role.VIP})
    assert rules.judge("dream", said("twitch")) == "not_told"
    assert rules.judge("dream", said("twitch", "subscriber")) == "allowed"
    assert rules.judge("queue", said("twitch")) == "not_allowed"
    assert rules.judge("queue", said("page")) == "not_told"
    assert rules.out_of_sight(["twitch", "irc"]) == [
        "!dream is for followers, but twitch does not tell who is one",
        "!dream is for followers, but irc does not tell who is one",
    ]
    rules.can_see("twitch", Role.FOLLOWER)
    assert rules.judge("dream", said("twitch")) == "not_allowed"
    assert rules.out_of_sight(["twitch"]) == []
