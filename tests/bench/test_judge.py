"""The judge: what it says of pictures, and what its file may hold."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.numpy import save_file

from dreamstream.bench.judge import FORMAT, LOOKS, SIDE, Judge, figures, read, shapes, write
from dreamstream.core.errors import UsageError
from dreamstream.support.pictures import load_photo
from dreamstream.support.resources import models_folder

LIST = models_folder() / "builtin"


def some(words: int = 3) -> dict[str, np.ndarray]:
    """Parameters of a judge of so many words."""
    rng = np.random.default_rng(5)
    return {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes(words).items()}


@pytest.mark.slow
def test_the_judge_that_ships_names_the_pictures_of_the_list() -> None:
    """Nearly all of them, each seen once and whole, without having taken part in making one."""
    about = json.loads((LIST / "dreams.json").read_text())
    sheet, side, columns = load_photo(LIST / "dreams.webp"), about["side"], about["columns"]
    judge = Judge()
    assert judge.names == about["names"]
    places = [(n // columns * side, n % columns * side) for n in range(len(judge.names))]
    crops = [
        cv2.resize(sheet[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA) for y, x in places
    ]
    seen = judge.see(np.asarray(crops, np.float32) / np.float32(255))
    np.testing.assert_allclose(seen.sum(axis=1), 1, atol=1e-4)
    assert np.mean(seen.argmax(axis=1) == np.arange(len(seen))) > 0.93


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    """Words and parameters, in 16-bit floats, however the numbers lie in memory."""
    path, params = tmp_path / "judge.safetensors", some()
    params["head.kernel"] = np.asfortranarray(params["head.kernel"])
    write(path, ["bee", "owl", "été"], params, {"steps": 7})
    names, found = read(path)
    assert names == ["bee", "owl", "été"]
    for name, value in params.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-3, atol=1e-6)


def test_what_is_no_judge_is_said(tmp_path: Path) -> None:
    """Not there, something else, without a part, no numbers, or words that nobody can unfold: each in a sentence."""
    names = "missing", "other", "short", "odd", "deep"
    missing, other, short, odd, deep = (tmp_path / f"{name}.safetensors" for name in names)
    other.write_bytes(b"no judge")
    write(short, ["bee", "owl"], some(3), {})
    broken = some(2) | {"head.bias": np.array([0, np.nan], np.float32)}
    save_file(broken, odd, {"format": FORMAT, "words": '["bee", "owl"]'})
    save_file(some(2), deep, {"format": FORMAT, "words": "[" * 100_000})
    for path in (missing, other, short, odd, deep, models_folder() / "doodle" / "weights.safetensors"):
        with pytest.raises(UsageError, match=f"{path.name} holds no judge"):
            Judge(path)


def test_figures_rank_by_the_mean_and_show_where_it_is_sure() -> None:
    """Two windows, of which it is sure in one."""
    windows = np.array([[0.1, 0.9, 0.0], [0.4, 0.2, 0.4]], np.float32)
    told = figures(windows, 0)
    assert told["rank"] == 2
    assert told["mean"] == pytest.approx(0.25)
    assert told["shown"] == pytest.approx(0.1)
    assert told["best"] == pytest.approx(0.4)
    assert figures(windows[1:], 0)["shown"] == 0


def test_looks_take_away_what_they_say() -> None:
    """Grey has no colour, posterised three levels, blurred less detail; none changes the shape."""
    pictures = np.random.default_rng(1).random((2, SIDE, SIDE, 3)).astype(np.float32)
    seen = {name: look(pictures) for name, look in LOOKS.items()}
    assert all(each.shape == pictures.shape and each.dtype == np.float32 for each in seen.values())
    assert np.ptp(seen["grey"], axis=-1).max() < 1e-6
    assert set(np.unique(seen["posterised"])) == {0, 0.5, 1}
    assert seen["blurred"].std() < pictures.std() / 2
