"""A dreamer's state as bytes: it comes back whole, or is refused whole."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest

from dreamstream.dreamers.ascent.anchors import Anchor
from dreamstream.dreamers.ascent.snapshot import Snapshot, unpack

CANVAS = np.random.default_rng(0).integers(0, 256, (18, 32, 3)).astype(np.uint8)
GOOD = Snapshot(CANVAS, [Anchor(0.2 - 0.1j, 0.3, 1, 2.5), Anchor(-0.5 + 0.4j, 0.25, 0)], 317)


def test_it_comes_back() -> None:
    """Canvas, objects and number are as they were."""
    found = unpack(GOOD.pack())
    assert np.array_equal(found.canvas, CANVAS)
    assert (list(found.anchors), found.number) == (GOOD.anchors, 317)


def test_states_from_before_things_had_ages_are_read() -> None:
    """Their things are young."""
    described = b'{"anchors": [[0.2, -0.1, 0.3, 1]], "number": 3}'
    packed = io.BytesIO()
    np.savez(packed, canvas=CANVAS, described=np.frombuffer(described, np.uint8))
    assert list(unpack(packed.getvalue()).anchors) == [Anchor(0.2 - 0.1j, 0.3, 1)]


def test_broken_states_are_refused() -> None:
    """Truncated and damaged bytes raise ValueError and nothing else, or still give a picture."""
    good, rng = GOOD.pack(), random.Random(1)
    cases = [b"", b"<html>", good[:50], good[: len(good) // 2]]
    for _ in range(100):
        place = rng.randrange(len(good))
        cases.append(good[:place] + bytes([good[place] ^ (1 << rng.randrange(8))]) + good[place + 1 :])
    refused = 0
    for data in cases:
        try:
            assert unpack(data).canvas.ndim == 3
        except ValueError:
            refused += 1
    assert refused >= 50


def test_pickles_and_other_arrays_are_refused() -> None:
    """An archive with objects is never unpickled, and a canvas must be a picture."""
    for canvas in (
        np.array([{}], object),
        np.zeros((4, 4)),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ):
        packed = io.BytesIO()
        np.savez(packed, canvas=canvas, described=np.frombuffer(b'{"anchors": [], "number": 0}', np.uint8))
        with pytest.raises(ValueError, match="no dreamer's state"):
            unpack(packed.getvalue())
