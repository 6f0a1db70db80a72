"""Logs that version 0.1.0 wrote before dreams had costs: they replay to the very same pictures.

golden/NAME.jsonl (and .start) are such logs, NAME.sha256 the hashes of every dream's bytes, NAME.png the dreams at a
quarter of their size, one below the other. Arithmetic differs from one kind of processor, number of cores and version
of the libraries to another, so hashes are compared on the kind that they were made on, and pictures anywhere else.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from dreamstream.journal.reader import read_show
from dreamstream.render.replay import Player, open_dreamer
from dreamstream.support import machine
from dreamstream.support.machine_kind import abilities

GOLDEN = Path(__file__).parent / "golden"
SIZE, SMALL = (160, 96), (40, 24)
# Levels of 255 by which a small picture may differ in the mean on another kind of machine: what one core dreams differs
# from what two do by up to 3.8 where the optimiser is Adam, and by 1.8 elsewhere.
MOST = 6.0


def kind_of_machine() -> str:
    """What decides the last bits of a dream, in one line."""
    versions = [f"{name}-{importlib.metadata.version(name)}" for name in ("jaxlib", "numpy")]
    return " ".join(
        [platform.machine(), abilities(), f"{machine.cores()}-cores", *versions, f"opencv-{cv2.__version__}"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["looks", "restart"])
def test_old_logs_replay_to_the_same_pictures(name: str) -> None:
    """Steps, strengths, controls, changes of looks, what is not wanted, and the picture that the show went on from."""
    show = read_show(GOLDEN / f"{name}.jsonl")
    player = Player(show, open_dreamer(show, SIZE), SIZE, run_up=None)
    pictures = [player.dream(record).picture for record in show.dreams]
    if kind_of_machine() in (GOLDEN / "machine").read_text().splitlines():
        hashes = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures]
        assert hashes == (GOLDEN / f"{name}.sha256").read_text().split()
    sheet = np.asarray(Image.open(GOLDEN / f"{name}.png")).reshape(-1, SMALL[1], SMALL[0], 3).astype(int)
    assert len(sheet) == len(pictures)
    for number, (picture, wanted) in enumerate(zip(pictures, sheet, strict=True)):
        change = np.abs(cv2.resize(picture, SMALL, interpolation=cv2.INTER_AREA).astype(int) - wanted)
        assert change.mean() <= MOST, number
