"""`dreamstream learn` by one of the published recipes, and by all of them side by side."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from dreamstream.cli.main import main
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers import registry
from dreamstream.networks.dcgan.networks import CHANNELS, Shape
from dreamstream.networks.stylegan2 import generator
from dreamstream.support import machine
from dreamstream.train.catgan import compare, report, session
from dreamstream.train.catgan.compare import Outcome
from dreamstream.train.catgan.session import CatSession
from dreamstream.train.catgan.trainer import CatTrainer
from dreamstream.train.learn import judging
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.quality import Figures, Judge
from dreamstream.weights.generators import read_subject
from tests.train.learn.films import moving, write_film
from tests.train.learn.test_learn import colours

pytestmark = pytest.mark.usefixtures("compiled_plainly")


@pytest.fixture
def words(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How to learn a small film, in pictures of 8 pixels; the tests keep their priority."""
    monkeypatch.setitem(CHANNELS, 8, (4,))
    monkeypatch.setitem(generator.CHANNELS, 8, (8, 6))
    monkeypatch.setattr(machine, "be_nice", lambda increment: None)
    monkeypatch.setattr(session, "SAMPLES", 16)
    monkeypatch.setattr(judging, "Judge", lambda *given: Judge(given[0], given[1], given[2], given[3], colours))
    monkeypatch.setattr(report, "MOMENTS", 6)
    monkeypatch.setattr(report, "LEAST_SECONDS", 1)
    film = write_film(tmp_path / "film.mkv", moving(40))
    return ["learn", str(film), "--size", "8", "--cache", str(tmp_path_factory.getbasetemp() / "cache")]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_one_recipe_is_gone_on_with_and_dreamed(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stopped by Ctrl-C after three steps and gone on with, it is what it would have been; the show can open it."""
    words = [*words, "--recipe", "dcgan", "--kimg", "0.08"]
    assert main([*words, "-o", str(tmp_path / "whole.safetensors")]) == 0
    usual, output = CatSession._look, tmp_path / "cat.safetensors"

    def interrupted(self: CatSession, before: float) -> None:
        usual(self, before)
        if self.step == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(CatSession, "_look", interrupted)
    assert main([*words, "-o", str(output)]) == 130
    monkeypatch.setattr(CatSession, "_look", usual)
    assert main([*words, "-o", str(output)]) == 0
    whole, again = read_subject(tmp_path / "whole.safetensors"), read_subject(output)
    assert isinstance(again.shape, Shape)
    assert (again.card["steps"], again.card["recipe"]) == (5, "dcgan")
    for one, other in zip(jax.tree.leaves(whole.generator), jax.tree.leaves(again.generator), strict=True):
        np.testing.assert_array_equal(one, other)
    capsys.readouterr()
    assert main([*words, "-o", str(tmp_path / "x.safetensors"), "--from", "ancestor"]) == 2
    assert "The ancestor is no DCGAN" in capsys.readouterr().err
    dreamer = registry.open_dreamer(str(output), DreamerRequest(size=(96, 96), cache=tmp_path / "cache"))
    assert dreamer.dream(Programme((Wish("cat"),)), 0.0).picture.shape == (96, 96, 3)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_recipes_side_by_side(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One breaks and is told of; Ctrl-C leaves what is done; the same command goes on, and writes all three."""
    monkeypatch.setattr(compare, "COMPARED", ("wgan", "selu"))
    monkeypatch.setattr("dreamstream.train.catgan.command.COMPARED", ("wgan", "selu"))
    played, usual = tmp_path / "side.mp4", CatTrainer.step

    def broken(self: CatTrainer, real: jax.Array, rate: float = 1.0) -> dict[str, jax.Array]:
        found = usual(self, real, rate)
        if self.recipe.clip and self.number == 2:
            found["loss"] = found["loss"] * np.nan
        return found

    def interrupted(self: CatSession, before: float) -> None:
        if self.plan.recipe == "selu":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(CatTrainer, "step", broken)
    words = [*words, "--recipe", "all", "--kimg", "0.048", "-o", str(tmp_path / "cats.safetensors")]
    words += ["--film", str(played)]
    with monkeypatch.context() as once:
        once.setattr(CatSession, "_look", interrupted)
        assert main(words) == 130
    assert "1 of 2 recipes" in capsys.readouterr().err
    assert not played.exists()
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "no number any more at step 2" in said
    assert said.count("finite for 3 steps") == 1
    run = tmp_path / "cats.run"
    assert (run / "table.md").read_text("utf-8").count("\n") == 4
    assert (run / "sheet.png").is_file()
    assert played.stat().st_size > 1000
    for recipe in ("wgan", "selu"):
        assert read_subject(tmp_path / f"cats-{recipe}.safetensors").shape.size == 8
    assert main([*words, "--from", "ancestor"]) == 2
    assert "begin with nothing" in capsys.readouterr().err


def test_what_is_compared_has_no_phase_by_heart() -> None:
    """Its log says so too, where the plan of the same recipe alone has one."""
    compared = CatSession.__new__(CatSession)
    compared.plan = Plan("style", 60.0)
    assert compared.plan.phase(0.0) == "by heart"
    assert compared._phase_now() == "adversarial"


def test_a_moment_is_the_same_share_for_all() -> None:
    """What took twice as many steps shows twice as late a step; what broke stays at its last picture."""
    film = [Path(f"{number:07d}.png") for number in (0, 1, 2, 5, 10, 20)]
    blank = np.zeros((1, 8, 8, 3), np.uint8)
    whole = Outcome("dcgan", "DCGAN", 20, 1.0, 10.0, Figures(1, 1, 1, 1, 1), blank, film)
    shares = report.shares(20, 50)
    assert [shares[0], shares[1], shares[-1]] == pytest.approx([0, 1 / 20, 1])
    assert [int(report.picture_at(whole, share).stem) for share in (0, 0.05, 0.5, 0.9, 1)] == [0, 1, 10, 10, 20]
    broken = replace(whole, steps=10, share=0.5, film=film[:4], broken=10)
    assert [int(report.picture_at(broken, share).stem) for share in (0.25, 0.5, 1)] == [5, 5, 5]
    assert "finite for 20 steps" in report.table([whole])
    assert "no number any more at step 10" in report.table([broken])
