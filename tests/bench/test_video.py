"""The video bench on a scene whose every frame is known: its figures say what is true, as tables and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dreamstream.bench import held_out, rivals, stages, video
from dreamstream.bench.held_out import Sequence
from dreamstream.core.camera import Motion
from dreamstream.core.errors import UserError
from tests.conftest import need_library
from tests.video.scene import dream

MOTION = Motion(1.05, 2.0)


def scene(interval: float) -> Sequence:
    """Five dreams of the scene, half an interval apart."""
    return Sequence(tuple(dream(n * interval / 2, MOTION, held_out.SIZE) for n in range(5)), interval, 8)


def test_bench_of_a_known_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tween is nearest to the held-out pictures and the most even, and what is encoded is as asked for."""
    need_library("skimage")
    monkeypatch.setattr(held_out, "SIZE", (320, 180))
    held_out.save(scene(0.5), tmp_path / "dreams-0.5.npz")
    monkeypatch.setattr(held_out, "INTERVALS", (0.5,))
    monkeypatch.setattr(stages, "SIZES", ((320, 180),))
    output = tmp_path / "figures.json"
    assert video.run(3, output, tmp_path) == 0
    said, figures = capsys.readouterr().out, json.loads(output.read_text())
    assert "minterpolate" in said
    assert "key frames exactly every 2 s" in said
    ways = figures["quality"][0]["ways"]
    assert set(ways) == {"tween", "hold", "blend", *rivals.FILTERS}
    assert ways["tween"]["psnr"] > 38
    assert all(ways["tween"]["psnr"] > ways[way]["psnr"] for way in ways if way != "tween")
    assert figures["evenness"]["tween"]["beat"] < 0.5 < figures["evenness"]["hold"]["beat"]
    assert figures["making"]["tween"] < figures["making"]["minterpolate"]
    stream = figures["cost"][0]["stream"]
    assert stream["hrd"]["constant"]
    assert stream["bt709_limited"]


def test_a_beat_is_found() -> None:
    """Frames that change by the same amount have none; a jump at every fifth one has."""
    even = [np.full((8, 8), 3 * index, np.uint8) for index in range(41)]
    jumps = [np.full((8, 8), 15 * (index // 5), np.uint8) for index in range(41)]
    assert held_out.beat(even, 5)["beat"] == held_out.beat(even, 5)["variation"] == 0
    assert held_out.beat(jumps, 5)["beat"] > 1


def test_what_is_no_dreams_is_said(tmp_path: Path) -> None:
    """A spoiled file is named, and so are a folder that is not there and a time that is too short."""
    (tmp_path / "dreams-0.5.npz").write_bytes(b"no dreams")
    with pytest.raises(UserError, match=r"dreams-0\.5\.npz"):
        list(held_out.dreamed((0.5,), folder=tmp_path))
    with pytest.raises(UserError, match="nowhere"):
        video.run(12, None, tmp_path / "nowhere")
    with pytest.raises(UserError, match="seconds is 1"):
        video.run(1)
