"""The control room in headless Chromium, on a real show with a dreamer of plain colours."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dreamstream.core.card import Control
from tests.conftest import missing
from tests.doubles import ColourDreamer
from tests.e2e.browser import chromium, eventually
from tests.polling import until
from tests.show.running import Running, keep_alone

# The second request is moved up and down again, and the first taken out before the show can have answered.
HURRIED = """() => {
  const handle = document.activeElement;
  const press = (key) => handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press("ArrowUp");
  press("ArrowDown");
  document.querySelector("#queue .icon").click();
}"""
# The first value that a slider sends is under way for long.
SLOW_AT_FIRST = """() => {
  const real = window.fetch;
  Object.assign(window, { begun: 0, done: 0 });
  window.fetch = async (where, ...given) => {
    if (!String(where).endsWith("/set")) return real(where, ...given);
    if (!window.begun++) await new Promise((go) => setTimeout(go, 800));
    return real(where, ...given).finally(() => window.done++);
  };
}"""
# The way back to the default, before what was slid to has been sent.
BACK_AT_ONCE = """() => {
  const slider = document.querySelector("#dials input");
  slider.value = slider.max;
  slider.dispatchEvent(new Event("input"));
  document.querySelector("#dials .icon").click();
}"""
ZOOM = Control("zoom", "per second", 1.0, 1.5, 1.05, "How fast the camera falls in; 1 stands still.")


class Dreamer(ColourDreamer):
    """With a control and two looks, which it keeps to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.card = replace(self.card, controls=(ZOOM,), presets=("calm", "vivid"))


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A show of which the test holds the token, with three requests waiting behind the first."""
    keep_alone(monkeypatch, tmp_path)
    running = Running(Dreamer, state=tmp_path / "state", control_token="a token for the tests", hold=600)
    until(lambda: running.ended or running.show.frames.stats.sent >= 3, 20, "pictures to move")
    for what, who in (("bee", "ann"), ("pizza", "bob"), ("volcano", "cid"), ("tree frog", "dee")):
        running.get("api/ask", {"text": what, "who": who})
    until(lambda: running.status()["now"]["title"] == "bee", 20, "the first request being shown")
    yield running
    if not running.ended:
        running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Any, show: Running) -> Iterator[Any]:
    """The room, unlocked by its link. Afterwards it may have logged no error."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    # A refusal and a lost connection are what some of the tests make.
    expected = ("409", "ERR_", "WebSocket")
    page.on(
        "console",
        lambda said: (
            errors.append(said.text)
            if said.type == "error" and not any(word in said.text for word in expected)
            else None
        ),
    )
    page.goto(f"{show.url}control#a%20token%20for%20the%20tests")
    page.wait_for_selector("#desk:not([hidden])")
    yield page
    page.close()
    assert errors == []


def bright(png: bytes) -> float:
    """The mean of a screenshot, 0 to 255."""
    return float(np.asarray(Image.open(io.BytesIO(png)).convert("L")).mean())


def order(page: Any) -> list[str]:
    """The titles in the list, as they stand."""
    return list(page.locator("#queue .what").all_text_contents())


def waiting(show: Running) -> list[str]:
    """The titles in the queue, as the show has them."""
    return [str(request["title"]) for request in show.status()["queue"]]


def test_the_room_opens_for_its_token_alone(browser: Any, show: Running) -> None:
    """A wrong token is said; the right one opens, leaves the address bar, and holds over a reload."""
    page = browser.new_page()
    page.goto(f"{show.url}control")
    page.fill("#token", "wrong")
    page.click("#gate button")
    eventually(lambda: page.text_content("#wrong") == "That is not the token.", "the refusal")
    assert page.is_hidden("#desk")
    page.fill("#token", "a token for the tests")
    page.click("#gate button")
    page.wait_for_selector("#desk:not([hidden])")
    page.reload()
    page.wait_for_selector("#desk:not([hidden])")
    page.goto(f"{show.url}control#a%20token%20for%20the%20tests")
    eventually(lambda: not page.evaluate("location.hash"), "the token leaving the address bar")
    page.close()


def test_it_shows_the_picture_and_the_figures(page: Any, show: Running) -> None:
    """Live video, what is dreamed, the rates, and the outputs."""
    page.wait_for_selector(".picture .moving", state="visible")
    eventually(lambda: bright(page.locator(".picture").screenshot()) > 60, "a picture that is not black")
    eventually(lambda: float(page.text_content("#fps")) > 5, "frames per second")
    eventually(lambda: page.text_content("#now-title") == show.status()["now"]["title"], "the title")


