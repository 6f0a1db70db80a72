"""The contact sheet of a vocabulary, by the real engine at a small size, and every refusal before any work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamstream.cli.main import main
from dreamstream.dreamers.ascent import factory
from dreamstream.render.gallery import CAPTION, Sheet

pytestmark = pytest.mark.slow

SMALL = ["--size", "160x96", "--seconds", "0.8", "--steps", "1"]


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Programs compiled by one test serve the others, and the user's own cache is left alone."""
    monkeypatch.setattr(factory, "default_cache", lambda: tmp_path_factory.getbasetemp() / "cache")


def test_a_gallery_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every word has its place on the sheet, and its picture is kept where asked."""
    output, folder = tmp_path / "sheet.png", tmp_path / "pictures"
    words = ["gallery", "bees", "bee + pizza", "owl", "-o", str(output), "--pictures", str(folder)]
    assert main([*words, "--columns", "2", "--width", "160", *SMALL]) == 0
    assert Image.open(output).size == (320, 2 * (96 + CAPTION))
    assert sorted(path.name for path in folder.iterdir()) == ["bee + pizza.png", "bee.png", "owl.png"]
    sheet = np.asarray(Image.open(output))
    assert np.array_equal(sheet[:96, :160], np.asarray(Image.open(folder / "bee.png")))
    said = capsys.readouterr()
    assert "6 of 6 dreams" in said.err
    assert "3 dreams of 0.8 s, 160x96" in said.out
    assert "  owl 0." in said.out


def test_labels_stand_below_their_pictures() -> None:
    """Cells fill from the top left; the last row may be short."""
    sheet = Sheet(3, 2, (64, 32))
    for shade in (50, 100, 150):
        sheet.add(np.full((32, 64, 3), shade, np.uint8), "tree frog")
    pixels = np.asarray(sheet.image)
    cell = 32 + CAPTION
    assert pixels.shape == (2 * cell, 128, 3)
    assert [int(pixels[y, x, 0]) for y, x in ((5, 5), (5, 70), (cell + 5, 5))] == [50, 100, 150]
    assert pixels[32:cell, :64].max() > 150
    assert pixels[cell:, 64:].max() < 30


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["zzzqqq"], "zzzqqq"),
        (["bee", "--seconds", "-1"], "seconds is -1"),
        (["bee", "--columns", "0"], "columns is 0"),
        (["bee", "--size", "97x96"], "97"),
    ],
)
def test_impossible_galleries_are_refused(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, exit code 2, no file."""
    assert main(["gallery", *words, "-o", str(tmp_path / "sheet.png")]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_gallery_needs_a_folder_and_a_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are said before anything is dreamed."""
    assert main(["gallery", "bee", "-o", str(tmp_path / "none" / "sheet.png")]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert main(["gallery", "bee", "-o", str(tmp_path / "sheet.gif")]) == 2
    assert "must end in" in capsys.readouterr().err
