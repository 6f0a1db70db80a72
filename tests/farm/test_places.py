"""Which nodes channels may be on, and what is said of those where they may not."""

from __future__ import annotations

import pytest

from dreamstream.core.errors import UserError
from dreamstream.farm.backends.backend import Node
from dreamstream.farm.places import Places

NODES = [Node("aaaa1111", "10.0.0.1"), Node("aabb2222", "10.0.0.2"), Node("cccc3333", "10.0.0.2", alive=False)]


@pytest.mark.parametrize(("said", "found"), [("aaaa", 0), ("aabb2222", 1), ("10.0.0.2", 1), ("c", 2)])
def test_a_node_is_found_by_its_beginning_or_address(said: str, found: int) -> None:
    """Of two with one address the living one is meant."""
    assert Places().find(said, NODES) == NODES[found]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("z", "'z' is no node of this farm; there are aaaa1111, aabb2222."),
        ("", "'' is no node of this farm; there are aaaa1111, aabb2222."),
        ("aa", "'aa' is several nodes of this farm; there are aaaa1111, aabb2222."),
    ],
)
def test_none_or_several(said: str, words: str) -> None:
    """What was said is no node, or more than one."""
    with pytest.raises(UserError) as refused:
        Places().find(said, NODES)
    assert str(refused.value) == words


def test_nowhere_to_go() -> None:
    """A farm of one machine, a node that is gone, one that is drained, and the last one."""
    places = Places(["aaaa1111"])
    with pytest.raises(UserError, match="one node, this machine"):
        places.find("a", [])
    with pytest.raises(UserError, match="cccc3333 is gone"):
        places.open("c", NODES)
    with pytest.raises(UserError, match="aaaa1111 is drained"):
        places.open("aaaa", NODES)
    with pytest.raises(UserError, match="aabb2222 is the last node"):
        places.drain("aabb", NODES)
    assert places.admit("aaaa", NODES) == NODES[0]
    assert places.open("aaaa", NODES) == NODES[0]
    assert places.drain("aabb", NODES) == NODES[1]
    assert places.drained == {"aabb2222"}
