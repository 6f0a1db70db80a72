"""Pictures of points: one for all ways to say it, made in turn within a share of the time, and bounded everywhere."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dreamstream.core import points
from dreamstream.core.card import Card, Word
from dreamstream.core.errors import UserError
from dreamstream.core.programme import Wish
from dreamstream.show import lab
from dreamstream.show.lab import MOST_WAITING, PER_SECOND, SHARE, Lab, key_of, wish_of

CARD = Card("latent", (Word("cat"), Word("cat a")), ("class", *points.KINDS))


class Clock:
    """Time that passes only where somebody works or sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Painter:
    """A dreamer whose stills take `cost` seconds of its clock."""

    def __init__(self, clock: Clock, cost: float = 0.0) -> None:
        self.clock, self.cost, self.made = clock, cost, list[str]()
        self.go = threading.Event()
        self.go.set()

    def still(self, wish: Wish) -> NDArray[np.uint8] | None:
        self.go.wait(60)
        self.made.append(wish.label())
        self.clock.now += self.cost
        return np.full((8, 8, 3), (200, 100, 50), np.uint8)


def made(painter: Painter | None, clock: Clock, card: Card = CARD) -> Lab:
    return Lab(lambda: painter, card, lambda: "ab" * 32, {}, clock.sleep, lambda: clock.now)


@pytest.mark.parametrize(
    ("texts", "key"),
    [
        (("a", "A", "mix a b 0", "mix b a 1.0", "at a b c d 0 0", "calc a - b + b"), "a1.0000"),
        (("mix a b .25", "mix a b 0.250", "mix b a .75", "at a b c d .25 0"), "a0.7500 b0.2500"),
        (("calc a-b+c", "calc c - b + a"), "a1.0000 b-1.0000 c1.0000"),
        (("random 7", "RANDOM 007"), "random 7"),
        (("numbers .2 -1 .5", "numbers 0.20, -1, 0.5"), "numbers 0.2 -1 0.5"),
    ],
)
def test_one_key_for_one_point(texts: tuple[str, ...], key: str) -> None:
    """However it is said."""
    assert {key_of(wish_of(text)) for text in texts} == {key}


def test_names_are_points_too() -> None:
    """Alone and in what is said of points, by what they mean now; only pictures of letters last."""
    named = {"taco": "AAAA"}
    taco = wish_of("Taco", named)
    assert (taco.kind, taco.what, taco.points) == ("mix", "taco taco 0", "taco:AAAA")
    assert key_of(taco) == "AAAA1.0000"
    assert key_of(wish_of("mix taco b .25", named)) == "AAAA0.7500 b0.2500"
    clock = Clock()
    room = Lab(lambda: None, CARD, lambda: "ab" * 32, named, clock.sleep, lambda: clock.now)
    assert room.named == ["taco"]
    assert [room.lasts(text) for text in ("a", "mix a b .3", "taco", "mix a taco .3", "fish")] == [True] * 2 + [
        False
    ] * 3


@pytest.mark.parametrize("text", ["", "z", "owl", "corners a b c d", "mix a b 2", "calc a - a", "mix a b ." + "3" * 80])
def test_what_is_no_certain_point(text: str) -> None:
    """Is told in a sentence."""
    with pytest.raises(UserError, match="no point: say a letter"):
        wish_of(text)


@given(st.text("abhz mixatcalcrandom+-.0129 ", max_size=70))
def test_no_text_harms(text: str) -> None:
    """It is a wish for points with a short key, or a sentence."""
    try:
        wish = wish_of(text)
    except UserError:
        return
    assert wish.kind in points.KINDS
    assert len(key_of(wish)) < 80


def test_a_picture_is_made_once() -> None:
    """Also when many ask for it at the same time; it is the dreamer's own, and nothing is asked twice."""
    clock = Clock()
    painter = Painter(clock)

    async def look() -> list[bytes | None]:
        room = made(painter, clock)
        first = await asyncio.gather(*(room.picture(text) for text in ("a", "mix a b 0", "a")))
        return [*first, await room.picture("A")]

    pictures = asyncio.run(look())
    assert painter.made == ["mix a a 0"]
    assert len(set(pictures)) == 1
    assert pictures[0] is not None
    colours = cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_COLOR_RGB)
    assert colours is not None
    np.testing.assert_allclose(colours.mean((0, 1)), (200, 100, 50), atol=3)


@pytest.mark.parametrize("cost", [0.001, 0.05])
def test_pictures_take_a_share_of_the_time(cost: float) -> None:
    """A dear one has a long rest behind it, and cheap ones are so many a second."""
    clock = Clock()
    painter = Painter(clock, cost)

    async def look() -> None:
        room = made(painter, clock)
        await asyncio.gather(*(room.picture(f"random {seed}") for seed in range(20)))

    asyncio.run(look())
    assert painter.made == [f"random {seed}" for seed in range(20)]
    assert len(clock.slept) == 19
    assert 20 * cost <= SHARE * (clock.now + cost / SHARE)
    assert clock.now >= 19 / PER_SECOND


def test_no_more_wait_than_there_is_room_for() -> None:
    """The others are refused at once; when those are made there is room again."""
    clock = Clock()
    painter = Painter(clock)
    painter.go.clear()

    async def look() -> None:
        room = made(painter, clock)
        waiting = [asyncio.create_task(room.picture(f"random {seed}")) for seed in range(MOST_WAITING)]
        await asyncio.sleep(0)
        assert await room.picture("a") is None
        painter.go.set()
        assert all(await asyncio.gather(*waiting))
        assert await room.picture("a")

    asyncio.run(look())


def test_the_last_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one unseen for longest goes first."""
    monkeypatch.setattr(lab, "MOST_KEPT", 2)
    clock = Clock()
    painter = Painter(clock)

    async def look() -> None:
        room = made(painter, clock)
        for text in ("a", "b", "a", "c", "a", "b"):
            await room.picture(text)

    asyncio.run(look())
    assert [each[4] for each in painter.made] == ["a", "b", "c", "b"]


def test_a_dreamer_that_is_not_ready() -> None:
    """Or can show no stills: there is none now, and later there may be."""
    clock = Clock()

    async def look() -> None:
        assert await made(None, clock).picture("a") is None
        room = made(Painter(clock), clock)
        assert room.able
        assert (room.subject, room.version) == ("cat", "abababababab")
        other = made(None, clock, Card("ascent", (Word("bee"),)))
        assert not other.able
        assert (other.subject, other.version) == ("", "")

    asyncio.run(look())


def test_the_film_lies_in_the_folder_of_the_training(tmp_path: Path) -> None:
    """Beside the subject's file, and nowhere else."""
    clock = Clock()
    card = replace(CARD, model=str(tmp_path / "cat.safetensors"))
    (tmp_path / "cat.mp4").touch()  # what it was taught from is nobody else's
    assert made(None, clock, card).film is None
    (tmp_path / "cat.run").mkdir()
    (tmp_path / "cat.run" / "film.mp4").touch()
    assert made(None, clock, card).film == tmp_path / "cat.run" / "film.mp4"
    assert made(None, clock, replace(card, kinds=("class",))).film is None


def test_closing_ends_what_is_made() -> None:
    """Who waits is told that there is none."""
    clock = Clock()
    painter = Painter(clock)
    painter.go.clear()

    async def look() -> None:
        room = made(painter, clock)
        waiting = [asyncio.create_task(room.picture(f"random {seed}")) for seed in range(3)]
        await asyncio.sleep(0)
        room.close()
        assert await asyncio.gather(*waiting) == [None] * 3
        painter.go.set()

    asyncio.run(look())
