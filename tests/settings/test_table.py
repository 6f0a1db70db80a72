"""The tables in the docs are those of the settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dreamstream.core.errors import UsageError
from dreamstream.settings import table

HOME = Path(__file__).parents[2]


@pytest.mark.parametrize("page", table.PAGES)
def test_every_table_is_current(page: str) -> None:
    """To mend it: python -m dreamstream.settings.table"""
    assert table.main(["--check", str(HOME / page)]) == 0


def test_a_stale_table_is_noticed_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--check says which page; without it the page is mended, and nothing else in it is touched."""
    page = tmp_path / "settings.md"
    shutil.copy(HOME / "docs" / "settings.md", page)
    whole = page.read_text(encoding="utf-8")
    page.write_text(whole.replace("frames per second (1 to 60)", "frames"), encoding="utf-8")
    assert table.main(["--check", str(page)]) == 1
    assert str(page) in capsys.readouterr().err
    assert table.main([str(page)]) == 0
    assert page.read_text(encoding="utf-8") == whole


def test_a_table_of_nothing_is_refused() -> None:
    """A group that was renamed, or a key that is gone."""
    with pytest.raises(UsageError, match="nosuch"):
        table.filled("<!-- settings: nosuch -->\n<!-- end of settings -->\n")
