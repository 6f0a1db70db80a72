"""`dreamstream learn --recipe pix2pix` on a small film: broken off, gone on with, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import numpy as np
import pytest

from dreamstream.cli.main import main
from dreamstream.networks.pix2pix.unet import CHANNELS
from dreamstream.networks.stylegan2 import generator
from dreamstream.support import machine
from dreamstream.train.pix2pix.session import PaintSession
from dreamstream.weights.painters import open_painter, read_painting
from tests.train.learn.films import moving, write_film

pytestmark = [pytest.mark.slow, pytest.mark.promotes]


@pytest.fixture(autouse=True)
def _compiled_plainly() -> Iterator[None]:
    """A few steps do not earn what compiling well costs."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.timeout(900)
def test_from_a_film_to_a_painter(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Stopped after three steps and gone on with, it is what it would have been without the break."""
    monkeypatch.setitem(CHANNELS, 16, (4, 6))
    monkeypatch.setitem(generator.CHANNELS, 16, (8, 6, 4))
    monkeypatch.setattr(machine, "be_nice", lambda increment: None)
    film = write_film(tmp_path / "film.mkv", moving(40))
    words = ["learn", str(film), "--size", "16", "--recipe", "pix2pix", "--kimg", "0.08"]
    words += ["--cache", str(tmp_path_factory.getbasetemp() / "cache")]
    assert main([*words, "-o", str(tmp_path / "whole.safetensors")]) == 0
    said = capsys.readouterr().out
    assert "5 steps (0.1 kimg)" in said
    assert "lines of held-out frames" in said
    run = tmp_path / "whole.run"
    assert list((run / "sheets").iterdir())
    assert [int(path.stem) for path in sorted((run / "film").iterdir())] == [1, 2, 3, 4, 5]

    usual: Callable[[PaintSession, float], None] = PaintSession._look

    def interrupted(session: PaintSession, before: float) -> None:
        usual(session, before)
        if session.step == 3:
            raise KeyboardInterrupt

    output = tmp_path / "again.safetensors"
    monkeypatch.setattr(PaintSession, "_look", interrupted)
    with monkeypatch.context() as patch:
        patch.setattr("dreamstream.train.session.CHECKPOINT_EVERY", 0.0)
        assert main([*words, "-o", str(output)]) == 130
    monkeypatch.setattr(PaintSession, "_look", usual)
    assert main([*words, "-o", str(output)]) == 0
    whole, again = read_painting(tmp_path / "whole.safetensors"), read_painting(output)
    assert (again.words, again.framed, again.card["steps"]) == ((), False, 5)
    for one, other in zip(jax.tree.leaves(whole.params), jax.tree.leaves(again.params), strict=True):
        np.testing.assert_array_equal(one, other)
    assert open_painter(str(output)).paint(np.full((16, 16), 255, np.uint8))[..., 3].shape == (16, 16)
    assert main([*words, "-o", str(output)]) == 2
    assert "give more --minutes or --kimg" in capsys.readouterr().err
