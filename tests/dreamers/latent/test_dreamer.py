"""The latent dreamer through the door: any subject's file by its name, the same dreams for the same seed."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.core.dreamer import Dreamer, DreamerRequest, Pointed, Still
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.points import carried
from dreamstream.core.programme import Programme, Wish, split
from dreamstream.dreamers import registry
from dreamstream.dreamers.latent.dreamer import LatentDreamer
from dreamstream.dreamers.latent.enlarge import enlarged
from dreamstream.journal.reader import read_show
from dreamstream.journal.writer import ShowLog
from dreamstream.networks.began import networks as began
from dreamstream.networks.stylegan2.generator import Generator, Shape
from dreamstream.render import replay
from dreamstream.train.learn.painter import Painter
from dreamstream.weights.generators import Subject, read_subject, write_subject
from dreamstream.wishes.sentence import programme_of
from dreamstream.wishes.vocabulary import Vocabulary

SHAPE = Shape(channels=(8, 6), latent=4, style=6, layers=2)
CHAR = Programme((Wish("char"),))
WISHES = [("mix", "a c .4"), ("at", "a b c d .25 .5"), ("random", "1234"), ("corners", "a b c d")]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A subject that was not taught, whose pictures differ."""
    path = tmp_path_factory.mktemp("subjects") / "char.safetensors"
    params = Generator(SHAPE).init(jax.random.key(0), jnp.zeros((1, 4)))
    points = np.random.default_rng(1).normal(size=(12, 4)).astype(np.float32)
    write_subject(path, Subject("char", SHAPE, params, points=points))
    return path


def opened(file: Path, seed: int = 0) -> Dreamer:
    """The dreamer of a canvas of 96x96."""
    cache = file.parent / "cache"
    return registry.open_dreamer(str(file), DreamerRequest(size=(96, 96), seed=seed, cache=cache))


def pictures(dreamer: Dreamer, programme: Programme, times: range) -> NDArray[np.uint8]:
    """What is dreamed at these tenths of seconds."""
    return np.stack([dreamer.dream(programme, time / 10).picture for time in times])


