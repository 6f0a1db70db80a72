"""Tests of the show's log and of replaying it: what was shown is shown again."""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UserError
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.registry import open_dreamer
from dreamstream.journal.reader import read_show
from dreamstream.journal.writer import ShowLog
from dreamstream.render.replay import Player, run, warnings
from dreamstream.weights.painters import painter_hash
from tests.doubles import ColourDreamer, steps
from tests.drawn import CAT
from tests.polling import until

pytestmark = pytest.mark.slow

SIZE = (160, 96)
ABOUT = {"version": "0", "model": "builtin", "seed": 3, "size": SIZE, "canvas": SIZE, "fps": 10, "preset": "vivid"}
SCRIPT = [
    (0.5, Programme((Wish("bee", who="ada"),)), {}),
    (1.0, Programme((Wish("bee", who="ada"),)), {"zoom": 1.1}),
    (1.5, Programme((Wish("pizza", "top", 1.0, "bob"), Wish("volcano", "bottom", 0.5))), {"zoom": 1.1}),
    (2.0, Programme((Wish("pizza", "top", 1.0, "bob"), Wish("volcano", "bottom", 0.5))), {"zoom": 0.95}),
    (2.5, Programme((Wish("tree frog"),)), {"zoom": 0.95}),
]


def logged(folder: Path, dreamer: ColourDreamer | None = None, **more: object) -> Path:
    """The log of the scripted show, dreamed by `dreamer`."""
    dreamer = dreamer or ColourDreamer(SIZE, 0.0)
    log = ShowLog(folder, lambda: ABOUT, **more)  # type: ignore[arg-type]
    applied: dict[str, float] = {}
    for number, (at, programme, controls) in enumerate(SCRIPT):
        applied.update(controls)
        log.title(programme.title(), "ada", "", at)
        log.dream(dreamer.dream(programme, at + 0.5, steps(4 + number)), at, applied)
    log.close()
    (path,) = folder.glob("*.jsonl")
    return path


def test_log_holds_programmes_controls_and_costs(tmp_path: Path) -> None:
    """What every dream was made of is read back."""
    score = read_show(logged(tmp_path))
    assert [made.programme for made in score.dreams] == [programme for _, programme, _ in SCRIPT]
    assert [made.cost for made in score.dreams] == [{"steps": count} for count in (4, 5, 6, 7, 8)]
    assert [made.controls for made in score.dreams] == [{}, {"zoom": 1.1}, {}, {"zoom": 0.95}, {}]
    assert [(title.at, title.title) for title in score.titles] == [
        (0.5, "bee"), (1.5, "pizza + volcano"), (2.5, "tree frog")
    ]  # fmt: skip
    assert score.about["seed"] == 3


def test_replay_asks_for_the_same_dreams(tmp_path: Path) -> None:
    """The dreamer of the replay is told the same programmes, times and controls, in the same order."""
    live, again = ColourDreamer(SIZE, 0.0), ColourDreamer(SIZE, 0.0)
    score = read_show(logged(tmp_path, live))
    player = Player(score, again, SIZE)
    frames = [player.frame(index / 10).copy() for index in range(30)]
    assert again.programmes == live.programmes
    assert again.times == live.times
    assert again.controls == {"zoom": 0.95}
    twice = Player(score, ColourDreamer(SIZE, 0.0), SIZE)
    assert all(np.array_equal(twice.frame(index / 10), frame) for index, frame in enumerate(frames))


def test_from_a_later_time_leaves_out_what_cannot_be_seen(tmp_path: Path) -> None:
    """A run-up before the wished time is enough, and begins with the controls of that time; all of it if told."""
    score = read_show(logged(tmp_path))
    short, whole = ColourDreamer(SIZE, 0.0), ColourDreamer(SIZE, 0.0)
    Player(score, short, SIZE, since=2.4, run_up=0.5).frame(2.4)
    Player(score, whole, SIZE, since=2.4, run_up=None).frame(2.4)
    assert short.programmes == [SCRIPT[3][1]]
    assert short.controls == {"zoom": 0.95}
    assert len(whole.programmes) == 4


