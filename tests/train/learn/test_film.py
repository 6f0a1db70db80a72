"""When the film of a training has a picture, and that it can be played."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image

from dreamstream.train.learn import film


def test_pictures_are_dense_then_geometric() -> None:
    """Every step at first; then each about one and a half per cent later, for ever."""
    steps = [step for step in range(20_000) if film.due(step)]
    assert steps[:33] == list(range(33))
    late = np.array([step for step in steps if step > 300])
    ratios = late[1:] / late[:-1]
    assert 1.01 < ratios.min() <= ratios.max() < 1.02
    assert len(steps) < 500


def test_tiles_stand_in_rows() -> None:
    """Three pictures in two columns, with gaps: the fourth place stays white."""
    pictures = np.stack([np.full((2, 2, 3), value, np.uint8) for value in (10, 20, 30)])
    sheet = film.tiled(pictures, 2, 1)
    assert sheet.shape == (7, 7, 3)
    assert [sheet[1, 1, 0], sheet[1, 4, 0], sheet[4, 1, 0], sheet[4, 4, 0], sheet[0, 0, 0]] == [10, 20, 30, 255, 255]


def test_a_film_lasts_a_minute(tmp_path: Path) -> None:
    """However few pictures there are; with the step below the tiles."""
    paths = []
    for step in (0, 1, 900):
        paths.append(tmp_path / f"{step:07d}.png")
        Image.fromarray(np.full((64, 64, 3), 40 + step // 8, np.uint8)).save(paths[-1])
    lasts = film.write_film(tmp_path / "film.mp4", paths)
    assert lasts == 60
    with av.open(str(tmp_path / "film.mp4")) as file:
        stream = file.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (512, 512 + film.MARGIN, 1800)
        first = next(file.decode(stream)).to_ndarray(format="rgb24")
    assert abs(int(first[100, 100, 0]) - 40) < 4
    assert first[512:].min() < 80 < 240 < first[512:].max()