def test_requests_are_moved_by_hand_and_by_key(page: Any, show: Running) -> None:
    """Dragging and the arrow keys change the show's own order; the cross takes out."""
    eventually(lambda: len(order(page)) >= 3, "the queue")
    before = order(page)
    handles = page.locator("#queue .handle")
    first, last = handles.first.bounding_box(), handles.last.bounding_box()
    page.mouse.move(last["x"] + 8, last["y"] + 8)
    page.mouse.down()
    page.mouse.move(last["x"] + 8, first["y"] + 20, steps=6)
    page.mouse.move(last["x"] + 8, first["y"] + 2, steps=2)
    page.mouse.up()
    dragged = [before[-1], *before[:-1]]
    eventually(lambda: waiting(show) == dragged and order(page) == dragged, "the dragged order")
    handles.first.focus()
    page.keyboard.press("ArrowDown")
    moved = [dragged[1], dragged[0], *dragged[2:]]
    eventually(lambda: waiting(show) == moved and order(page) == moved, "the moved order")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    eventually(lambda: waiting(show) == dragged and order(page) == dragged, "the last of what was pressed in a hurry")
    page.keyboard.press("ArrowDown")
    eventually(lambda: waiting(show) == moved and order(page) == moved, "the focus going with what is moved")
    focused = "document.activeElement.getAttribute('aria-label')"
    handles.nth(1).focus()
    held = page.evaluate(focused)
    page.evaluate(HURRIED)
    eventually(lambda: waiting(show) == moved[1:] and order(page) == moved[1:], "one less, after all moves")
    assert page.evaluate(focused) == held, "what is above a request leaves without taking its focus"
    page.click("#clear")
    eventually(lambda: waiting(show) == [] and page.is_visible("#queue-empty"), "an empty queue")


def test_the_show_obeys(page: Any, show: Running) -> None:
    """Skip, pause, a wish of the house, a slider, a block, and policy."""
    coming = waiting(show)[0]
    page.click("#skip")
    eventually(lambda: show.status()["now"]["title"] == coming, "the next request")
    page.click("#pause")
    eventually(lambda: show.show.queue.paused and page.text_content("#pause") == "Resume", "the pause")
    page.click("#pause")
    eventually(lambda: not show.show.queue.paused, "going on")
    page.fill("#wish", "owl + bee")
    page.press("#wish", "Enter")
    eventually(lambda: show.status()["now"]["title"] == "owl + bee", "the wish")
    page.locator("#dials input").first.focus()
    page.keyboard.press("End")
    eventually(lambda: show.show.dreams.controls.get("zoom") == 1.5, "the zoom")
    page.locator("#dials .icon").first.click()
    eventually(lambda: show.show.dreams.controls.get("zoom") == 1.05, "the default")
    page.fill("#blocked-name", "@mallory")
    page.press("#blocked-name", "Enter")
    eventually(lambda: page.locator("#blocked button").count() == 1, "the block")
    page.locator("#blocked button").click()
    eventually(lambda: page.locator("#blocked button").count() == 0, "the block being undone")
    page.fill("#wish", "qqqqqq")
    page.press("#wish", "Enter")
    eventually(lambda: page.locator("#toast.bad.shown").count() == 1, "the refusal")


def test_of_what_a_slider_sends_the_last_counts(page: Any, show: Running) -> None:
    """However long the first is under way; and the way back is not undone by what waited to be sent."""
    page.evaluate(SLOW_AT_FIRST)
    page.locator("#dials input").first.focus()
    page.keyboard.press("End")
    eventually(lambda: page.evaluate("window.begun") == 1, "the first value being sent")
    page.keyboard.press("Home")
    eventually(lambda: page.evaluate("window.done") == 2, "both values having been sent")
    assert show.show.dreams.controls["zoom"] == 1.0
    page.evaluate(BACK_AT_ONCE)
    eventually(lambda: page.evaluate("window.done") >= 3, "the way back")
    # Longer than a value waits to be sent: none comes after it.
    page.evaluate("new Promise((go) => setTimeout(go, 300))")
    assert page.evaluate("window.begun") == 3
    assert show.show.dreams.controls["zoom"] == 1.05


def test_outputs_start_and_stop(page: Any, show: Running, tmp_path: Path) -> None:
    """A recording is begun, ended and taken off the list; a stream that nobody takes is shown in trouble, keyless."""
    page.click("#record")
    toggle, forget = page.locator("#outputs button:not(.forget)"), page.locator("#outputs .forget")
    eventually(lambda: toggle.count() == 1 and toggle.text_content() == "Stop", "the recording")
    toggle.click()
    eventually(lambda: toggle.text_content() == "Start", "its end")
    (file,) = (tmp_path / "state" / "recordings").iterdir()
    assert file.stat().st_size > 1000
    forget.click()
    eventually(lambda: page.locator("#outputs li").count() == 0, "its leaving the list")
    assert file.is_file()
    page.fill("#rtmp", "rtmp://127.0.0.1:9/live/secretsecret")
    page.press("#rtmp", "Enter")
    eventually(lambda: page.locator("#errors li").count() >= 1, "the trouble")
    assert forget.is_hidden()
    assert "secretsecret" not in page.content()


def test_a_room_survives_a_broken_connection(page: Any, show: Running) -> None:
    """It says so, and goes on by itself."""
    page.evaluate("() => { window.kept = document.getElementById('now-title').textContent; }")
    page.context.set_offline(True)
    show.show.stop()
    eventually(lambda: page.text_content("#state-text") == "connecting", "noticing")


@pytest.mark.parametrize("size", [(390, 844), (1440, 900), (3840, 2160)])
def test_axe_finds_no_serious_fault(page: Any, show: Running, size: tuple[int, int]) -> None:
    """axe-core finds nothing serious or critical, and nothing is wider than the screen."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe-playwright-python is not installed")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    eventually(lambda: page.locator("#dials input").count() == 1, "the sliders")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