def test_it_is_described_without_jax(file: Path) -> None:
    """Its words are the subject and eight points; each dream is shown as it is."""
    code = (
        "import sys; from dreamstream.dreamers import registry; card = registry.describe(sys.argv[1]); "
        "print(card.name, card.between, len(card.words), card.words[0].name, card.words[3].name, 'jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, timeout=120)
    assert done.stdout == "latent none 9 char char c False\n", done.stderr


@pytest.mark.parametrize(
    ("name", "request_", "message"),
    [
        ("none.safetensors", DreamerRequest(), r"no subject none\.safetensors; .*learn"),
        ("latent", DreamerRequest("none.safetensors"), "no subject"),
        ("ancestor.safetensors", DreamerRequest(preset="calm"), "no presets"),
        ("latent", DreamerRequest("ancestor", size=(97, 96)), "97x96"),
    ],
)
def test_what_cannot_be_is_said(name: str, request_: DreamerRequest, message: str) -> None:
    """Before anything is loaded."""
    with pytest.raises(UsageError, match=message):
        registry.describe(name, request_)


def test_other_files_are_refused(tmp_path: Path) -> None:
    """A text by this name."""
    (tmp_path / "a.safetensors").write_text("hello")
    with pytest.raises(UserError, match="is no generator's file"):
        registry.describe(str(tmp_path / "a.safetensors"))


@pytest.mark.slow
def test_the_same_seed_walks_the_same_way(file: Path) -> None:
    """To the last bit; another seed another way; and no two pictures are alike."""
    first, again, other = (pictures(opened(file, seed), CHAR, range(20)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert all((a != b).any() for a, b in itertools.pairwise(first))


@pytest.mark.slow
def test_it_goes_on_from_a_state(file: Path) -> None:
    """The way, the number and the picture; the same from a file as in one process. Other states are refused."""
    dreamer = opened(file)
    dreamer.dream(CHAR, 0.0)
    seen = dreamer.dream(CHAR, 0.5).picture
    state = dreamer.state()
    np.testing.assert_array_equal(registry.picture_of(str(file), state), seen)
    fresh = opened(file)
    fresh.restore(state)
    dreamer.restore(state)
    one, two = (pictures(each, CHAR, range(5, 9)) for each in (dreamer, fresh))
    np.testing.assert_array_equal(one, two)
    assert fresh.dream(CHAR, 1.0).number == 6
    with pytest.raises(ValueError, match="no latent dreamer's state"):
        fresh.restore(b"plasma 1.0 2")


@pytest.mark.slow
def test_what_is_on_can_be_wished_again(file: Path) -> None:
    """By another dreamer of the file, to which it goes: the picture is the one that was on, in 16-bit floats."""
    dreamer = opened(file, 3)
    assert isinstance(dreamer, Pointed)
    assert dreamer.here() is None
    seen = pictures(dreamer, CHAR, range(30))[-1]
    code = dreamer.here()
    assert code is not None
    other = opened(file, 8)
    assert isinstance(other, Still)
    taco = Wish("taco", kind="point", points=carried({"taco": code}))
    still = other.still(taco)
    assert still is not None
    assert still.shape == (2 * SHAPE.size, 2 * SHAPE.size, 3)
    assert np.corrcoef(cv2.resize(still, (96, 96)).ravel(), seen.ravel())[0, 1] > 0.98
    half = other.still(Wish("taco b .5", kind="mix", points=taco.points))
    assert half is not None
    assert (half != still).any()
    for points in (carried({"taco": "AAAA"}), carried({"taco": "/////////z8="}), "taco"):
        with pytest.raises(UsageError, match=r"another subject|cannot be read"):
            other.dream(Programme((Wish("taco", kind="point", points=points),)), 1.0)


@pytest.mark.slow
def test_a_show_is_replayed_to_the_last_bit(file: Path, tmp_path: Path) -> None:
    """From its log alone: file, seed, wishes, controls and times."""
    live = opened(file, 5)
    assert isinstance(live, Pointed)
    about = {"version": "0", "dreamer": "latent", "model": str(file), "seed": 5, "preset": "", "fps": 30}
    log = ShowLog(tmp_path, lambda: about | {"size": (96, 96), "canvas": (96, 96)})
    seen, applied = [], {"wild": 0.8}
    live.set("wild", 0.8)
    said = [CHAR, *(Programme((Wish(what, kind=kind),)) for kind, what in WISHES)]
    for number in range(4 * len(said) + 4):
        if number == 4 * len(said):  # the last one is for what was on before it
            said.append(Programme((Wish("taco b .3", kind="mix", points=carried({"taco": live.here() or ""})),)))
        programme = said[number // 4]
        dream = live.dream(programme, number / 7)
        log.dream(dream, number / 7, applied)
        seen.append(dream.picture)
    log.close()
    show = read_show(next(tmp_path.glob("*.jsonl")))
    again = replay.open_dreamer(show, (96, 96))
    again.set("wild", 0.8)
    for record, picture in zip(show.dreams, seen, strict=True):
        np.testing.assert_array_equal(again.dream(record.programme, record.time, record.effort).picture, picture)


@pytest.mark.slow
def test_points_mixtures_and_controls(file: Path) -> None:
    """A named point is reached from anywhere; a mixture lies between; a tame one shows the mean whatever is wished."""
    words = Vocabulary.of(registry.describe(str(file)).words)

    def after(text: str, seed: int = 0, **controls: float) -> NDArray[np.float64]:
        dreamer = opened(file, seed)
        for name, value in controls.items():
            dreamer.set(name, value)
        return np.asarray(pictures(dreamer, programme_of(text, words), range(60))[-5:].astype(float).mean(0))

    points = {letter: after(f"char {letter}") for letter in "abc"}
    apart = np.abs(points["a"] - points["b"]).mean()
    assert np.abs(after("char a", 1) - points["a"]).mean() < 0.5 * apart
    assert np.abs(after("mix a b 0") - points["a"]).mean() < 0.5 * apart
    assert np.abs(after("mix a b 1") - points["b"]).mean() < 0.5 * apart
    np.testing.assert_array_equal(after("calc a - a + b"), points["b"])
    np.testing.assert_array_equal(after("numbers .2 -1 .5"), after("numbers .4 -2 1"))
    assert np.abs(after("numbers .2 -1 .5") - after("numbers -.2 1 -.5")).mean() > 0.1 * apart
    np.testing.assert_array_equal(after("char a", wild=0.0), after("char b", wild=0.0))
    turned = [np.abs(after("char a", axis1=turn) - points["a"]).mean() for turn in (0.0, 1.0, 3.0)]
    assert turned[0] == 0 < turned[1] < turned[2]
    with pytest.raises(UsageError, match="letters of a to h"):
        opened(file).dream(Programme((Wish("a z 3", kind="mix"),)), 0.0)
    with pytest.raises(UsageError, match="takes no wish"):
        opened(file).dream(Programme((Wish("relu4_3", kind="layer"),)), 0.0)


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_plainly")
def test_a_latent_of_three_numbers_is_said(tmp_path: Path) -> None:
    """Its picture is that of the numbers themselves, each from -1 to 1; sums and mixtures stay there."""
    shape = began.Shape(channels=(6,), latent=3, code=4)
    params = jax.jit(began.Generator(shape).init)(jax.random.key(0), jnp.zeros((1, 3)))
    write_subject(tmp_path / "char.safetensors", Subject("char", shape, params))
    dreamer = opened(tmp_path / "char.safetensors")
    assert isinstance(dreamer, LatentDreamer)

    def shown(kind: str, what: str) -> NDArray[np.uint8]:
        still = dreamer.still(Wish(what, kind=kind))
        assert still is not None
        return still

    def made(*numbers: float) -> NDArray[np.uint8]:
        generator = read_subject(tmp_path / "char.safetensors").generator
        picture = Painter(shape)(generator, np.asarray([numbers], np.float32))[0]
        return enlarged(picture, 2 * len(picture), dreamer.card.control("crisp").default)

    for said, meant in ((".2 -1 .5", (0.2, -1, 0.5)), (".1 -.5 .25", (0.1, -0.5, 0.25)), ("7 -2 1", (1, -1, 1))):
        assert np.abs(shown("numbers", said).astype(int) - made(*meant)).mean() < 0.5
    np.testing.assert_array_equal(shown("calc", "a - a + b"), dreamer.still(Wish("char b")))
    assert (shown("random", "5") != shown("random", "6")).any()
    assert np.abs(dreamer.knows.points).max() <= 1


@pytest.mark.slow
def test_stills_of_points(file: Path) -> None:
    """What a wish aims at, the same each time and in any state of the dreamer; a number draws its own."""
    dreamer = opened(file)
    assert isinstance(dreamer, Still)
    wishes = [Wish("char c"), *(Wish(what, kind=kind) for kind, what in WISHES[:3]), Wish("1235", kind="random")]
    stills = [dreamer.still(wish) for wish in wishes]
    assert {None if still is None else still.shape for still in stills} == {(16, 16, 3)}
    dreamer.set("wild", 0.3)
    dreamer.dream(CHAR, 0.5)
    for wish, still in zip(wishes, stills, strict=True):
        np.testing.assert_array_equal(dreamer.still(wish), still)
    np.testing.assert_array_equal(dreamer.still(Wish("c d 0", kind="mix")), stills[0])
    np.testing.assert_array_equal(dreamer.still(Wish("a c a c .4 1", kind="at")), stills[1])
    assert len({still.tobytes() for still in stills if still is not None}) == len(stills)
    assert dreamer.still(Wish("char")) is None
    assert dreamer.still(Wish("a b c d", kind="corners")) is None
    with pytest.raises(UsageError, match="letters of a to h"):
        dreamer.still(Wish("a z .5", kind="mix"))


@pytest.mark.slow
def test_four_share_the_canvas(file: Path) -> None:
    """Each quarter has its own walk."""
    dreamer = opened(file)
    dreamer.prepare()
    found = pictures(dreamer, split(["char"] * 4), range(30))[-1]
    quarters = [found[y : y + 48, x : x + 48] for y in (0, 48) for x in (0, 48)]
    assert all((a != b).any() for n, a in enumerate(quarters) for b in quarters[:n])


@pytest.mark.parametrize(("name", "word"), [("cartoon-cats", "cartoon cat"), ("ancestor", "emoji world")])
def test_a_shipped_subject_goes_by_its_name(name: str, word: str, tmp_path: Path) -> None:
    """It is described as the dreamer that opens its file, and walks from picture to picture."""
    assert name in registry.names()
    assert [known.name for known in registry.describe(name).words][:2] == [word, f"{word} a"]
    dreamer = registry.open_dreamer(name, DreamerRequest(size=(96, 96), cache=tmp_path / "cache"))
    seen = pictures(dreamer, Programme((Wish(word),)), range(0, 60, 15)).astype(int)
    assert all(np.abs(one - other).mean() > 1 for one, other in itertools.pairwise(seen))
    assert seen.std() > 20
