"""What is taken of films and folders, and what is said of those that nothing can be learned from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from dreamstream.core.errors import UserError
from dreamstream.train.learn import footage
from dreamstream.train.learn.footage import BLOCK, LEAST, read_footage
from tests.train.learn.films import moving, write_film


def test_a_film_is_cut_square_and_thinned(tmp_path: Path) -> None:
    """Each frame twice: half is left out; the middle square is used, and whole blocks of seconds are held out."""
    frames = [frame for frame in moving(120) for _ in range(2)]
    found = read_footage(write_film(tmp_path / "a.mkv", frames, fps=20), 16)
    assert found.crop == (8, 0, 32)
    assert found.seen == 240
    assert len(found.frames) + found.left_out == 240
    assert 114 <= len(found.frames) <= 120
    assert found.frames.shape[1:] == (16, 16, 3)
    assert 12 <= found.seconds <= 12.2
    # Twelve seconds are six blocks, of which the third is held out: its frames are neighbours.
    held = np.flatnonzero(found.held)
    assert held[-1] - held[0] == len(held) - 1
    assert len(held) == pytest.approx(len(found.frames) * BLOCK / 12, abs=2)
    assert "near-duplicates" in found.told()


def test_any_shape_and_codec(tmp_path: Path) -> None:
    """Tall, with sides that are odd, and with a crop of one's own."""
    tall = [np.ascontiguousarray(frame.transpose(1, 0, 2)) for frame in moving(30)]
    assert read_footage(write_film(tmp_path / "tall.mp4", tall, "mpeg4"), 16).crop == (0, 8, 32)
    odd = [frame[:31, :45] for frame in moving(30)]
    path = write_film(tmp_path / "odd.mkv", odd)
    found = read_footage(path, 16, (4, 2, 24))
    assert found.crop == (4, 2, 24)
    np.testing.assert_array_equal(found.whole, odd[0])
    shown = found.shown()
    np.testing.assert_array_equal(shown[2:26, 4:28], odd[0][2:26, 4:28])
    assert shown[0, 0].sum() < odd[0][0, 0].sum()


def test_a_short_film_is_held_out_in_part(tmp_path: Path) -> None:
    """Three seconds are fewer than five blocks; a fifth is held out all the same."""
    found = read_footage(write_film(tmp_path / "short.mkv", moving(30)), 16)
    assert 4 <= found.held.sum() <= 8


def test_a_long_film_by_its_key_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, where they are enough; otherwise as many of all frames as are kept at most."""
    monkeypatch.setattr(footage, "ONLY_KEYS_FROM", 100)
    whole = read_footage(write_film(tmp_path / "keys.mkv", moving(120)), 16)  # each is one
    assert whole.seen == 120
    monkeypatch.setattr(footage, "MOST", 60)
    few = write_film(tmp_path / "few.mp4", moving(120), "mpeg4")  # one in twelve
    found = read_footage(few, 16)
    assert LEAST <= found.seen <= 60


def test_a_film_of_three_hours(tmp_path: Path) -> None:
    """A frame a minute: all that there are, with their times, and blocks held out of all of it."""
    found = read_footage(write_film(tmp_path / "long.mkv", moving(180), fps=Fraction(1, 60)), 16)
    assert found.seen == 180
    assert 10700 <= found.seconds <= 10800
    assert 0.1 <= found.held.mean() <= 0.3


def test_a_film_in_4k(tmp_path: Path) -> None:
    """Upright, too: the square in the middle, as small as it is taught."""
    frames = [np.repeat(np.repeat(frame[:30, :16], 128, axis=0), 135, axis=1) for frame in moving(20)]
    found = read_footage(write_film(tmp_path / "4k.mp4", frames, "mpeg4"), 16)
    assert (found.crop, found.frames.shape[1:]) == ((0, 840, 2160), (16, 16, 3))


def test_a_folder_of_mixed_sizes(tmp_path: Path) -> None:
    """Each picture is cut for itself; what is no picture is named and left out."""
    for number, frame in enumerate(moving(24)):
        Image.fromarray(frame).resize((40 + number, 30 + 2 * number)).save(tmp_path / f"{number:02}.png")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    (tmp_path / "notes.txt").write_text("not looked at")
    found = read_footage(tmp_path, 16)
    assert (found.seen, found.unread, found.seconds) == (24, (tmp_path / "broken.jpg",), 0)
    assert "1 files are no pictures" in found.told()


def test_what_cannot_be_learned_from_gets_a_sentence(tmp_path: Path) -> None:
    """Nothing there, a text, sound, a cut file, one frame, a still, a crop beyond, empty folders."""

    def told(path: Path, crop: tuple[int, int, int] | None = None) -> str:
        with pytest.raises(UserError) as found:
            read_footage(path, 16, crop)
        sentence = str(found.value)
        assert sentence.count("\n") == 0
        return sentence

    assert "There is no film" in told(tmp_path / "none.mp4")
    text = tmp_path / "text.mp4"
    text.write_text("hello " * 1000)
    assert "no film that can be read" in told(text)
    (tmp_path / "empty.mp4").touch()
    assert "no film that can be read" in told(tmp_path / "empty.mp4")
    with av.open(str(tmp_path / "sound.wav"), "w") as file:
        sound = file.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        file.mux(sound.encode(frame))
    assert "only sound" in told(tmp_path / "sound.wav")
    film = write_film(tmp_path / "film.mkv", moving(30))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(film.read_bytes()[: film.stat().st_size // 4])
    assert "frames that differ" in told(cut)
    assert "one frame" in told(write_film(tmp_path / "one.mkv", moving(1)))
    assert "1 frames that differ" in told(write_film(tmp_path / "still.mkv", moving(1) * 40))
    assert "not within" in told(film, (30, 0, 32))
    (tmp_path / "folder").mkdir()
    assert "holds no pictures" in told(tmp_path / "folder")
    (tmp_path / "folder" / "a.png").write_text("no picture")
    assert "None of the 1 files" in told(tmp_path / "folder")
