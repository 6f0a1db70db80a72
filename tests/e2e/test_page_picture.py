"""The live picture in a real browser: every way of showing it, near the live edge, and found again whatever happens."""

from __future__ import annotations

import re

import pytest

from tests.e2e.browser import eventually
from tests.e2e.screen import Open
from tests.web.show import FakeShow, Film, serving


@pytest.mark.parametrize("way", ["codecs", "mse", "stills"])
def test_the_picture_plays_live(visit: Open, film: Film, way: str) -> None:
    """The video starts by itself, moves, and stays close to the live edge, whichever way it is shown."""
    with serving(FakeShow(), film.preview, stills=film.stills) as server:
        screen = visit(f"{server.url}/?video={way}")
        screen.becomes("live")
        assert screen.stats()["way"] == way
        screen.moves()
        eventually(lambda: screen.stats()["latency"] < 1.0, "coming near the live edge")
        assert screen.stats()["reconnects"] == 0
        assert screen.page.evaluate("document.querySelector('video').muted")


def test_a_browser_gets_the_way_with_the_least_delay(visit: Open, film: Film) -> None:
    """Where WebCodecs is, it is used, and the delay is told in the panel."""
    with serving(FakeShow(), film.preview, stills=film.stills) as server:
        screen = visit(server.url)
        screen.becomes("live")
        assert screen.stats()["way"] == "codecs"
        screen.page.click("#state")
        eventually(lambda: "WebCodecs" in screen.text("#figures"), "the way being told")
        assert re.search(r"Behind live\d+ ms", screen.text("#figures"))


@pytest.mark.parametrize(
    ("without", "way"),
    [
        ("delete window.VideoDecoder", "mse"),
        ("delete window.VideoDecoder; delete window.MediaSource; delete window.ManagedMediaSource", "stills"),
        ("MediaSource.isTypeSupported = () => false; VideoDecoder.isConfigSupported = async () => ({})", "stills"),
        ("VideoDecoder.prototype.decode = () => { throw new TypeError('broken') }", "mse"),
    ],
)
def test_a_browser_that_lacks_a_way_is_given_the_next(visit: Open, film: Film, without: str, way: str) -> None:
    """No WebCodecs, no Media Source, no H.264, a broken decoder: the picture moves all the same."""
    with serving(FakeShow(), film.preview, stills=film.stills) as server:
        screen = visit("about:blank")
        screen.page.add_init_script(without)
        screen.page.goto(server.url)
        eventually(lambda: screen.stats()["way"] == way, f"{way} being taken")
        screen.becomes("live")
        screen.moves()


def test_a_picture_far_behind_jumps_to_the_live_edge(visit: Open, film: Film) -> None:
    """After a stall it does not hurry through what was missed."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(f"{server.url}/?video=mse")
        screen.becomes("live")
        kept = "(v => v.currentTime - v.buffered.start(0))(document.querySelector('video'))"
        eventually(lambda: screen.page.evaluate(kept) > 3.2, "three seconds being kept")
        assert screen.page.evaluate("(dreamstream.stats, document.querySelector('video').currentTime -= 3)") > 0
        eventually(lambda: screen.stats()["latency"] < 1.0, "the jump", timeout=5)


def test_a_restarted_server_is_found_again_without_a_black_picture(visit: Open) -> None:
    """Sockets drop, the last picture stays; a new server with other times is joined by itself."""
    show = FakeShow()
    with Film() as film:
        with serving(show, film.preview) as server:
            port, url = server.port, server.url
            screen = visit(url)
            screen.becomes("live")
            screen.moves()
        screen.becomes("offline")
        assert "held" in screen.page.get_attribute("#still", "class")
        assert screen.text("#state-text") == "reconnecting"
    with Film(width=256, height=144) as film:
        # A new show: its own encoder, size, and times from zero.
        show.title = ("volcano",)
        with serving(show, film.preview, port):
            screen.becomes("live", 30)
            screen.moves()
            assert screen.page.evaluate("document.querySelector('.stage .moving').width") == 256
            eventually(lambda: screen.text("#title").split() == ["volcano"], "the new state")
            assert "held" not in screen.page.get_attribute("#still", "class")
            assert screen.stats()["reconnects"] >= 1


def test_pictures_that_stop_are_told_and_waited_for(visit: Open) -> None:
    """When the show says that its pictures stand still, the page says how old they are and keeps its connection."""
    show = FakeShow()
    with Film() as film, serving(show, film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        film.pause(True)
        show.moving = False
        screen.becomes("late")
        eventually(lambda: screen.text("#state-text") in ("picture 7 s old", "picture 8 s old"), "the age being told")
        film.pause(False)
        show.moving = True
        screen.becomes("live")
        screen.moves()
        assert screen.stats()["reconnects"] == 0


def test_a_silent_connection_is_made_anew(visit: Open) -> None:
    """When no frames come though the show sends them, the page tries anew, and goes on when they come."""
    with Film() as film, serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        film.pause(True)
        eventually(lambda: screen.text("#state-text") in ("picture 2 s old", "picture 3 s old"), "the age being told")
        eventually(lambda: screen.stats()["reconnects"] >= 1, "trying anew")
        film.pause(False)
        screen.becomes("live")
        screen.moves()


def test_a_show_that_is_still_starting_is_waited_for(visit: Open) -> None:
    """Before the first frame the page stays connected and says what the show is doing."""
    show = FakeShow(able=False, detail="Compiling the network.")
    with Film(paused=True) as film, serving(show, film.preview) as server:
        screen = visit(server.url)
        screen.becomes("waiting")
        eventually(lambda: screen.text("#veil-text") == "Compiling the network.", "what it does")
        film.pause(False)
        screen.becomes("live")
        assert screen.stats()["reconnects"] == 0


def test_a_dropped_video_socket_is_replaced(visit: Open, film: Film) -> None:
    """A viewer that the server lets go is back soon."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        for viewer in tuple(film.preview._viewers):
            assert film.preview._loop is not None
            film.preview._loop.call_soon_threadsafe(viewer.close)
        eventually(lambda: screen.stats()["reconnects"] == 1, "the drop being noticed")
        screen.becomes("live")
        screen.moves()


