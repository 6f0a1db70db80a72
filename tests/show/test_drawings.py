"""Drawings in the state folder: kept, read again, and taken away."""

from __future__ import annotations

import json
import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from dreamstream.chat.bot import Bot
from dreamstream.core.card import Card, Word
from dreamstream.core.programme import Wish
from dreamstream.requests.drawings import DrawingStore, drawn
from dreamstream.requests.queue import RequestQueue
from dreamstream.show.drawings import SIDE, DrawingFolder, Drawings
from dreamstream.wishes.vocabulary import Vocabulary
from tests.drawn import CAT, DOT, Filler

KEY = CAT.key()
CARD = Card("doodle", (Word("cat"),), ("class", "drawing"), drawable=("cat", "xyzzy"))


def show(folder: DrawingFolder) -> tuple[Drawings, Bot]:
    """A show's drawings, and its bot."""
    words = Vocabulary.builtin()
    store = DrawingStore(keep=folder.keep)
    store.restore(folder.load())
    queue = RequestQueue(words, kinds=CARD.kinds, cooldown=0.0, rng=random.Random(1), drawings=store)
    bot = Bot(queue, words, lambda: 100.0, drawings=store)
    return Drawings(bot, folder, CARD, bot.receive), bot


def test_a_drawing_is_kept_with_its_picture(tmp_path: Path) -> None:
    """Its strokes at once, the picture when it is filled; both come back in another show; taken away, both are gone."""
    folder = DrawingFolder(tmp_path / "drawings")
    drawings, bot = show(folder)
    assert drawings.able
    assert drawings.words() == [("cat", "🐱")]
    assert drawings.draw(CAT, "cat", "ann", "one", "/ann") == ("drawn cat is next.", True)
    assert drawings.draw(CAT, "xyzzy", "bob", "two", "/bob")[1] is False
    assert drawings.gallery() == []
    assert drawings.picture(KEY) is None
    folder.filled(KEY, Filler().paint(np.full((128, 128), 255, np.uint8)), "cat")
    assert drawings.seen(KEY) == "cat 🐱"
    assert drawings.seen("0" * 16) == ""
    path = drawings.picture(KEY)
    assert path is not None
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape == (SIDE, 2 * SIDE, 3)
    assert (picture[:, :SIDE] == 255).mean() > 0.5
    assert drawings.gallery() == [(KEY, "drawn cat", "ann")]
    again, _ = show(DrawingFolder(tmp_path / "drawings"))
    assert again.gallery() == [(KEY, "drawn cat", "ann")]
    assert bot.take_away(KEY)[0]
    assert drawings.gallery() == []
    assert list((tmp_path / "drawings").iterdir()) == []
    folder.filled(KEY, Filler().paint(np.full((128, 128), 255, np.uint8)))
    assert list((tmp_path / "drawings").iterdir()) == []


def test_files_that_are_no_drawings_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each is said, with its name and nothing that is in it."""
    folder = tmp_path / "drawings"
    folder.mkdir()
    record = drawn(DOT, "", "ann", "page:/ann", "page")
    (folder / f"{DOT.key()}.json").write_text(json.dumps(record.to_json()), encoding="utf-8")
    (folder / f"{KEY}.json").write_text(json.dumps(record.to_json()), encoding="utf-8")
    (folder / "broken.json").write_text("[" * 5000, encoding="utf-8")
    (folder / "huge.json").write_text(" " * 300_000, encoding="utf-8")
    assert DrawingFolder(folder).load() == [record]
    assert len(caplog.messages) == 3


def test_a_folder_that_cannot_be_written_costs_no_show(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is said once, and drawings go on."""
    (tmp_path / "drawings").write_text("no folder", encoding="utf-8")
    drawings, _ = show(DrawingFolder(tmp_path / "drawings"))
    assert drawings.draw(CAT, "cat", "ann", "one", "/ann")[1]
    assert drawings.draw(DOT, "", "ann", "two", "/ann")[1]
    assert len(caplog.messages) == 1


def test_no_other_file_is_a_picture(tmp_path: Path) -> None:
    """A key is sixteen hexadecimal digits, whatever lies in the folder."""
    (tmp_path / "x.png").write_bytes(b"x")
    folder = DrawingFolder(tmp_path)
    assert folder.picture("x") is None
    assert folder.picture("../x") is None


def test_no_drawing_is_taken_for_what_a_moderator_blocked(tmp_path: Path) -> None:
    """The dreamer is told so of drawings without a word, and as soon as it is blocked; all else stays as it was."""
    drawings, bot = show(DrawingFolder(tmp_path))
    plain, said, owl = Wish(KEY, kind="drawing"), Wish(f"{KEY}:cat", kind="drawing"), Wish("owl")
    assert drawings.asked((plain, said, owl)) == (plain, said, owl)
    bot.queue.idle.blocked.update(("cat", "pizza"))
    told = drawings.asked((plain, said, owl))
    assert told[1:] == (said, owl)
    assert (told[0].what, told[0].word, told[0].drawing, told[0].barred) == (f"{KEY}:not cat", "", KEY, ("cat",))
    assert told[0].label() == "a drawing"
    bot.queue.idle.blocked.clear()
    assert drawings.asked(told) == (plain, said, owl)
