"""From folders of pictures to a model that dreams them, on the built-in network's convolutions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from dreamstream.cli.main import main
from dreamstream.train import head_fit
from dreamstream.train.head_fit import HeadRecipe
from dreamstream.train.teach import teach
from dreamstream.web.thumbnails import sheet_for
from dreamstream.weights.formats import head_or_none, read_weights


@pytest.mark.slow
def test_a_head_tells_apart_what_differs() -> None:
    """Features about different means are named rightly, whatever their scale, with a hidden layer or without."""
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 30, (4, 20)) + 100
    labels = np.repeat(np.arange(4, dtype=np.int32), 30)
    features = centres[labels] + rng.normal(0, 5, (120, 20))
    for hidden in (0, 16):
        params = head_fit.fit(features, labels, 4, HeadRecipe(hidden=hidden, batch=32))
        assert set(params) == ({"fc7", "fc8"} if hidden else {"fc8"})
        said = head_fit.logits(params, features)
        assert (said.argmax(1) == labels).all()
        # In units that the dreams' margins are made for, not in those of the features.
        assert 1 < said.std() < 20


def test_what_is_typical_is_the_mean_of_each_class_and_the_spread_within() -> None:
    """What lies between classes is no spread; a channel that never answers has the least."""
    features = np.array([[0, 10, 5], [2, 10, 5], [100, 13, 5], [102, 13, 5]], np.float16)
    found = head_fit.typical(features, np.array([0, 0, 1, 1], np.int32), 2)
    assert np.array_equal(found.mean, [[1, 10, 5], [101, 13, 5]])
    least = head_fit.LEAST_SPREAD / 3 + 1e-3
    assert found.spread == pytest.approx([1 + least, least, least])
    alone = head_fit.typical(features[:3:2], np.array([0, 1], np.int32), 2)
    assert alone.spread[0] > 40


def photographs(folder: Path, classes: int = 3, each: int = 7) -> Path:
    """Pictures that differ by class: stripes of other widths and colours, with noise."""
    rng = np.random.default_rng(3)
    for number in range(classes):
        (folder / f"kind_{number}").mkdir(parents=True, exist_ok=True)
        stripes = (np.arange(96) // (3 + 6 * number) % 2)[:, None, None]
        for index in range(each):
            colour = np.roll([220, 60, 120], number)
            made = stripes * colour + rng.normal(40, 20, (96, 96, 3))
            Image.fromarray(np.clip(made, 0, 255).astype(np.uint8)).save(folder / f"kind_{number}" / f"{index}.png")
    return folder


@pytest.mark.slow
def test_from_a_folder_to_a_dream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`teach` writes a model that every command takes, says how well it knows its classes, dreams an example of each
    for the page, and overwrites nothing.
    """
    for few in ("DREAMS", "STEPS"):
        monkeypatch.setattr(f"dreamstream.render.examples.{few}", 1)
    folder = photographs(tmp_path / "photos")
    (folder / "kind_1" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    out, cache = tmp_path / "mine.safetensors", tmp_path / "cache"
    command = ["teach", str(folder), "-o", str(out), "--model", "builtin", "--cache", str(cache)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "right on" in said
    assert "1 files are no pictures that can be read" in said
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    head = head_or_none(out)
    assert head is not None
    card = head.card
    assert card["accuracy"] == 1.0
    assert card["right of held out"] == {f"kind {n}": [1, 1] for n in range(3)}
    model = read_weights(out)
    assert model.classes == ("kind 0", "kind 1", "kind 2")
    assert model.typical is not None
    assert model.typical.mean.shape == (3, *model.typical.spread.shape)
    sheet = sheet_for(["kind 0", "kind 1", "kind 2"], model=out)
    assert sheet is not None
    assert Image.open(sheet.path).size == (3 * sheet.side, sheet.side)
    assert np.asarray(Image.open(sheet.path)).std() > 5
    picture = tmp_path / "dream.png"
    dream = ["image", "-c", "kind 2", "--model", str(out), "-o", str(picture), "--steps", "2", "--size", "96x96"]
    assert main(dream) == 0
    assert picture.is_file()


def test_features_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second head of the same pictures looks at none of them again, and the same seed makes the same head."""
    folder, cache = photographs(tmp_path / "photos", 2, 3), tmp_path / "cache"
    report = teach(folder, tmp_path / "a.safetensors", "builtin", cache=cache)
    assert report.accuracy is None
    assert "too few pictures" in report.lines()[-1]

    def never(*arguments: object) -> None:
        raise AssertionError("a picture was looked at again")

    monkeypatch.setattr("dreamstream.train.teach._means", never)
    teach(folder, tmp_path / "b.safetensors", "builtin", cache=cache)
    one, other = (load_file(tmp_path / f"{name}.safetensors") for name in "ab")
    assert all(np.array_equal(one[key], other[key]) for key in one)


def test_a_class_of_broken_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named; nothing is written."""
    folder = photographs(tmp_path / "photos", 2, 2)
    for path in (folder / "kind_1").iterdir():
        path.write_bytes(b"nothing")
    out = tmp_path / "mine.safetensors"
    command = ["teach", str(folder), "-o", str(out), "--model", "builtin", "--cache", str(tmp_path / "cache")]
    assert main(command) == 2
    assert "None of the 2 files for 'kind 1'" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["-o", "mine.pt"], "must end in .safetensors"),
        (["--model", "vgg99"], "There is no weight file vgg99"),
        (["--hidden", "-1"], "hidden"),
        (["--views", "0"], "views"),
        (["--words", "nothing.csv"], "cannot be read as a list of words"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, changed: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before any picture is looked at."""
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path / "photos", 2, 1)
    command = ["teach", "photos", "-o", "mine.safetensors", "--model", "builtin", "--cache", "cache", *changed]
    assert main(command) == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before any picture is looked at, and nothing is made."""
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path / "photos", 2, 1)
    assert main(["teach", "photos", "-o", "nowhere/mine.safetensors", "--model", "builtin"]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
