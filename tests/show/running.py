"""A whole show, run in a thread of its own and asked over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dreamstream.core.dreamer import Dreamer
from dreamstream.settings import load as settings_load
from dreamstream.settings.load import load as load_settings
from dreamstream.show import dream_thread
from dreamstream.show.show import Show


class Running:
    """A show in a thread of its own, as `run` would have it in the main one."""

    def __init__(self, make: Callable[[], Dreamer], **keys: Any) -> None:
        self._undo = contextlib.ExitStack()
        keys = {"port": 0, "size": "320x180", "fps": 15, "seed": 1, **keys}
        try:
            self.show = Show(load_settings(keys, None, {}), self._undo, make)
        except BaseException:
            self._undo.close()
            raise
        self.error: BaseException | None = None
        self.seconds_to_stop = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self.show.port}/"

    def _run(self) -> None:
        try:
            asyncio.run(self.show.run())
        except BaseException as error:
            self.error = error

    def get(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the page's server answers, as JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def status(self) -> Any:
        """The show's status over HTTP."""
        return self.get("api/status")

    @property
    def ended(self) -> bool:
        """Whether the show is over."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """End the show as a signal would."""
        began = time.monotonic()
        self.show.stop()
        self._thread.join(20)
        assert self.ended, "the show did not end"
        self.seconds_to_stop = time.monotonic() - began
        self._undo.close()


Start = Callable[..., Running]


def keep_alone(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """No settings of whoever runs the test count, and a dreamer that failed is soon started again."""
    monkeypatch.setattr(settings_load, "default_config", lambda: folder / "none.toml")
    monkeypatch.setattr(dream_thread, "FIRST_BACK_OFF", 0.05)
