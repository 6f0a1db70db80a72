"""The doodle dreamer: strokes, then the filled picture on the canvas, then dreamed on; the same when it is replayed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import Effort
from dreamstream.core.programme import Programme, Wish, split
from dreamstream.dreamers.ascent.dreamer import AscentDreamer
from dreamstream.dreamers.doodle.dreamer import DoodleDreamer
from dreamstream.dreamers.doodle.studio import Studio
from dreamstream.journal.reader import read_show
from dreamstream.journal.writer import ShowLog
from dreamstream.render.replay import Player
from tests.drawn import CAT, DOT, Filler

SIZE = (160, 96)
ONE = Effort(cost={"steps": 1})
KEY = CAT.key()


@pytest.fixture(scope="module")
def inner() -> AscentDreamer:
    """One for all tests, for it is compiled in seconds."""
    return AscentDreamer("builtin", SIZE, seed=1)


START: list[bytes] = []


def fresh(inner: AscentDreamer) -> AscentDreamer:
    """The same dreamer as if it had just been made."""
    START[:] = START or [inner.state()]
    inner.restore(START[0])
    inner._rng = np.random.default_rng(1)
    return inner


def doodler(inner: AscentDreamer, painter: Filler | None = None, **told: Any) -> DoodleDreamer:
    """One with a painter that needs no training."""
    drawings = {KEY: CAT, DOT.key(): DOT}
    studio = Studio(lambda: painter or Filler(), inner.seen, drawings, told.get("filled"))
    return DoodleDreamer(fresh(inner), lambda card: card, studio)


def drawn(word: str = "cat", region: str = "whole", weight: float = 1.0, key: str = KEY) -> Programme:
    """A programme of a drawing."""
    return Programme((Wish(f"{key}:{word}" if word else key, region, weight, "ann", "drawing"),))


def orange(picture: NDArray[np.uint8]) -> float:
    """The share of the picture that is of the painter's colour."""
    away = np.abs(picture.astype(int) - (240, 150, 40)).max(axis=2)
    return float((away < 60).mean())


def chalked(picture: NDArray[np.uint8]) -> int:
    """How many pixels are of chalk."""
    return int((np.abs(picture.astype(int) - (255, 250, 236)).max(axis=2) < 60).sum())


def show(dreamer: DoodleDreamer) -> list[Dream]:
    """A second and a half of volcanoes, then three of a drawing, in half seconds."""
    dreams = [dreamer.dream(split(["volcano"]), 0.5 * number, ONE) for number in range(3)]
    return dreams + [dreamer.dream(drawn(), 1.5 + 0.5 * number, ONE) for number in range(6)]


def test_a_drawing_is_drawn_filled_and_dreamed_on(inner: AscentDreamer) -> None:
    """More chalk with every dream; then none, and the painter's picture in its place, of which the class is dreamed."""
    painter = Filler()
    filled: dict[str, str] = {}
    dreamer = doodler(inner, painter=painter, filled=lambda key, picture, seen: filled.update({key: seen}))
    dreams = show(dreamer)
    chalk = [chalked(dream.picture) for dream in dreams]
    assert chalk[3] + 20 < chalk[4] < chalk[5] - 20
    assert chalk[6] < chalk[5] - 20
    assert orange(dreams[5].picture) < 0.02
    assert orange(dreams[6].picture) > 0.08
    assert [dream.programme for dream in dreams[3:]] == [drawn()] * 6
    assert painter.painted == ["cat"]
    assert filled == {KEY: ""}
    # The thing is dreamed where it lies, and rides the camera.
    (x, y, side) = dreamer._inner.things[0]
    assert (abs(x), abs(y)) < (0.05, 0.05)
    assert side > 0.6
    assert dreamer._asked == split(["cat"], "ann")


def test_what_nobody_named_is_what_the_network_sees(inner: AscentDreamer) -> None:
    """And the painter is told no word that it does not know."""
    painter = Filler()
    dreamer = doodler(inner, painter=painter)
    for number in range(6):
        dreamer.dream(drawn(""), 0.5 * number, ONE)
    assert dreamer._asked is not None
    assert dreamer._asked.wishes[0].what in painter.words
    dreamer = doodler(inner, painter=painter)
    for number in range(6):
        dreamer.dream(drawn("pizza"), 0.5 * number, ONE)
    assert painter.painted == ["cat", "owl", None]
    assert dreamer._asked == split(["pizza"], "ann")


def test_what_is_taken_away_is_gone_at_once(inner: AscentDreamer) -> None:
    """The picture from before is laid where it was; while it is only chalk, it just goes."""
    dreamer = doodler(inner)
    last = show(dreamer)[-1]
    assert orange(last.picture) > 0.08
    against = Programme((Wish("volcano"), Wish(KEY, weight=-1.0, kind="drawing")))
    dream = dreamer.dream(against, 4.5, ONE)
    assert orange(dream.picture) < 0.03
    assert dream.programme == against
    assert orange(dreamer.dream(against, 5.0, ONE).picture) < 0.03
    dreamer.dream(drawn(), 5.5, ONE)
    assert chalked(dreamer.dream(drawn(), 6.5, ONE).picture) > 10
    assert chalked(dreamer.dream(split(["volcano"]), 6.9, ONE).picture) < 5