def test_a_viewer_stops_the_picture(visit: Open) -> None:
    """A button and a key hold the picture for this viewer alone, who then is sent none; again, and it goes on."""
    with Film() as film, serving(FakeShow(), film.preview) as server:
        screen, other = visit(server.url, reduced_motion="reduce"), visit(server.url)
        page = screen.page
        screen.becomes("live")
        other.becomes("live")
        eventually(lambda: film.preview.viewers == 2, "both watching")
        page.get_by_role("button", name="Pause the picture").click()
        screen.becomes("paused")
        assert page.get_attribute("#pause", "aria-pressed") == "true"
        eventually(lambda: film.preview.viewers == 1, "no pictures being sent to who wants none")
        frames = screen.frames()
        before = page.evaluate(HELD)
        assert max(before) > 40, "the last picture is held"
        other.moves()
        page.wait_for_timeout(6000)
        assert (screen.state(), screen.frames(), page.evaluate(HELD)) == ("paused", frames, before)
        page.keyboard.press("k")
        screen.becomes("live")
        screen.moves()
        assert page.get_attribute("#pause", "aria-pressed") == "false"
        page.keyboard.press("k")
        screen.becomes("paused")


def test_a_slow_machine_is_told_of(visit: Open, film: Film) -> None:
    """When it goes on dreaming seldom the page says how often, says it anew when that changes, and takes it back."""
    show = FakeShow(per_second=0.4)
    with serving(show, film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        assert screen.text("#slow") == ""
        screen.tells("#slow", "This machine is slow: 0.4 dreams a second.")
        assert screen.page.is_visible("#slow")
        show.per_second = 0.05
        screen.tells("#slow", "a dream every 20 seconds")
        show.things = 0.5
        screen.tells("#slow", "This machine is slow: a dream every 20 seconds, of fewer and larger things.")
        show.per_second = 2.6
        eventually(lambda: screen.text("#slow") == "", "keeping up again")


def test_the_picture_goes_into_a_window_of_its_own(visit: Open, film: Film) -> None:
    """Picture in picture needs a video element, so the way changes; the button ends it again."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        assert screen.stats()["way"] == "codecs"
        screen.page.click("#detach")
        apart = "document.pictureInPictureElement?.id"
        eventually(lambda: screen.page.evaluate(apart) == "video", "the window")
        assert screen.stats()["way"] == "mse"
        start = screen.frames()
        eventually(lambda: screen.frames() > start + 5, "the picture moving there")
        screen.page.keyboard.press("p")
        eventually(lambda: screen.page.evaluate(apart) is None, "the window closing")
        screen.becomes("live")
        screen.moves()


HELD = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [32, 18];
  const context = canvas.getContext("2d");
  context.drawImage(document.getElementById("still"), 0, 0, 32, 18);
  return [...context.getImageData(0, 0, 32, 18).data].filter((_, i) => i % 4 < 3);
}"""
