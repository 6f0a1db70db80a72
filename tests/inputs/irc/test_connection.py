"""The order in which a link hands on what it read."""

from __future__ import annotations

from dreamstream.core.message import Message, Purge
from dreamstream.inputs.irc.connection import Event, Lost, moderators_first


def test_moderators_are_heard_out_of_turn() -> None:
    """Their lines go before a flood that came first; everything else keeps its order, and the end stays the end."""

    def line(who: str, *roles: str) -> Message:
        return Message("!skip", who, "irc", roles=frozenset(roles))

    flood: list[Event] = [line(f"v{number}", "vip") for number in range(100)]
    first, second = line("mod", "moderator"), line("host", "broadcaster")
    heard: list[Event] = [*flood, Purge("irc", "v3"), first, second, Lost("closed")]
    assert moderators_first(heard) == [first, second, *flood, Purge("irc", "v3"), Lost("closed")]
    assert moderators_first([]) == []
