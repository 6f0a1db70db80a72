"""The flags of `dreamstream bench`: they hold wherever they stand, and no file is written over unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dreamstream.bench import chat, draw, engine, show, video, viewers
from dreamstream.cli import main as cli

PARTS = {"engine": engine, "chat": chat, "draw": draw, "show": show, "video": video, "viewers": viewers}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the benches were told, none of which is run."""
    calls: list[tuple[Any, ...]] = []

    def noting(name: str) -> Any:
        def run(*given: Any) -> int:
            calls.append((name, *given))
            return 0

        return run

    for name, part in PARTS.items():
        monkeypatch.setattr(part, "run", noting(name))
    return calls


@pytest.mark.parametrize(
    ("line", "name", "seconds"),
    [
        ("bench", "show", 60),
        ("bench --seconds 5", "show", 5),
        ("bench --seconds 5 engine", "engine", 5),
        ("bench engine --seconds 5", "engine", 5),
        ("bench --seconds 7 engine --seconds 5", "engine", 5),
        ("bench engine", "engine", 20),
        ("bench --seconds 5 chat", "chat", 5),
        ("bench video", "video", 12),
        ("bench draw", "draw", 30),
        ("bench --seconds 5 viewers", "viewers", 5),
    ],
)
def test_seconds_hold_wherever_they_stand(line: str, name: str, seconds: float, told: list[tuple[Any, ...]]) -> None:
    """Before the name of the bench and after it; the later one counts, and each has its own usual length."""
    assert cli.main(line.split()) == 0
    assert [call[:2] for call in told] == [(name, seconds)]


@pytest.mark.parametrize("words", [[], ["show"], ["engine"], ["chat"], ["draw"], ["video"], ["viewers"]], ids="".join)
def test_figures_are_not_written_over(
    words: list[str], tmp_path: Path, told: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    """An existing file is refused before anything is measured, on either side of the bench's name, but for --force."""
    figures = tmp_path / "figures.json"
    figures.write_text("mine")
    json = ["--json", str(figures)]
    for line in (["bench", *words, *json], ["bench", *json, *words]):
        assert cli.main(line) == 2
        assert "exists already; name another file, or replace it with --force." in capsys.readouterr().err
        assert told == []
    for line in (["bench", "--force", *words, *json], ["bench", *words, *json, "--force"]):
        assert cli.main(line) == 0
        assert told.pop()[2] == figures
    assert cli.main(["bench", *words, "--json", str(tmp_path / "none" / "a.json")]) == 1
    assert figures.read_text() == "mine"
