"""The pages under docs/ tell the truth: commands that parse, files that are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from dreamstream.cli import main

ROOT = Path(__file__).parents[2]


PAGES = sorted(page.name for page in (ROOT / "docs").glob("*.md"))
# How many command lines a page has at least, for those that live by them.
COMMANDS = {"twitch.md": 4, "chat.md": 4, "outputs.md": 10, "weights.md": 3}


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_a_page_can_be_parsed(name: str) -> None:
    """As a newcomer would copy it."""
    page = (ROOT / "docs" / name).read_text()
    known, parsed = main.parser(), 0
    for block in re.findall(r"```sh\n(.*?)```", page, re.S):
        for line in re.split(r"\n|&&|\|", block.replace("\\\n", " ")):
            words = shlex.split(line, comments=True)
            if words[:1] == ["dreamstream"]:
                known.parse_args(words[1:])
                parsed += 1
    assert parsed >= COMMANDS.get(name, 0)
    for path in re.findall(r"`((?:dreamstream|tests)/[\w/]+\.py)`", page):
        assert (ROOT / path).is_file(), path
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", page):
        assert (ROOT / "docs" / link).exists(), link


def test_every_promise_of_the_security_page_names_its_tests() -> None:
    """Each line of the table ends with a file of tests that is there."""
    rows = [line for line in (ROOT / "docs" / "security.md").read_text().splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 25
    for row in rows:
        (held,) = re.findall(r"\| `([\w/]+\.py)` \|$", row)
        assert (ROOT / "tests" / held).is_file(), row
