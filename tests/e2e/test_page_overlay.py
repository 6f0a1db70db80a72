"""The overlay for streaming programs, in a real browser."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.e2e.browser import eventually
from tests.e2e.screen import Open
from tests.web.show import FakeShow, Film, serving


def test_the_overlay_is_transparent_and_shows_what_it_is_told(visit: Open, film: Film) -> None:
    """OBS gets the chosen parts over nothing."""
    show = FakeShow(queue=[("rabbit", "bo")])
    with serving(show, film.preview) as server:
        screen = visit(f"{server.url}/overlay?show=now,help")
        eventually(lambda: screen.text("#title").split() == ["bee", "+", "pizza"], "the title")
        page = screen.page
        assert (page.is_visible("#part-now"), page.is_visible("#part-help"), page.is_visible("#queue")) == (
            True,
            True,
            False,
        )
        picture = page.screenshot(omit_background=True, clip={"x": 900, "y": 10, "width": 8, "height": 8})
        assert pixels(picture).max() == 0
        page.goto(f"{server.url}/overlay?show=queue")
        eventually(lambda: page.is_visible("#queue"), "the queue")
        assert page.is_hidden("#part-now")


def test_the_overlay_is_built_anew_after_a_reconnect(visit: Open, film: Film) -> None:
    """While the server is away nothing stands there; the next one's words replace the old ones."""
    show = FakeShow(queue=[("rabbit", "bo")])
    with serving(show, film.preview) as server:
        port = server.port
        screen = visit(f"{server.url}/overlay?show=now,queue")
        screen.becomes("live")
        eventually(lambda: screen.text("#queue-list .what") == "rabbit", "the queue")
    screen.becomes("offline")
    solid = "getComputedStyle(document.querySelector('.deck')).opacity"
    eventually(lambda: screen.page.evaluate(solid) == "0", "the words fading")
    show = FakeShow(title=("volcano",), who="lin", queue=[("beer", "cy"), ("bee", "di")])
    with serving(show, film.preview, port):
        screen.becomes("live")
        eventually(lambda: screen.text("#title").split() == ["volcano"], "the new title")
        assert screen.text("#who") == "for lin"
        names = "[...document.querySelectorAll('#queue-list .what')].map(each => each.textContent)"
        eventually(lambda: screen.page.evaluate(names) == ["beer", "bee"], "the new queue")
        eventually(lambda: screen.page.evaluate(solid) == "1", "the words coming back")


def pixels(png: bytes) -> NDArray[np.uint8]:
    """The RGBA pixels of a PNG."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
