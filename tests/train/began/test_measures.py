"""Whether a sum of latents means what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.networks.began.networks import Shape
from dreamstream.train.began import measures
from dreamstream.weights.generators import Subject

SUBJECT = Subject("char", Shape((6,), 4, 5), {})


def painting(ground: Callable[[NDArray[np.float32]], NDArray[np.float64]]) -> type:
    """A painter of plain grounds, of latents."""

    class Painter:
        def __init__(self, shape: Shape) -> None: ...

        def latents(self, count: int, seed: int) -> NDArray[np.float32]:
            return np.random.default_rng(seed).uniform(-1, 1, (count, 4)).astype(np.float32)

        def __call__(self, params: Any, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
            shown = np.clip(ground(latents), 0, 255).astype(np.uint8)
            return np.broadcast_to(shown[:, None, None, None], (len(latents), 8, 8, 3)).copy()

    return Painter


@pytest.mark.parametrize(
    ("ground", "share"),
    [
        (lambda z: np.where(z[:, 0] > 0, 255, 120 + 100 * z[:, 0]), 1.0),
        (lambda z: np.where(np.abs(z[:, 0]) > 0.5, 255.0, 100.0), 0.0),
        (lambda z: np.full(len(z), 100.0), 0.0),
    ],
)
def test_white_minus_coloured(
    ground: Callable[[NDArray[np.float32]], NDArray[np.float64]], share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one number says how white a ground is, all become whiter; without any white, none."""
    monkeypatch.setattr(measures, "Painter", painting(ground))
    assert measures.right_grounds(SUBJECT) == pytest.approx(share, abs=0.3)
