"""What a training is judged against."""

from __future__ import annotations

import numpy as np

from dreamstream.train.learn.judging import evenly


def test_some_of_many_are_spread_evenly() -> None:
    """The first and the last among them; all, where there are no more."""
    numbers = np.arange(101)
    assert evenly(numbers, 5).tolist() == [0, 25, 50, 75, 100]
    assert evenly(numbers[:3], 5).tolist() == [0, 1, 2]
    assert evenly(numbers.reshape(-1, 1), 2).shape == (2, 1)
