"""A subject among the things of dreams: it is dreamed beside classes, follows its walk, and can be dreamed again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from dreamstream.core.dreamer import DreamerRequest, Effort, Pointed, Still
from dreamstream.core.errors import UserError
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers import registry
from dreamstream.dreamers.guided.dreamer import GuidedDreamer
from dreamstream.journal.reader import read_show
from dreamstream.journal.writer import ShowLog
from dreamstream.render import replay

SIZE = (192, 128)
BOTH = Programme((Wish("cartoon cat c", "left"), Wish("pizza", "right")))
FOUR = Effort(cost={"steps": 4})


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> DreamerRequest:
    """For the shipped cats, with compiled programs kept for all tests here."""
    cache = tmp_path_factory.mktemp("guided")
    return DreamerRequest(size=SIZE, seed=5, preset="gouache", cache=cache, subject="cartoon-cats")


@pytest.fixture(scope="module")
def dreamer(request_: DreamerRequest) -> GuidedDreamer:
    opened = registry.open_dreamer("ascent", request_)
    assert isinstance(opened, GuidedDreamer)
    return opened


def test_it_is_described_without_jax() -> None:
    """By every door to the usual dreams; a file that is none is said."""
    code = (
        "import sys; from dreamstream.core.dreamer import DreamerRequest; from dreamstream.dreamers import registry; "
        "card = registry.describe('doodle', DreamerRequest(subject='cartoon-cats')); "
        "print(card.name, card.lettered, len(card.words), 'drawing' in card.kinds, 'jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "doodle cartoon cat 189 True False\n", done.stderr
    with pytest.raises(UserError, match="no subject none"):
        registry.describe("ascent", DreamerRequest(subject="none"))
    with pytest.raises(UserError, match="The dreamer latent has no things"):
        registry.describe("cartoon-cats", DreamerRequest(subject="cartoon-cats"))


@pytest.mark.slow
def test_things_come_to_look_like_the_subject(dreamer: GuidedDreamer) -> None:
    """Those of its half, and not those of the other; what is asked for is said as it was."""
    for name, value in (("zoom", 1.0), ("rotation", 0.0)):
        dreamer.set(name, value)
    for number in range(14):
        dream = dreamer.dream(BOTH, number * 0.25, FOUR)
    assert dream.programme == BOTH
    still = dreamer.still(Wish("cartoon cat c"))
    assert still is not None
    seen = cv2.resize(still, (64, 64))
    like: dict[bool, list[float]] = {True: [], False: []}
    for x, y, side in dreamer.things:
        if abs(x) + side / 2 < 0.75 and abs(y) + side / 2 < 0.5 and abs(x) > side / 2:
            part = cv2.resize(dreamer.part(complex(x, y), side)[..., :3], (64, 64)).astype(float)
            like[x < 0].append(float(np.corrcoef(part[12:52, 12:52].ravel(), seen[12:52, 12:52].ravel())[0, 1]))
    assert like[True]
    assert like[False]
    assert max(like[True]) > 0.6
    assert np.mean(like[True]) > np.mean(like[False]) + 0.3


@pytest.mark.slow
def test_its_walk_is_everybodys(dreamer: GuidedDreamer) -> None:
    """Points can be kept, seen and wished; its controls are its own; the network judges nothing of it."""
    dreamer.dream(BOTH, 10.0, FOUR)
    assert isinstance(dreamer, Pointed)
    assert isinstance(dreamer, Still)
    assert dreamer.here()
    assert dreamer.still(Wish("a b .3", kind="mix")) is not None
    assert dreamer.still(Wish("pizza")) is None
    dreamer.set("wild", 0.5)
    with pytest.raises(ValueError, match="no control"):
        dreamer.set("axis1", 1.0)
    assert dreamer.score(np.zeros((128, 192, 3), np.uint8), "cartoon cat") == 0.0
    assert (dreamer.dream(BOTH, 10.5, FOUR).picture != dreamer.dream(BOTH, 11.0, FOUR).picture).any()


@pytest.mark.slow
def test_a_checkpoint_holds_dreams_and_walk(dreamer: GuidedDreamer) -> None:
    """The next dream is the same to the last bit; what is none changes nothing."""
    dreamer.dream(BOTH, 20.0, FOUR)
    kept = dreamer.checkpoint()
    first = dreamer.dream(BOTH, 20.5, FOUR).picture
    dreamer.dream(BOTH, 24.0, FOUR)
    dreamer.resume(kept)
    np.testing.assert_array_equal(dreamer.dream(BOTH, 20.5, FOUR).picture, first)
    with pytest.raises(ValueError, match="no checkpoint of a guided dreamer"):
        dreamer.resume(b"nothing")


@pytest.mark.slow
def test_a_replay_dreams_the_same(request_: DreamerRequest, tmp_path: Path) -> None:
    """The log names the subject's file; another look goes on among the same things."""
    shown = registry.open_dreamer("ascent", request_)
    about = {
        "version": "0", "dreamer": "ascent", "model": "builtin", "seed": 5, "canvas": SIZE, "size": SIZE, "fps": 10,
        "preset": "gouache", "subject": shown.card.subject, "subject_sha256": "0" * 64,
    }  # fmt: skip
    log = ShowLog(tmp_path, lambda: about, None)
    made = [shown.dream(BOTH, number / 4, FOUR) for number in range(3)]
    for dream in made:
        log.dream(dream, dream.time, {}, "")
    log.close()
    show = read_show(next(tmp_path.glob("*.jsonl")))
    assert any("subject among the things has changed" in line for line in replay.warnings(show, SIZE))
    again = replay.open_dreamer(show, SIZE)
    for record, dream in zip(show.dreams, made, strict=True):
        np.testing.assert_array_equal(again.dream(record.programme, record.time, record.effort).picture, dream.picture)
