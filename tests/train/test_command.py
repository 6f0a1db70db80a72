"""What `dreamstream prior fit` and `dreamstream train` do with folders."""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamstream.cli.main import main
from dreamstream.core.errors import UsageError, UserError
from dreamstream.networks.prior import read_prior
from dreamstream.train.command import fit_prior, read_images, train_builtin
from dreamstream.train.glyphs import STYLES, GlyphClass
from dreamstream.train.scenes import Scenes
from dreamstream.weights.formats import read_weights
from tests.train.artwork import BAR, DISC, write_style


@pytest.mark.slow
def test_a_folder_of_pictures_becomes_a_prior(tmp_path: Path) -> None:
    """Pictures in folders below count too, other files are passed over, and the file can be read."""
    rng = np.random.default_rng(0)
    for index in range(3):
        folder = tmp_path / "pictures" / str(index)
        folder.mkdir(parents=True)
        picture = np.repeat(np.repeat(rng.integers(0, 256, (12, 16, 3)), 8, axis=0), 8, axis=1).astype(np.uint8)
        Image.fromarray(picture).save(folder / "picture.png")
    (tmp_path / "pictures" / "notes.txt").write_text("no picture")
    (tmp_path / "pictures" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    assert [image.shape for image in read_images(tmp_path / "pictures")] == [(96, 128, 3)] * 3
    fitted = fit_prior(tmp_path / "pictures", tmp_path / "prior.safetensors", pools=(1, 4))
    scales = read_prior(tmp_path / "prior.safetensors").scales
    assert [scale.pool for scale in scales] == [scale.pool for scale in fitted] == [1, 4]
    assert [scale.nu for scale in scales] == pytest.approx([scale.nu for scale in fitted])


@pytest.mark.parametrize(("made", "message"), [(False, "no folder"), (True, "No picture")])
def test_nothing_to_fit_is_said(tmp_path: Path, made: bool, message: str) -> None:
    """A missing folder and one without pictures are wrong usage."""
    folder = tmp_path / "pictures"
    if made:
        folder.mkdir()
    with pytest.raises(UsageError, match=message):
        fit_prior(folder, tmp_path / "prior.safetensors")
    assert not (tmp_path / "prior.safetensors").exists()


def test_pictures_too_small_for_a_scale_are_said(tmp_path: Path) -> None:
    """The sentence names the scale and the size that it needs."""
    Image.new("RGB", (20, 20)).save(tmp_path / "small.png")
    with pytest.raises(UserError, match="at least 64 pixels"):
        fit_prior(tmp_path, tmp_path / "prior.safetensors", pools=(8,))


def test_training_without_artwork_says_how_to_get_it(tmp_path: Path) -> None:
    """Nothing is written before the artwork is there."""
    with pytest.raises(UserError, match="To get it: npm pack @iconify-json/noto"):
        train_builtin(tmp_path / "none", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("option", "value"), [("steps", "0"), ("batch", "0"), ("seed", "-1"), ("radius", "nan")])
def test_numbers_out_of_range_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    """Before the artwork is looked for, in a sentence that names the number and its range."""
    assert main(["train", "--artwork", str(tmp_path), "--out", str(tmp_path / "out"), f"--{option}", value]) == 2
    assert f"{option} is {value}, but must be a number from" in capsys.readouterr().err


def test_a_class_that_nobody_draws_is_said(tmp_path: Path) -> None:
    """Artwork that draws the first class only cannot train the others."""
    for style in STYLES.values():
        write_style(tmp_path / f"iconify-json-{style.package}-1.0.0.tgz", {"bee": ("1f41d", DISC)})
    with pytest.raises(UserError, match="draws 'spider web'"):
        train_builtin(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_whole_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command makes weights, a prior and figures, and its own radius is kept with them."""
    classes = [GlyphClass("bee", ("\N{HONEYBEE}",), ()), GlyphClass("pizza", ("\N{SLICE OF PIZZA}",), ())]
    monkeypatch.setattr("dreamstream.train.glyphs.read_classes", lambda path: classes)
    monkeypatch.setattr("dreamstream.train.scenes.Scenes", partial(Scenes, backgrounds=8))
    for style in STYLES.values():
        icons = {"bee": ("1f41d", DISC), "pizza": ("1f355", BAR)}
        write_style(tmp_path / f"iconify-json-{style.package}-1.0.0.tgz", icons)
    small = ["--artwork", str(tmp_path), "--batch", "4", "--steps", "2", "--radius", "0.5"]
    assert main(["train", *small, "--out", str(tmp_path / "first")]) == 0
    figures = json.loads((tmp_path / "first" / "figures.json").read_text())
    assert set(figures["accuracy"]) == {"clean", "unseen", "form", "adversarial"}
    assert read_prior(tmp_path / "first" / "prior.safetensors").scales
    weights = tmp_path / "first" / "weights.safetensors"
    assert read_weights(weights).classes == ("bee", "pizza")
    recipe = json.loads((tmp_path / "first" / "figures.json").read_text())["recipe"]
    assert (recipe["steps"], recipe["batch"], recipe["radius"]) == (2, 4, 0.5)
    assert "is trained" in capsys.readouterr().out


def test_all_missing_packages_are_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody installs one thing to be told about the next."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = r"Training needs resvg_py and emoji and skimage; install with: pip install 'dreamstream\[train\]'"
    with pytest.raises(UserError, match=message):
        train_builtin(tmp_path / "none", tmp_path / "out")


def test_all_missing_artwork_is_named_at_once(tmp_path: Path) -> None:
    """One command gets it all."""
    with pytest.raises(UserError, match=r"npm pack @iconify-json/noto @iconify-json/noto-v1 .*twemoji"):
        train_builtin(tmp_path, tmp_path / "out")


def test_a_finished_training_and_a_prior_are_not_written_over(tmp_path: Path) -> None:
    """Only --force does."""
    (tmp_path / "figures.json").write_text("{}")
    with pytest.raises(UsageError, match="exists already"):
        train_builtin(tmp_path / "none", tmp_path)
    Image.new("RGB", (90, 90)).save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="exists already"):
        fit_prior(tmp_path, tmp_path / "figures.json")
