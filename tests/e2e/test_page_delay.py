"""How soon what is made is seen, and how soon the page is there: measured with a picture that says its time."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.browser import eventually
from tests.e2e.glass import Clockwork, delays, summary
from tests.e2e.screen import Open
from tests.web.show import FakeShow, Film, serving

LATEST = 500.0  # ms, median
JERKS = 0.1  # of the pictures; an idle machine has none, a busy one gives a page less than its share


@pytest.mark.parametrize("way", ["codecs", "mse", "stills"])
def test_what_is_made_is_seen_soon(visit: Open, way: str) -> None:
    """From the frame's making to its pixels on the page, by each way of showing it."""
    with Clockwork() as clockwork, serving(FakeShow(), clockwork.preview, stills=clockwork.stills) as server:
        screen = visit(f"{server.url}/?video={way}", width=640, height=360)
        screen.becomes("live")
        found = summary(delays(screen.page, 3.0))
        assert found["count"] > 15
        assert found["median"] < LATEST, found
        assert found["jumps"] <= JERKS * found["count"] + 1, found


@pytest.mark.parametrize("way", ["codecs", "mse"])
def test_a_page_that_slept_is_live_again_by_itself(visit: Open, browser: Any, film: Film, way: str) -> None:
    """Stopped for seconds, as by a laptop's sleep: the page comes back near the live edge."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(f"{server.url}/?video={way}")
        screen.becomes("live")
        with asleep(browser):
            shown = film.preview._number
            # Six seconds of video pass by.
            eventually(lambda: film.preview._number > shown + 180, "the show going on")
        screen.becomes("live")
        eventually(lambda: (screen.stats()["latency"] or 9) < 1.0, "the live edge")
        screen.moves()


@contextlib.contextmanager
def asleep(browser: Any) -> Iterator[None]:
    """The processes of all pages stand still. The browser's own way of freezing leaves a page in sight alone."""
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [process["id"] for process in told if process["type"] == "renderer"]
    assert pages
    for page in pages:
        os.kill(page, signal.SIGSTOP)
    try:
        yield
    finally:
        for page in pages:
            os.kill(page, signal.SIGCONT)


def test_a_server_that_hangs_is_left_and_found_again(visit: Open, tmp_path: object) -> None:
    """A server process that is stopped keeps its sockets open and says nothing; when it goes on, so does the page."""
    from tests.e2e.hung import Hung

    with Hung() as hung:
        screen = visit(hung.url)
        screen.becomes("live", 30)
        os.kill(hung.process.pid, signal.SIGSTOP)
        try:
            eventually(lambda: screen.stats()["reconnects"] >= 1, "the page giving up on it")
            assert "held" in screen.page.get_attribute("#still", "class")
        finally:
            os.kill(hung.process.pid, signal.SIGCONT)
        screen.becomes("live", 30)
        screen.moves()
