"""The pages' own files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dreamstream.web.app import STATIC


def imported(script: Path) -> set[Path]:
    """All modules that a script needs, also through others."""
    found: set[Path] = set()
    unread = [script]
    while unread:
        reading = unread.pop()
        names = re.findall(r'^import .*? from "(.*?)";$', reading.read_text(), re.MULTILINE)
        modules = {(reading.parent / name).resolve() for name in names}
        unread += modules - found
        found |= modules
    return found


@pytest.mark.parametrize("page", ["index.html", "kiosk.html", "overlay.html", "control.html"])
def test_a_page_asks_for_all_its_modules_at_once(page: str) -> None:
    """Each module that is only found inside another costs a newcomer one more journey before the first picture."""
    html = (STATIC / page).read_text()
    (script,) = re.findall(r'<script type="module" src="(.*?)">', html)
    asked = re.findall(r'<link rel="modulepreload" href="(.*?)">', html)
    needed = imported((STATIC.parent / script).resolve())
    assert len(asked) == len(set(asked))
    assert {(STATIC.parent / name).resolve() for name in asked} == needed
