"""The architecture's picture is the code's: drawn from imports, refused where these go up, and checked by CI."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.architecture import ROOT, draw, read_floors, read_imports, read_purposes, reduced
from scripts.floor_plan import crossings, rising

FLOORS = [["roof"], ["left", "right"], ["cellar"]]
ARROWS = {("roof", "left"), ("roof", "right"), ("left", "cellar"), ("roof", "cellar")}
PURPOSES = dict.fromkeys(("roof", "left", "right", "cellar"), "What it is for.")


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """What a contributor sees who asks in this folder whether the picture is current."""
    command = [sys.executable, "-m", "scripts.architecture", "--check"]
    environment = {"PYTHONPATH": str(folder), "PATH": ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package with its picture."""
    shutil.copytree(ROOT / "dreamstream", tmp_path / "dreamstream", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "scripts/architecture.py", "scripts/floor_plan.py", "docs/architecture.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_picture_is_current() -> None:
    """Mended by `scripts/architecture`."""
    floors = read_floors((ROOT / "pyproject.toml").read_text())
    rooms = [room for floor in floors for room in floor]
    assert draw(floors, read_imports(), read_purposes(rooms)) == (ROOT / "docs/architecture.svg").read_text()


def test_every_room_has_a_floor_and_a_box() -> None:
    """A folder of the package that the contract forgets would be missing in the picture."""
    folders = {path.parent.name for path in (ROOT / "dreamstream").glob("*/__init__.py")}
    floors = read_floors((ROOT / "pyproject.toml").read_text())
    assert folders == {room for floor in floors for room in floor}
    drawn = set(re.findall(r">(\w+)/</text>", (ROOT / "docs/architecture.svg").read_text()))
    assert drawn == folders


def test_a_new_arrow_makes_the_check_fail(house: Path) -> None:
    """An import between two rooms that had none."""
    assert check(house).returncode == 0
    with (house / "dreamstream/web/token.py").open("a") as file:
        file.write("from dreamstream.journal import reader\n")
    said = check(house)
    assert said.returncode == 1
    assert said.stdout == "docs/architecture.svg does not show today's imports; run `scripts/architecture`.\n"


def test_an_arrow_that_runs_up_is_refused(house: Path) -> None:
    """In a sentence that names both rooms."""
    with (house / "dreamstream/journal/reader.py").open("a") as file:
        file.write("from dreamstream.chat import bot\n")
    said = check(house)
    assert said.returncode == 1
    assert "journal" in said.stdout
    assert "chat" in said.stdout
    assert said.stderr == ""


def test_an_implied_arrow_is_left_out() -> None:
    """The roof reaches the cellar through the left room."""
    assert reduced(ARROWS) == ARROWS - {("roof", "cellar")}
    assert "roof imports cellar, left, right" in draw(FLOORS, ARROWS, PURPOSES)


@pytest.mark.parametrize(
    ("arrow", "complaint"),
    [
        (("cellar", "roof"), "circle"),
        (("left", "right"), "not below"),
        (("left", "shed"), "no floor"),
    ],
)
def test_what_cannot_be_drawn(arrow: tuple[str, str], complaint: str) -> None:
    """A circle, an arrow on one floor, and a room without a floor."""
    with pytest.raises(ValueError, match=complaint):
        draw(FLOORS, ARROWS | {arrow}, PURPOSES)


def test_a_room_that_does_not_say_what_it_is_for(tmp_path: Path) -> None:
    """It would be an empty box."""
    (tmp_path / "attic").mkdir()
    (tmp_path / "attic/__init__.py").write_text("")
    with pytest.raises(ValueError, match=r"attic/__init__\.py does not say"):
        read_purposes(["attic"], tmp_path)


def test_crossings_are_counted() -> None:
    """Two pairs of rooms, straight and crossed."""
    edges = {("a", "c"), ("b", "d")}
    assert crossings([["a", "b"], ["c", "d"]], edges) == 0
    assert crossings([["a", "b"], ["d", "c"]], edges) == 1


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=12))
def test_rising_is_the_nearest_order(values: list[int]) -> None:
    """It rises, keeps the sum, and leaves alone what rises already."""
    result = rising(values)
    assert all(left <= right + 1e-9 for left, right in pairwise(result))
    assert sum(result) == pytest.approx(sum(values), abs=1e-6)
    assert rising(sorted(values)) == sorted(values)


@pytest.mark.parametrize("many", [1, 6, 9])
def test_every_box_is_in_the_picture_and_on_no_other(many: int) -> None:
    """However many rooms a floor has."""
    rooms = [f"room{number}" for number in range(many)]
    arrows = {("roof", room) for room in rooms}
    picture = draw([["roof"], rooms], arrows, dict.fromkeys(["roof", *rooms], "What it is for."))
    (width,) = re.findall(r'viewBox="0 0 (\d+) ', picture)
    boxes = [float(left) for left in re.findall(r'<g><title>room.*?<rect x="([\d.-]+)"', picture)]
    assert len(boxes) == many
    assert all(right - left >= 168 for left, right in pairwise(sorted(boxes)))
    assert min(boxes) >= 60
    assert max(boxes) + 168 <= int(width) - 14
