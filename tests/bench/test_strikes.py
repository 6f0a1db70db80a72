"""What the soak lets befall a show, and when."""

from __future__ import annotations

import errno
import os
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dreamstream.bench.lines import svg
from dreamstream.bench.strikes import FullDisk, schedule, small_disk


def test_each_kind_strikes_twice_an_hour_times_the_speed() -> None:
    """The same seed gives the same moments, in order, and none after the end."""
    planned = schedule(("a", "b"), 100 * 3600, 4, seed=3)
    assert planned == sorted(planned) == schedule(("a", "b"), 100 * 3600, 4, seed=3)
    assert planned != schedule(("a", "b"), 100 * 3600, 4, seed=4)
    assert all(0 < at < 100 * 3600 for at, _ in planned)
    for count in Counter(kind for _, kind in planned).values():
        assert count == pytest.approx(800, rel=0.15)


def test_a_full_disk_takes_nothing_until_it_is_emptied(tmp_path: Path) -> None:
    """On a file system of its own, where this user may mount one."""
    with small_disk(tmp_path / "disk") as why:
        if why:
            pytest.skip(why)
        disk = FullDisk(tmp_path / "disk")
        disk.fill()
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            (tmp_path / "disk" / "more").write_bytes(bytes(5000))
        disk.empty()
        (tmp_path / "disk" / "more").write_bytes(bytes(5000))
    assert not any((tmp_path / "disk").iterdir())


def test_lines_are_drawn_within_their_rows_with_marks() -> None:
    """An SVG file with one line for each figure, and one for each mark that is in sight."""
    drawn = ElementTree.fromstring(
        svg([0, 30, 60], {"memory MiB": [1, 2, 3], "threads": [5, 5, 5]}, "an hour", [(10, "flood"), (99, "late")])
    )
    name = "{http://www.w3.org/2000/svg}"
    lines = [line.get("points", "").split() for line in drawn.iter(f"{name}polyline")]
    assert [len(line) for line in lines] == [3, 3]
    for row, line in enumerate(lines):
        assert all(110 * row <= float(point.split(",")[1]) <= 110 * (row + 1) for point in line)
    assert [title.text for title in drawn.iter(f"{name}title")] == ["flood"]