def test_a_painter_that_fails_leaves_the_lines(inner: AscentDreamer) -> None:
    """The show goes on with them, and is told why without anything of the drawing."""

    class Broken(Filler):
        def paint(self, lines: NDArray[np.uint8], word: str | None = None) -> NDArray[np.uint8]:
            raise RuntimeError("no memory")

    dreamer = doodler(inner, painter=Broken())
    dreams = show(dreamer)
    assert chalked(dreams[6].picture) > 10
    assert dreamer._asked == split(["cat"], "ann")


def test_two_drawings_at_once_and_one_that_is_gone(inner: AscentDreamer) -> None:
    """Each in its region; a key that nobody knows is dreamed as its class."""
    dreamer = doodler(inner)
    both = Programme((*drawn(region="left").wishes, *drawn("bee", "right", key="0" * 16).wishes))
    dreams = [dreamer.dream(both, 0.5 * number, ONE) for number in range(6)]
    half = SIZE[0] // 2
    assert orange(dreams[-1].picture[:, :half]) > 0.1
    assert orange(dreams[-1].picture[:, half:]) < 0.05
    assert dreamer._asked is not None
    assert [(wish.what, wish.region) for wish in dreamer._asked.wishes] == [("cat", "left"), ("bee", "right")]


def test_another_look_and_a_restart(inner: AscentDreamer) -> None:
    """Drawings go along to another look; after a restart one that is on is drawn again."""
    dreamer = doodler(inner)
    show(dreamer)
    other = dreamer.with_preset(dreamer.card.presets[1])
    other.take_over(dreamer)
    assert orange(other.dream(drawn(), 4.5, ONE).picture) > 0.05
    state = dreamer.state()
    again = doodler(inner)
    again.restore(state)
    again.dream(drawn(), 9.0, ONE)
    assert chalked(again.dream(drawn(), 10.0, ONE).picture) > 10
    with pytest.raises(ValueError, match=r"."):
        again.restore(b"nothing")


def test_a_replay_is_the_same_to_the_last_bit(inner: AscentDreamer, tmp_path: Path) -> None:
    """The log holds the strokes, and what was asked of each dream."""
    dreamer = doodler(inner)
    about = {
        "model": "builtin",
        "seed": 1,
        "size": list(SIZE),
        "canvas": list(SIZE),
        "fps": 30,
        "preset": "auto",
        "dreamer": "doodle",
    }
    log = ShowLog(tmp_path, lambda: about, drawings={KEY: CAT})
    dreams = show(dreamer)
    for dream in dreams:
        log.dream(dream, dream.time, {})
    log.close()
    (path,) = tmp_path.glob("*.jsonl")
    assert path.read_text(encoding="utf-8").count('"strokes"') == 1
    record = read_show(path)
    assert record.drawings == {KEY: CAT}
    again = DoodleDreamer(fresh(inner), lambda card: card, Studio(Filler, inner.seen, record.drawings, None))
    player = Player(record, again, SIZE, run_up=None)
    for dream, kept in zip(dreams, record.dreams, strict=True):
        assert np.array_equal(player.dream(kept).picture, dream.picture)


def test_without_drawings_it_dreams_as_the_one_within(inner: AscentDreamer) -> None:
    """To the last bit, and no painter is opened."""

    def nobody() -> Filler:
        raise AssertionError("nobody draws")

    programmes = [split(["bee", "pizza"]), split(["owl"]), split(["owl"])]
    plain = [fresh(inner).dream(programmes[0], 0.0, ONE).picture]
    plain += [inner.dream(each, 0.5 * number, ONE).picture for number, each in enumerate(programmes[1:], 1)]
    state = inner.state()
    doodle = DoodleDreamer(fresh(inner), lambda card: card, Studio(nobody, inner.seen, {}, None))
    for number, (programme, picture) in enumerate(zip(programmes, plain, strict=True)):
        assert np.array_equal(doodle.begin(programme, 0.5 * number, ONE)().picture, picture)
    assert doodle.state() == state


def test_a_checkpoint_has_the_drawing(inner: AscentDreamer) -> None:
    """After a filled one dreams are the same, also when it is taken away; of one being drawn there is none."""
    first = doodler(inner)
    for number in range(3):
        first.dream(split(["volcano"]), 0.5 * number, ONE)
    first.dream(drawn(), 1.5, ONE)
    assert first.checkpoint() == b""
    for number in range(5):
        first.dream(drawn(), 2.0 + 0.5 * number, ONE)
    kept = first.checkpoint()
    rest = [(drawn(), 4.5), (drawn(weight=-1.0), 5.0), (split(["pizza"]), 5.5)]
    wanted = [first.dream(programme, time, ONE).picture for programme, time in rest]
    other = doodler(inner)
    other.dream(split(["bee"]), 0.0, ONE)
    other.resume(kept)
    assert all(
        np.array_equal(other.dream(programme, time, ONE).picture, picture)
        for (programme, time), picture in zip(rest, wanted, strict=True)
    )
    with pytest.raises(ValueError, match="no checkpoint"):
        other.resume(b"nonsense")
