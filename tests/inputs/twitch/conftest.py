"""What tests of the Twitch bot share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a script against a Twitch, see `scripted`."""
    from tests.inputs.twitch.scripted import player  # which needs twitchio, as not every test here does

    return player(tmp_path, monkeypatch)
