"""What a queue keeps over a restart, on another clock; and what is no such thing."""

from __future__ import annotations

import json
import random

import pytest

from dreamstream.core.programme import split
from dreamstream.requests.queue import Accepted, RequestQueue
from tests.requests.asking import NAMES, WORDS, a_queue, ask


def test_a_snapshot_survives_json_and_another_clock() -> None:
    """Waiting and shown requests, credits, order and elapsed time come back; what is unreadable is left out."""
    queue = a_queue()
    for k, who in enumerate(["ann", "bob", "ann", "cid"]):
        ask(queue, NAMES[k], who, id=f"m{k}")
    ask(queue, NAMES[1], "dan")
    queue.advance(2.0)
    data = json.loads(json.dumps(queue.snapshot(12.0)))
    fresh = RequestQueue(WORDS, cooldown=0.0, rng=random.Random(9))
    assert fresh.restore(data, 5000.0) == 4
    assert [r.programme for r in fresh.waiting] == [r.programme for r in queue.waiting]
    assert [r.credits for r in fresh.waiting] == [r.credits for r in queue.waiting]
    assert fresh.current == queue.current
    assert [eta for _, eta in fresh.schedule(5000.0)] == pytest.approx([eta for _, eta in queue.schedule(12.0)])
    before = len(fresh)
    assert isinstance(fresh.add(split([NAMES[0]]), "ann", "irc", 5000.0, id="m0"), Accepted)  # delivered again
    assert len(fresh) == before
    data["waiting"][0] = {"id": 3}
    data["waiting"][1]["wishes"] = [["quasar", "whole", 1.0]]
    assert RequestQueue(WORDS).restore(data, 0.0) == 2


@pytest.mark.parametrize(
    "data", [None, [], {}, {"version": 1}, {"version": 2}, {"version": 1, "waiting": 5, "lately": None}]
)
def test_rubbish_restores_nothing(data: object) -> None:
    """A damaged state begins a new queue."""
    queue = RequestQueue(WORDS)
    assert queue.restore(data, 0.0) == 0
    assert queue.current.wishes