def test_video_of_any_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes the wished part at the wished size and rate, with titles and sound."""
    path = logged(tmp_path)
    told = argparse.Namespace(
        force=False,
        log=path, output=tmp_path / "again.mp4", size="320x192", dream_size="show", fps=20, since=1.0, until=2.0,
        exact=False, overlay=True, audio=None, finish="auto",
    )  # fmt: skip
    assert run(told, lambda score, canvas: ColourDreamer(canvas, 0.0)) == 0
    with av.open(str(told.output)) as container:
        frames = list(container.decode(video=0))
    assert (len(frames), frames[0].width, frames[0].height) == (20, 320, 192)
    assert "1 s of the show" in capsys.readouterr().out


def test_killed_show_leaves_a_log_that_can_be_read(tmp_path: Path) -> None:
    """A last line cut short is left out; nonsense in the middle is refused with a sentence."""
    path = logged(tmp_path)
    whole = path.read_text()
    path.write_text(whole + '{"dream":9,"at":3.0,"ti')
    assert len(read_show(path).dreams) == 5
    path.write_text(whole.replace('{"dream":2', '{"dream":2]', 1))
    with pytest.raises(UserError, match="is no show's log"):
        read_show(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"show": 99}', "hello", '{"show": 1}'])
def test_what_is_no_log(tmp_path: Path, text: str) -> None:
    """Each gets a sentence."""
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(UserError, match=r"a\.jsonl"):
        read_show(tmp_path / "a.jsonl")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"fps": 10', '"fps": 0'),
        ('"size": [160, 96]', '"size": [160]'),
        ('"seed": 3, ', ""),
        ('"model": "builtin"', '"model": 5'),
        ('"at":1.0', '"at":NaN'),
        ('"at":1.0', '"at":' + "9" * 400),
        ('"at":1.0', '"at":7.0'),
        ('"cost":{"steps":4}', '"cost":{"steps":1e300}'),
        ('"what":"bee"', '"what":5'),
        ('"region":"top"', '"region":"nowhere"'),
        ('"weight":0.5', '"weight":Infinity'),
        ('"title":"bee"', '"title":null'),
        ('{"title":"bee"', "[" * 100_000 + '{"title":"bee"'),
        ("{", "\xff{"),
    ],
)
def test_a_log_with_a_wrong_value_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    """What could not be dreamed, or would never end, is said before anything is dreamed, without Python's words."""
    path = logged(tmp_path)
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="latin-1")
    with pytest.raises(UserError, match=r"is no show's log: [^\n]+\.$") as caught:
        read_show(path)
    assert not any(word in str(caught.value) for word in ("Error", "dict", "int", "pydantic", "codec"))


def test_log_is_bounded_and_each_file_stands_alone(tmp_path: Path) -> None:
    """Past its size another file is begun with what held on; the oldest ones give way."""
    now = [1.8e9]

    def wall() -> float:
        now[0] += 1
        return now[0]

    log = ShowLog(tmp_path, lambda: ABOUT, b"state", most_bytes=2000, wall=wall)
    dreamer, applied = ColourDreamer(SIZE, 0.0), {"zoom": 1.1}
    for number in range(1500):
        log.dream(dreamer.dream(SCRIPT[2][1], number / 3, steps(4)), number / 3, applied)
    log.close(20)
    files = sorted(tmp_path.glob("*.jsonl"))
    assert len(files) == 12
    assert not list(tmp_path.glob("*.start"))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 12 * 3000
    score = read_show(files[-1])
    assert score.dreams[0].programme == SCRIPT[2][1]
    assert score.dreams[0].controls == {"zoom": 1.1}
    assert any("later part" in line for line in warnings(score, SIZE))


def test_crashes_push_out_no_real_show(tmp_path: Path) -> None:
    """Twenty shows that ended at once leave the logs of real ones; among real ones the oldest give way."""
    real = tmp_path / "show-20200101-000000.jsonl"
    real.write_text("x" * 200_000)
    real.with_suffix(".start").write_text("state")
    now = [1.8e9]

    def crash() -> None:
        now[0] += 100
        log = ShowLog(tmp_path, lambda: ABOUT, wall=lambda: now[0])
        log.title("bee", "", "", 0.0)
        log.close()

    for _ in range(20):
        crash()
    logs = sorted(path.name for path in tmp_path.glob("*.jsonl"))
    assert len(logs) == 12
    assert logs[0] == real.name
    assert real.with_suffix(".start").exists()
    assert logs[-1] == time.strftime("show-%Y%m%d-%H%M%S.jsonl", time.gmtime(now[0]))
    for number in range(12):
        (tmp_path / f"show-20250101-0000{number:02d}.jsonl").write_text("x" * 200_000)
    crash()
    logs = sorted(path.name for path in tmp_path.glob("*.jsonl"))
    assert len(logs) == 12
    assert real.name not in logs
    assert logs[0] == "show-20250101-000001.jsonl"


