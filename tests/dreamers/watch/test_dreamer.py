"""The watch dreamer: a training as it is now, from nothing on, through every file that may come."""

from __future__ import annotations

import itertools
import json
import logging
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.core.dreamer import Dreamer, DreamerRequest, Pointed
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers import registry
from dreamstream.dreamers.watch.dreamer import DARK, FIXED, MORPH
from dreamstream.dreamers.watch.label import labelled
from dreamstream.journal.reader import read_show
from dreamstream.networks.generators import fixed_latents
from dreamstream.networks.stylegan2.generator import Generator, Shape
from dreamstream.render import replay
from dreamstream.support.files import write_tensors
from dreamstream.weights.generators import Subject, write_subject

pytestmark = pytest.mark.usefixtures("compiled_plainly")

SHAPE = Shape(channels=(8, 6), latent=4, style=6, layers=2)
CAT = Programme((Wish("cat"),))
POINT = Programme((Wish("cat b"),))


def learned(run: Path, steps: int, shape: Shape = SHAPE) -> None:
    """What a training writes after so many steps."""
    params = Generator(shape).init(jax.random.key(steps), jnp.zeros((1, shape.latent)))
    write_subject(run.with_suffix(".safetensors"), Subject("cat", shape, params, card={"steps": steps, "kimg": 1.2}))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A training's folder, without weights yet."""
    (tmp_path / "cat.run").mkdir()
    (tmp_path / "cat.run" / "recipe.json").write_text(json.dumps({"recipe": "style"}))
    return tmp_path / "cat.run"


def opened(run: Path) -> Dreamer:
    return registry.open_dreamer(str(run), DreamerRequest(size=(96, 96), cache=run.parent / "cache"))


class Screen:
    """What is seen of a dreamer, a tenth of a second after the other."""

    def __init__(self, dreamer: Dreamer) -> None:
        self.dreamer, self.now = dreamer, 0.0

    def next(self, programme: Programme = CAT) -> NDArray[np.uint8]:
        self.now += 0.1
        return self.dreamer.dream(programme, self.now).picture[:80]  # above the words

    def until_other(self, seen: NDArray[np.uint8], programme: Programme) -> None:
        """Wait until something else is shown, which stays so."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if (self.next(programme) != seen).any():
                return
            time.sleep(0.01)
        raise AssertionError("nothing else is shown")


@pytest.mark.slow
def test_a_training_from_nothing_to_its_end(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Dark until there are weights; newer ones are gone to; what is broken is left; another shape is taken up."""
    screen = Screen(opened(run))
    dark = screen.next()
    assert (dark == DARK).all()
    assert isinstance(screen.dreamer, Pointed)
    assert screen.dreamer.here() is None
    learned(run, 100)
    screen.until_other(dark, CAT)
    assert screen.dreamer.here()
    for _ in range(100):
        screen.dreamer.set("speed", 0.0)
        first = screen.next(POINT)
    np.testing.assert_array_equal(screen.next(POINT), first)  # nothing moves but what is learned
    run.with_suffix(".safetensors").write_bytes(b"half a fi")
    with caplog.at_level(logging.WARNING):
        end = time.monotonic() + 120
        while "is shown on" not in caplog.text and time.monotonic() < end:
            assert (screen.next(POINT) == first).all()
            time.sleep(0.01)
    assert "is no generator's file" in caplog.text
    learned(run, 200)
    screen.until_other(first, POINT)
    steps = [screen.next(POINT) for _ in range(round(MORPH / 0.1) + 2)]
    np.testing.assert_array_equal(steps[-1], steps[-2])
    far = np.abs(steps[-1].astype(int) - first).mean()
    assert all(np.abs(b.astype(int) - a).mean() < 0.5 * far for a, b in itertools.pairwise(steps))
    state = screen.dreamer.state()
    learned(run, 300, Shape(channels=(8, 6), latent=6, style=6, layers=2))
    screen.until_other(steps[-1], POINT)
    screen.dreamer.restore(state)  # as far as it can
    run.with_suffix(".safetensors").unlink()  # with the training
    assert screen.next().shape == (80, 96, 3)
    fresh = opened(run)
    fresh.restore(state)
    np.testing.assert_array_equal(fresh.picture(), registry.picture_of(str(run), state))
    assert fresh.dream(CAT, 0.0).picture.shape == (96, 96, 3)


@pytest.mark.slow
def test_it_walks_among_the_latents_of_the_film(run: Path) -> None:
    """Its letters are the first of them, and the words say how far it is."""
    learned(run, 1234)
    dreamer = opened(run)
    points = dreamer._walker.knows.letters  # type: ignore[attr-defined]
    fixed = fixed_latents(SHAPE, FIXED).astype(float)
    np.testing.assert_allclose(points, (fixed / np.sqrt((fixed**2).mean(1, keepdims=True)))[:8], rtol=1e-6)
    seen = dreamer.dream(CAT, 0.0).picture
    again = labelled(seen, "step 1,234 · 1.2 kimg")
    np.testing.assert_array_equal(seen[:80], again[:80])
    assert (seen[80:, -40:].max(axis=(0, 2)) > 200).any()


@pytest.mark.parametrize(
    ("name", "recipe", "message"),
    [
        ("none.run", "style", r"no training .*none\.run; .*learn FILM -o"),
        ("cat.run", "pix2pix", "painter of drawings"),
    ],
)
def test_what_cannot_be_watched_is_said(run: Path, name: str, recipe: str, message: str) -> None:
    """Before anything is loaded."""
    (run / "recipe.json").write_text(json.dumps({"recipe": recipe}))
    with pytest.raises(UsageError, match=message):
        registry.describe(str(run.parent / name))


def test_its_card(run: Path) -> None:
    """Is the subject's, also before there is one, without what needs lasting pictures."""
    card = registry.describe(f"{run}/")
    assert (card.name, card.words[0].name, len(card.words), card.model) == ("watch", "cat", 9, "")
    assert "at" not in card.kinds
    write_tensors(run.with_suffix(".safetensors"), {}, {"format": "dreamstream generator 1", "name": "Tom"})
    assert registry.describe(str(run)).words[0].name == "Tom"


def test_its_shows_cannot_be_replayed(tmp_path: Path) -> None:
    """Which is said in a sentence."""
    about = {"show": 2, "version": "0", "dreamer": "watch", "model": "", "seed": 1, "preset": "", "fps": 30}
    sides = {"size": [96, 96], "canvas": [96, 96]}
    dream = {"dream": 0, "at": 0.1, "time": 0.2, "cost": {}, "programme": [{"what": "cat"}]}
    log = tmp_path / "show.jsonl"
    log.write_text("\n".join(map(json.dumps, (about | sides, dream))) + "\n")
    with pytest.raises(UsageError, match="watched a training"):
        replay.open_dreamer(read_show(log), (96, 96))


def test_words_in_a_corner() -> None:
    """Only there, and none where there is no room."""
    plain = np.full((200, 300, 3), 100, np.uint8)
    told = labelled(plain, "step 5")
    changed = np.argwhere((told != plain).any(2))
    assert changed[:, 0].min() > 170
    assert changed[:, 1].min() > 240
    assert (plain == 100).all()
    assert labelled(plain[:8, :8], "step 5").shape == (8, 8, 3)
