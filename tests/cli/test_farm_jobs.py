"""What is said of a job before a farm has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.cli.farm_jobs import checked
from dreamstream.core.errors import UserError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a picture in it."""
    monkeypatch.chdir(tmp_path)
    Path("there.png").touch()


@pytest.mark.parametrize(
    ("typed", "output"),
    [
        ("image -c bee -o bee.png", "bee.png"),
        ("image there.png -c bee -o bee.png --size 320x180", "bee.png"),
        ("image -c bee -o there.png --force", "there.png"),
        ("gallery bee cat -o sheet.png", "sheet.png"),
        ("render bee -o bee.mp4 --seconds 2", "bee.mp4"),
        ("learn there.png -o it.safetensors --recipe quick", "it.safetensors"),
    ],
)
def test_what_a_command_would_write(typed: str, output: str) -> None:
    """It is found by the command's own flags."""
    assert checked(typed.split()) == Path(output)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "`dreamstream farm submit` needs a command: film, gallery"),
        ("serve", "'serve' is no command for a farm"),
        ("filn x", "Did you mean film"),
        ("image", "`dreamstream image` needs -c CLASS and -o FILE.png"),
        ("image -c bee -o bee.png --sise 3x3", "has no flag --sise. Did you mean --size"),
        ("image -c bee -o bee.png --size 3", "size"),
        ("image -c bee -o there.png", "there.png exists already; name another file, or replace it with --force"),
        ("image -c bee -o nowhere/bee.png", "There is no folder"),
        ("film gone.jsonl -o f.mp4", "There is no file gone.jsonl"),
        ("learn there.png", "needs -o FILE.safetensors"),
    ],
)
def test_what_is_wrong_is_said_at_once(typed: str, words: str) -> None:
    """By the command's own parser, in one sentence or two."""
    with pytest.raises(UserError) as refused:
        checked(typed.split())
    assert words in str(refused.value)
