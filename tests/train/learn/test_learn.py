"""The whole command on a small film: learned by heart, then against a discriminator; broken off and gone on with."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import flax.serialization
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.cli.main import main
from dreamstream.networks.stylegan2.generator import CHANNELS
from dreamstream.support import machine
from dreamstream.train.gan.trainer import GanTrainer
from dreamstream.train.learn import judging, session
from dreamstream.train.learn.quality import Judge
from dreamstream.train.learn.session import Session
from dreamstream.weights.generators import read_subject
from tests.train.learn.films import moving, write_film

pytestmark = pytest.mark.usefixtures("compiled_plainly")


def colours(pictures: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Features that cost nothing."""
    return [pictures.mean(axis=1, dtype=np.float32).reshape(len(pictures), -1)[:, :24] / 255]


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Something to learn, in pictures of 8 pixels; the tests keep their priority."""
    monkeypatch.setitem(CHANNELS, 8, (8, 6))
    monkeypatch.setattr(machine, "be_nice", lambda increment: None)
    monkeypatch.setattr(session, "SAMPLES", 16)
    monkeypatch.setattr(session, "ADAPTED_EVERY", 2)
    monkeypatch.setattr(judging, "Judge", lambda *given: Judge(given[0], given[1], given[2], given[3], colours))
    monkeypatch.setattr(session, "independent", lambda: colours)
    return write_film(tmp_path / "film.mkv", moving(40))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_a_film_to_a_subject(
    film: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """By heart, then against a discriminator, in two parts; the file, the folder and the film are as they should be."""
    output, played = tmp_path / "char.safetensors", tmp_path / "played.mp4"
    words = ["learn", str(film), "-o", str(output), "--size", "8", "--film", str(played)]
    words += ["--cache", str(tmp_path_factory.getbasetemp() / "cache")]
    assert main([*words, "--recipe", "style", "--kimg", "0.128"]) == 0
    said = capsys.readouterr().out
    assert "are taught" in said
    assert "8 steps (0.1 kimg)" in said
    found = read_subject(output)
    assert (found.name, found.shape.size) == ("char", 8)
    assert found.discriminator is not None
    assert found.card["steps"] == 8
    assert {"kid", "recall", "near", "spread", "grid"} == set(found.card["figures"])
    assert found.card["figures by vgg16-features"] == found.card["figures"]  # which sees the same here
    assert "by vgg16-features, which has had no part in it: KID" in said
    assert str(tmp_path) not in json.dumps(dict(found.card))
    run = tmp_path / "char.run"
    assert [int(path.stem) for path in sorted((run / "film").iterdir())] == list(range(9))
    assert (run / "crop.jpg").is_file()
    assert list((run / "sheets").iterdir())
    assert played.is_file()
    before = found.generator["params"]["constant"]

    kept = flax.serialization.msgpack_restore((run / "checkpoint.msgpack").read_bytes())
    assert 0 < abs(float(kept["state"]["chance"]) - session.CHANCE) < 0.01
    for name in GanTrainer.ADDED:  # as checkpoints were before there was an adaptive strength
        del kept["state"][name]
    (run / "checkpoint.msgpack").write_bytes(flax.serialization.msgpack_serialize(kept))
    assert main([*words, "--recipe", "style", "--kimg", "0.128"]) == 2
    assert "give more --minutes or --kimg" in capsys.readouterr().err
    assert main([*words, "--recipe", "style", "--kimg", "0.336"]) == 0  # its first phase would have been longer
    assert "Going on after" in capsys.readouterr().out
    found = read_subject(output)
    assert found.card["steps"] == 21
    assert not np.array_equal(found.generator["params"]["constant"], before)
    phases = [json.loads(line)["phase"] for line in (run / "log.jsonl").read_text().splitlines()]
    assert phases == sorted(phases, reverse=True)

    assert main([*words, "--recipe", "quick", "--kimg", "0.16"]) == 2
    assert "another recipe (style, not quick)" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ctrl_c_keeps_what_there_is(
    film: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Noted in the middle of a step and obeyed after it; the same command ends as if nothing had been."""
    look = Session._look

    def interrupted(self: Session, before: float) -> None:
        look(self, before)
        if self.step == 3:
            signal.raise_signal(signal.SIGINT)

    output = tmp_path / "a.safetensors"
    words = ["learn", str(film), "--size", "8", "--recipe", "quick", "--kimg", "0.096"]
    words += ["--cache", str(tmp_path_factory.getbasetemp() / "cache")]
    assert main([*words, "-o", str(tmp_path / "whole.safetensors"), "--name", "a"]) == 0
    monkeypatch.setattr(Session, "_look", interrupted)
    assert main([*words, "-o", str(output)]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert read_subject(output).card["steps"] == 3
    monkeypatch.setattr(Session, "_look", look)
    assert main([*words, "-o", str(output)]) == 0
    found, whole = read_subject(output), read_subject(tmp_path / "whole.safetensors")
    assert found.points is not None
    assert whole.points is not None
    np.testing.assert_array_equal(found.generator["params"]["constant"], whole.generator["params"]["constant"])
    np.testing.assert_array_equal(found.points, whole.points)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.mp4", "-o", "a.safetensors"], "There is no film and no folder none.mp4"),
        (["x.txt", "-o", "a.safetensors"], "no film that can be read"),
        (["x.txt", "-o", "a.pt"], "must end in .safetensors"),
        (["x.txt", "-o", "a.safetensors", "--film", "a.avi"], "must end in .mp4"),
        (["x.txt", "-o", "a.safetensors", "--size", "100"], "there are 64, 128, 256"),
        (["x.txt", "-o", "a.safetensors", "--size", "128", "--from", "ancestor"], "not 128"),
        (["x.txt", "-o", "a.safetensors", "--from", "x.txt"], "is no generator's file"),
        (["x.txt", "-o", "a.safetensors", "--minutes", "1", "--kimg", "1"], "not both"),
        (["x.txt", "-o", "a.safetensors", "--minutes", "0"], "minutes is 0"),
        (["x.txt", "-o", "a.safetensors", "--recipe", "stile"], "did you mean style?"),
        (["x.txt", "-o", "a.safetensors", "--recipe", "pix2pix", "--size", "256"], "there are 64 and 128"),
        (["x.txt", "-o", "a.safetensors", "--recipe", "pix2pix", "--from", "ancestor"], "fills no drawings"),
        (["x.txt", "-o", "a.safetensors", "--recipe", "pix2pix", "--from", "x.txt"], "is no painter's file"),
        (["x.txt", "-o", "a.safetensors", "--recipe", "began", "--size", "256"], "there are 64 and 128"),
        (["x.txt", "-o", "a.safetensors", "--recipe", "began", "--from", "ancestor"], "is no BEGAN"),
        (["x.txt", "-o", "a.safetensors", "--latent", "3"], "for the recipe began, and not for style"),
        (["x.txt", "-o", "a.safetensors", "--recipe", "began", "--latent", "2"], "latent is 2"),
        (["x.txt", "-o", "a.safetensors", "--crop", "1,2"], "LEFT,TOP,SIDE"),
        (["x.txt", "-o", "none/a.safetensors"], "There is no folder"),
    ],
)
def test_mistakes_are_said_before_anything_begins(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In a sentence, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    Path("x.txt").write_text("hello")
    assert main(["learn", *words]) in (1, 2)
    error = capsys.readouterr().err
    assert sentence in error
    assert error.startswith("dreamstream: ")
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]
