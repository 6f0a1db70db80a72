"""`dreamstream learn --recipe began` on a small folder: broken off, gone on with, and dreamed."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.cli.main import main
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers import registry
from dreamstream.networks.began.networks import CHANNELS, Shape
from dreamstream.networks.stylegan2 import generator
from dreamstream.support import machine
from dreamstream.support.pictures import save_picture
from dreamstream.train.began import session
from dreamstream.train.began.session import BeganSession
from dreamstream.train.learn import judging
from dreamstream.train.learn.quality import Judge
from dreamstream.weights.generators import read_subject
from tests.train.learn.films import moving

pytestmark = pytest.mark.slow


def colours(pictures: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Features that cost nothing."""
    return [pictures.mean(axis=1, dtype=np.float32).reshape(len(pictures), -1)[:, :24] / 255]


@pytest.fixture(autouse=True)
def _compiled_plainly() -> Iterator[None]:
    """A few steps do not earn what compiling well costs."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.timeout(900)
def test_from_a_folder_to_a_cartoon(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Stopped by Ctrl-C after three steps and gone on with, it is what it would have been; the show can open it."""
    monkeypatch.setitem(CHANNELS, 16, (6,))
    monkeypatch.setitem(generator.CHANNELS, 16, (8, 6, 4))
    monkeypatch.setattr(machine, "be_nice", lambda increment: None)
    monkeypatch.setattr(session, "SAMPLES", 16)
    monkeypatch.setattr(judging, "Judge", lambda *given: Judge(given[0], given[1], given[2], given[3], colours))
    folder = tmp_path / "cats"
    folder.mkdir()
    for number, frame in enumerate(moving(24)):
        save_picture(folder / f"{number:02d}.png", frame)
    words = ["learn", str(folder), "--size", "16", "--recipe", "began", "--kimg", "0.096", "--latent", "3"]
    words += ["--cache", str(tmp_path_factory.getbasetemp() / "cache")]
    assert main([*words, "-o", str(tmp_path / "whole.safetensors"), "--name", "cat"]) == 0
    said = capsys.readouterr().out
    assert "6 steps (0.1 kimg)" in said
    assert "recall" in said
    run = tmp_path / "whole.run"
    assert list((run / "sheets").iterdir())
    assert [int(path.stem) for path in sorted((run / "film").iterdir())] == list(range(7))

    usual = BeganSession._look

    def interrupted(self: BeganSession, before: float) -> None:
        usual(self, before)
        if self.step == 3:
            signal.raise_signal(signal.SIGINT)

    output = tmp_path / "cat.safetensors"
    monkeypatch.setattr(BeganSession, "_look", interrupted)
    assert main([*words, "-o", str(output)]) == 130
    assert read_subject(output).card["steps"] == 3
    monkeypatch.setattr(BeganSession, "_look", usual)
    assert main([*words, "-o", str(output)]) == 0
    whole, again = read_subject(tmp_path / "whole.safetensors"), read_subject(output)
    assert isinstance(again.shape, Shape)
    assert again.shape.latent == 3
    assert again.discriminator is not None
    assert str(tmp_path) not in json.dumps(dict(again.card))
    for one, other in zip(jax.tree.leaves(whole.generator), jax.tree.leaves(again.generator), strict=True):
        np.testing.assert_array_equal(one, other)
    capsys.readouterr()
    from_it = ["--from", str(output), "-o", str(tmp_path / "more.safetensors")]
    assert main([*words, *from_it]) == 0
    assert main(["learn", str(folder), "--size", "16", *from_it, "--force"]) == 2
    assert "goes on with the recipe that has made it" in capsys.readouterr().err
    assert main([*words, *from_it, "--force", "--latent", "100"]) == 2
    assert "have 3 numbers, not 100" in capsys.readouterr().err

    dreamer = registry.open_dreamer(str(output), DreamerRequest(size=(96, 96), cache=tmp_path / "cache"))
    walk = dreamer.dream(Programme((Wish("cat"),)), 0.0).picture
    mixed = dreamer.dream(Programme((Wish("a b .3", kind="mix"),)), 3.0).picture
    assert walk.shape == mixed.shape == (96, 96, 3)
    assert not np.array_equal(walk, mixed)
