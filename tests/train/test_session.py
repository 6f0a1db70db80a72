"""What all trainings share, on one that only counts."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.train import session
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.session import TrainingSession


class Counting(TrainingSession[int]):
    """Its state is the number of its steps."""

    def __init__(self, folder: RunFolder) -> None:
        super().__init__(Plan("quick", kimg=0.08), folder, "count", None)
        self._trainer = SimpleNamespace(state={"count": jnp.zeros(())})
        if (kept := folder.load()) is not None:
            self._go_on(kept)

    def learned(self) -> int:
        """The number."""
        return int(self._trainer.state["count"])

    def sheet(self) -> NDArray[np.uint8]:
        """Nothing to see."""
        return np.zeros((8, 8, 3), np.uint8)

    film_picture = sheet

    def _advance(self) -> dict[str, jax.Array]:
        self._trainer.state["count"] += 1
        return {"loss": self._trainer.state["count"]}

    def _judge_now(self) -> None:
        return


def test_a_full_disk_is_told_and_learning_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """All five steps are made, what was learned is written all the same, and the last checkpoint is the one before."""
    monkeypatch.setattr(session, "CHECKPOINT_EVERY", 0.0)
    written: list[int] = []
    with RunFolder(tmp_path / "a.run", {}) as folder:
        kept = RunFolder.save

        def filling(self: RunFolder, checkpoint: dict[str, Any]) -> None:
            if checkpoint["step"] > 2:
                raise UserError("checkpoint cannot be written: No space left on device.")
            kept(self, checkpoint)

        monkeypatch.setattr(RunFolder, "save", filling)
        with caplog.at_level(logging.WARNING), pytest.raises(UserError, match="No space left"):
            Counting(folder).run(lambda: False, lambda *told: None, written.append)
        assert written == [1, 2, 3, 4, 5, 5]
        assert caplog.text.count("No space left on device. Learning goes on.") == 3
        again = Counting(folder)
        assert (again.step, again.learned()) == (2, 2)
        monkeypatch.setattr(RunFolder, "save", kept)
        again.run(lambda: False, lambda *told: None, written.append)
        assert written[-1] == Counting(folder).step == 5
