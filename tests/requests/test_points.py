"""Names of points: whose they are, how many there may be, and what outlives a restart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dreamstream.core.points import NAMED, carried
from dreamstream.core.programme import Programme, Wish
from dreamstream.requests.points import MOST, MOST_EACH, NamedPoint, PointStore, is_snapshot, names_in


def point(name: str, viewer: str = "page:ann") -> NamedPoint:
    return NamedPoint(name, "AAAA", "ann", viewer)


def wish(*names: str) -> Programme:
    return Programme((Wish(names[0], kind=NAMED, points=carried(dict.fromkeys(names, "AAAA"))),))


def full() -> PointStore:
    """As many as there may be, by different people."""
    store = PointStore("cat")
    assert {store.put(point(f"n{i}", f"page:{i}")) for i in range(MOST)} == {"kept"}
    return store


def test_a_name_means_one_thing() -> None:
    """Nobody takes it from another, and one person gives so many."""
    store = PointStore("cat")
    assert store.put(point("taco")) == "kept"
    assert store.put(point("taco", "page:bob")) == "taken"
    assert [store.put(point(f"n{i}")) for i in range(MOST_EACH)] == ["kept"] * (MOST_EACH - 1) + ["enough"]
    assert store.put(point("other", "page:1.2.3.4/bob")) == "kept"
    assert store.of("page:1.2.3.4/eve") == ["other"]  # one address is one person
    assert store["taco"] == "AAAA"
    assert store.given_by("ANN")[0] == "taco"
    assert store.forget(["taco", "none"]) == ["taco"]
    assert store.put(point("taco", "page:bob")) == "kept"


def test_the_one_unused_for_longest_makes_room() -> None:
    """Never one that is asked for now."""
    store = full()
    store.wished(wish("n0"))
    assert store.put(point("new", "page:eve"), in_use=["n1"]) == "kept"
    assert "n2" not in store
    assert {"n0", "n1", "new"} < set(store)
    assert store.put(point("late", "page:joe"), in_use=list(store)) == "full"
    assert len(store) == MOST


def test_names_outlive_a_restart_with_their_subject() -> None:
    """Those of another subject wait until it dreams again."""
    store = full()
    store.wished(wish("n5"))
    kept = json.loads(json.dumps(store.snapshot()))
    assert is_snapshot(kept)
    dog = PointStore("dog")
    dog.restore(kept)
    assert not dog
    assert dog.put(point("bone")) == "kept"
    again = PointStore("cat")
    again.restore(json.loads(json.dumps(dog.snapshot())))
    assert list(again) == list(store)
    assert list(again)[-1] == "n5"


@pytest.mark.parametrize(
    "data",
    [None, [], {"cat": 5}, {"cat": [{"name": "taco"}]}, {"cat": [{**vars(point("taco")), "code": "no code!"}]}],
)
def test_what_is_no_snapshot_is_left(data: Any) -> None:
    """And harms nothing."""
    assert not is_snapshot(data)
    store = PointStore("cat")
    store.restore(data)
    assert not store


def test_which_names_are_asked_for() -> None:
    """Whatever is said of them."""
    mixed = Wish("taco bone .3", kind="mix", points=carried({"taco": "AAAA", "bone": "BBBB"}))
    assert names_in([wish("cat"), Programme((mixed, Wish("bee")))]) == ["cat", "taco", "bone"]
