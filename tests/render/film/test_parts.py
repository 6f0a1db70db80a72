"""Where films are split: by their log alone, with enough dreams before each part's first frame, each frame once."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dreamstream.journal.reader import ShowRecord, read_show
from dreamstream.render.film.parts import RUN_DREAMS, RUN_SECONDS, Span, cost, dreams_of, parts_of, usable
from dreamstream.render.replay import Player
from tests.doubles import ColourDreamer
from tests.render.film.logs import ABOUT, SIZE, doubled

ALL = list(range(100))


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> ShowRecord:
    """Two minutes with a checkpoint every 5 s, from 5 to 120 s."""
    return read_show(doubled(tmp_path_factory.mktemp("log"), 120, 5))


def test_a_log_tells_its_checkpoints(show: ShowRecord) -> None:
    """After which dream each was taken; of those at the very end nothing could be made."""
    assert [each.after for each in show.checkpoints] == [10 * (n + 1) + 1 for n in range(23)]
    assert show.checkpoints[0].path.read_bytes() == b"11"


@pytest.mark.parametrize(("since", "until"), [(0.0, 120.0), (0.0, 9.0), (31.2, 93.7), (118.0, 119.0), (4.0, 25.0)])
def test_every_frame_is_in_one_part(show: ShowRecord, since: float, until: float) -> None:
    """Parts follow each other, none is short, and each was warm before its first frame."""
    span = Span(since, until, 10)
    parts = parts_of(show, span, ALL[: len(show.checkpoints)])
    assert (parts[0].begin, parts[-1].end) == (0, span.frames)
    assert all(one.end == other.begin for one, other in pairwise(parts))
    assert len(parts) == 1 or all(part.end - part.begin >= 100 for part in parts)
    for part in parts[1:]:
        seen = show.dreams[part.first :]
        assert seen[RUN_DREAMS - 1].at <= span.time(part.begin)
        assert seen[0].at + RUN_SECONDS <= span.time(part.begin) + 1e-9
        assert span.time(part.warm) >= seen[0].at
    for one, other in pairwise(parts):
        # The part before makes the first dreams of the next as well, by which they are compared.
        assert one.first + dreams_of(show, span, one) > other.first
    assert [part.checkpoint is None for part in parts].count(True) <= 1


def test_a_part_shows_what_a_replay_in_one_go_does(show: ShowRecord) -> None:
    """From its first frame on, to the last level: whatever is between two dreams has forgotten what it left out."""
    span = Span(0.0, 120.0, 10)
    part = parts_of(show, span, ALL[: len(show.checkpoints)])[3]
    assert part.checkpoint is not None
    whole = Player(show, ColourDreamer(SIZE, 0.0), SIZE, run_up=None, titled=True)
    apart = Player(
        show, ColourDreamer(SIZE, 0.0), SIZE, run_up=None, titled=True, checkpoint=show.checkpoints[part.checkpoint]
    )
    for frame in range(part.begin + 50):
        wanted = whole.frame(span.time(frame))
        if frame >= part.warm:
            made = apart.frame(span.time(frame))
        if frame >= part.begin:
            assert np.abs(made.astype(int) - wanted).max() <= 1, frame


def test_a_film_from_the_middle_begins_with_a_checkpoint(show: ShowRecord) -> None:
    """Nothing is dreamed that cannot be seen."""
    (part,) = parts_of(show, Span(60.0, 70.0, 10), ALL[: len(show.checkpoints)])
    assert part.checkpoint is not None
    assert show.dreams[part.first].at >= 50


def test_the_cost_of_splitting_is_told(show: ShowRecord) -> None:
    """One part costs nothing; each seam costs the dreams that are made twice."""
    span = Span(0.0, 120.0, 10)
    assert cost(show, span, parts_of(show, span, [])) == 0
    parts = parts_of(show, span, ALL[: len(show.checkpoints)])
    assert len(parts) == 11
    assert cost(show, span, parts) == pytest.approx(10 * 8 / 240, abs=0.01)


def test_why_checkpoints_are_of_no_use(show: ShowRecord, tmp_path: Path) -> None:
    """Another canvas, another machine, none at all: each is said; after a dreamer's restart there is none."""
    assert usable(show, SIZE, "a machine") == (ALL[: len(show.checkpoints)], "")
    assert "canvas" in usable(show, (320, 192), "a machine")[1]
    assert "another kind of machine (a machine), and this is another" in usable(show, SIZE, "another")[1]
    bare = ShowRecord(ABOUT, show.dreams, show.titles)
    assert "serve --checkpoints" in usable(bare, SIZE, "a machine")[1]
    log = doubled(tmp_path, 30, 5)
    lines = log.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith('{"dream":25'))
    log.write_text("\n".join([*lines[:at], '{"restart":25}', *lines[at:]]))
    assert usable(read_show(log), SIZE, "a machine")[0] == [0, 1]


def test_a_checkpoint_is_looked_for_beside_its_log_alone(tmp_path: Path) -> None:
    """Whatever a log names; and one that is gone is left out."""
    log = doubled(tmp_path / "log", 30, 10)
    outside = tmp_path / "secret"
    outside.write_text("")
    first = read_show(log).checkpoints[0].path
    log.write_text(log.read_text().replace(first.name, "../secret"))
    assert len(read_show(log).checkpoints) == 1