def test_log_taken_away_goes_on_in_another_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Within half a minute it is noticed, and the new file can be replayed by itself."""
    now = [0.0]
    folder = tmp_path / "replay"
    log = ShowLog(folder, lambda: ABOUT, clock=lambda: now[0])
    dreamer, applied = ColourDreamer(SIZE, 0.0), {"zoom": 1.1}
    log.dream(dreamer.dream(SCRIPT[2][1], 0.1, steps(4)), 0.1, applied)
    until(lambda: list(folder.glob("*.jsonl")), 10, "the log")
    shutil.rmtree(folder)
    now[0] = 30.0
    log.dream(dreamer.dream(SCRIPT[2][1], 0.4, steps(4)), 0.4, applied)
    log.close()
    (path,) = folder.glob("*.jsonl")
    score = read_show(path)
    assert [(made.programme, made.controls) for made in score.dreams] == [(SCRIPT[2][1], {"zoom": 1.1})]
    assert "taken away" in caplog.text


def test_start_is_kept_and_used(tmp_path: Path) -> None:
    """A show that went on from a saved picture is replayed from it; a lost one is said."""
    from dreamstream.dreamers.ascent.snapshot import Snapshot

    state = Snapshot(np.zeros((96, 160, 3), np.uint8), [], 0).pack()
    path = logged(tmp_path, start=state)
    score = read_show(path)
    assert score.start == state
    path.with_suffix(".start").unlink()
    assert read_show(path).start is None


def test_restart_of_the_dreamer_is_said(tmp_path: Path) -> None:
    """Another dreamer's controls are another table: the log says so, and so does the replay."""
    log = ShowLog(tmp_path, lambda: ABOUT)
    dreamer = ColourDreamer(SIZE, 0.0)
    for at, applied in ((0.5, {"zoom": 1.1}), (1.0, {"zoom": 1.1})):
        log.dream(dreamer.dream(SCRIPT[0][1], at, steps(4)), at, applied)
    log.close()
    (path,) = tmp_path.glob("*.jsonl")
    score = read_show(path)
    assert [made.restart for made in score.dreams] == [False, True]
    assert any("started again" in line for line in warnings(score, SIZE))


@pytest.mark.parametrize("painter", ["0" * 64, painter_hash(), None])
def test_another_painter_is_said(tmp_path: Path, painter: str | None) -> None:
    """Where something was drawn; logs that name no painter are replayed without a word."""
    about = ABOUT if painter is None else ABOUT | {"painter": painter}
    log = ShowLog(tmp_path, lambda: about, drawings={CAT.key(): CAT})
    dreamer = ColourDreamer(SIZE, 0.0)
    drawn = Programme((Wish(f"{CAT.key()}:cat", kind="drawing"),))
    log.dream(replace(dreamer.dream(SCRIPT[0][1], 0.5, steps(4)), programme=drawn), 0.5, {})
    log.close()
    (path,) = tmp_path.glob("*.jsonl")
    said = [line for line in warnings(read_show(path), SIZE) if "painter" in line]
    assert len(said) == (painter == "0" * 64)


def test_folder_that_cannot_be_written_costs_only_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The show is told once and goes on."""
    (tmp_path / "file").write_text("")
    log = ShowLog(tmp_path / "file" / "replay", lambda: ABOUT)
    for at in (0.5, 1.0):
        log.title(str(at), "", "", at)
    log.close()
    assert caplog.text.count("cannot be written") == 1


@pytest.mark.parametrize(("first", "second"), [("vivid", "calm"), ("deep", "deep")])
def test_real_dreams_come_out_the_same(tmp_path: Path, first: str, second: str) -> None:
    """With the real engine, every picture of the replay is the show's to the last bit, also over a change of looks.

    And where the show went on from a saved picture, on pixels and on a code.
    """
    request = DreamerRequest("builtin", SIZE, seed=3, preset=first)
    live = open_dreamer("ascent", request)
    live.prepare()
    start = live.state() if first == "deep" else None
    if start is not None:
        live.restore(start)
    log, applied, seen, look = ShowLog(tmp_path, lambda: ABOUT, start), dict[str, float](), [], ""
    for number, (at, programme, controls) in enumerate(SCRIPT):
        if number == 3:
            fresh, look, applied = live.with_preset(second), second, {}
            fresh.prepare()
            fresh.take_over(live)
            live = fresh
        for name, value in controls.items():
            live.set(name, value)
        applied.update(controls)
        effort = steps(3 + number, 0.5 if number == 2 else 1.0)
        dream = live.dream(programme, at + 0.5, replace(effort, things=0.5 if number == 1 else 1.0))
        seen.append(dream.picture)
        log.dream(dream, at, applied, look)
    log.close()
    (path,) = tmp_path.glob("*.jsonl")
    score = read_show(path)
    assert json.loads(path.read_text().splitlines()[1])["cost"] == {"steps": 3}
    assert [made.preset for made in score.dreams] == ["", "", "", second, ""]
    assert [made.change for made in score.dreams] == [1, 1, 0.5, 1, 1]
    assert [made.things for made in score.dreams] == [1, 0.5, 1, 1, 1]
    assert not any(made.restart for made in score.dreams)
    player = Player(score, open_dreamer("ascent", request), SIZE)
    for made, picture in zip(score.dreams, seen, strict=True):
        assert np.array_equal(player.dream(made).picture, picture), made
