"""A page under test in a real browser: fixtures, and short names for what the tests look at."""

from __future__ import annotations

import math
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dreamstream.outputs.browser.preview import Preview
from dreamstream.video.encoder import Encoder
from dreamstream.video.soundtrack import Soundtrack
from tests.e2e.browser import chromium, eventually
from tests.video.plasma import plasma
from tests.web.show import Beat, Film

FINGERPRINT = """() => {
  const picture = document.querySelector(".stage .moving");
  const canvas = document.createElement("canvas");
  canvas.width = 32;
  canvas.height = 18;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, 32, 18);
  return [...context.getImageData(0, 0, 32, 18).data];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def film() -> Iterator[Film]:
    with Film() as film:
        yield film


@pytest.fixture
def humming(tmp_path: Path) -> Iterator[Preview]:
    """A live picture with a tone, by the show's own encoder."""
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes((9000 * np.sin(np.arange(96000) * 440 * math.tau / 48000)).astype("<i2").tobytes())
    track = Soundtrack(path)
    encoder = Encoder((320, 180), 30, preset="ultrafast", audio=track)
    preview = Preview(encoder.info)
    pictures = [plasma(320, 180, i / 30) for i in range(30)]

    def frame(number: int) -> None:
        for packet in encoder.encode(pictures[number % 30], number):
            preview.put(packet)

    with Beat(30, frame):
        yield preview
    preview.close()
    track.close()


class Screen:
    """A page under test: its console's errors, and short names for what the tests look at."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: Any) -> None:
        # A refused connection is what the recovery tests make.
        if message.type == "error" and "ERR_CONNECTION" not in message.text and "WebSocket" not in message.text:
            self.errors.append(message.text)

    def state(self) -> str:
        return str(self.page.evaluate("document.documentElement.dataset.state"))

    def stats(self) -> dict[str, Any]:
        return dict(self.page.evaluate("({...window.dreamstream.stats})"))

    def frames(self) -> int:
        return int(self.stats()["frames"])

    def text(self, selector: str) -> str:
        return str(self.page.text_content(selector))

    def becomes(self, state: str, timeout: float = 20.0) -> None:
        eventually(lambda: self.state() == state, f"the page being {state}", timeout)

    def tells(self, selector: str, part: str) -> None:
        """Wait until the element's text has `part`."""
        eventually(lambda: part in self.text(selector), f"{selector} saying {part!r}")

    def moves(self) -> None:
        """Wait until frames are shown and the picture changes."""
        start, before = self.frames(), self.page.evaluate(FINGERPRINT)
        eventually(lambda: self.frames() > start + 5, "more frames being shown")
        assert max(before) > 40, "the picture is not black"

        def difference() -> float:
            after = self.page.evaluate(FINGERPRINT)
            return float(sum(abs(a - b) for a, b in zip(before, after, strict=True)) / len(before))

        # Frames that were waiting may come all at once, before the picture has moved.
        eventually(lambda: difference() > 1, "the picture changing")


Open = Callable[..., Screen]


@pytest.fixture
def visit(browser: Any) -> Iterator[Open]:
    """Opens pages in fresh contexts; afterwards no page may have logged an error."""
    contexts, screens = [], []

    def visit(url: str, width: int = 1280, height: int = 720, **options: Any) -> Screen:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        screen = Screen(context.new_page())
        screens.append(screen)
        screen.page.goto(url)
        return screen

    yield visit
    errors = [error for screen in screens for error in screen.errors]
    for context in contexts:
        context.close()
    assert errors == []
