"""What tests of settings share: the settings of whoever runs them do not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.settings import load as settings_load


@pytest.fixture(autouse=True)
def _no_own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings_load, "default_config", lambda: tmp_path / "none.toml")
