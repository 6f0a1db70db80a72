"""The page in a real browser: it plays, asks, tells, and recovers."""

from __future__ import annotations

import io
import re
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dreamstream.web.address import PageAddress
from dreamstream.web.thumbnails import sheet_for
from dreamstream.wishes.vocabulary import Vocabulary
from tests.conftest import need_program
from tests.e2e.browser import eventually
from tests.e2e.screen import Open, Screen
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


def test_what_is_dreamed_is_told_and_changes(visit: Open, film: Film) -> None:
    """Title, name, queue and their changes stand on the page; a name is text, whatever it holds."""
    show = FakeShow(queue=[("tree frog", "<b>lin</b>")])
    with serving(show, film.preview) as server:
        screen = visit(server.url)
        eventually(lambda: screen.text("#title").split() == ["bee", "+", "pizza"], "the title")
        assert screen.text("#who") == "for ada"
        assert screen.text("#emoji") == "🐝🍕"
        assert screen.text("#queue-list .what") == "tree frog"
        assert screen.text("#queue-list .whose") == "for <b>lin</b>"
        show.title, show.unwanted = ("rabbit", "bee", "pizza"), ("rabbit",)
        eventually(lambda: screen.text("#title").split() == ["bee", "+", "pizza", "−", "rabbit"], "what is not wanted")
        assert screen.text("#emoji") == "🐝🍕"
        show.title, show.who, show.queue = ("volcano",), "", []
        eventually(lambda: screen.text("#title").split() == ["volcano"], "the new title")
        eventually(lambda: screen.page.is_hidden("#queue"), "the empty queue leaving")
        assert screen.text("#eyebrow") == "dreaming on its own"

        def titled(title: str) -> None:
            eventually(lambda: screen.page.title() == f"{title} · dreamstream", "the tab's title", pause=0.01)

        for title in ("bee", "pizza", "rabbit", "jellyfish"):
            show.title = (title,)
            # The tab's title changes at once, so the next dream comes while the heading still moves.
            titled(title)
        eventually(lambda: screen.text("#title").split() == ["jellyfish"], "the last of a quick row of titles")


def test_asking_with_the_keyboard(visit: Open, film: Film) -> None:
    """Suggestions come while typing and are taken by keys; the request reaches the show, the reply the person."""
    show = FakeShow()
    with serving(show, film.preview) as server:
        screen = visit(server.url)
        page = screen.page
        eventually(lambda: screen.stats()["events"], "the events socket")
        page.fill("#who-am-i", "Grace")
        page.press("#who-am-i", "Tab")
        page.keyboard.press("/")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        page.keyboard.type("be")
        names = "[...document.querySelectorAll('#suggestions .name')].map(each => each.textContent)"
        eventually(lambda: page.evaluate(names)[:3] == ["bee", "beer", "beetle"], "suggestions")
        assert page.get_attribute("#wish", "aria-expanded") == "true"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        chosen = page.get_attribute("#wish", "aria-activedescendant")
        assert page.get_attribute(f"#{chosen}", "aria-selected") == "true"
        page.keyboard.press("Enter")
        assert page.input_value("#wish") == "bee"
        page.keyboard.type(" + lav")
        eventually(lambda: page.evaluate(names) == ["volcano"], "suggestions for the second word")
        page.click("#suggestions li")
        assert page.input_value("#wish") == "bee + volcano"
        page.keyboard.press("Enter")
        eventually(lambda: show.asked, "the request reaching the show")
        assert show.asked[0][:3] == ("!dream bee + volcano", "Grace", "web")
        eventually(lambda: "bee + volcano is coming, Grace" in screen.text("#toast"), "the reply")
        assert page.is_visible("#toast")
        assert page.input_value("#wish") == ""
        eventually(lambda: page.text_content("#queue-list .what") == "bee + volcano", "the request in the queue")
        page.reload()
        eventually(lambda: page.input_value("#who-am-i") == "Grace", "the name being remembered")


def test_commands_and_unknown_words_are_answered(visit: Open, film: Film) -> None:
    """What begins with ! goes through as it is; the show's answer is shown."""
    show = FakeShow()
    with serving(show, film.preview) as server:
        screen = visit(server.url)
        eventually(lambda: screen.stats()["events"], "the events socket")
        screen.page.fill("#wish", "!dream unicorn")
        screen.page.click(".send")
        eventually(lambda: "Did you mean" in screen.text("#toast"), "the answer")
        assert show.asked[0][:2] == ("!dream unicorn", "guest")


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


def test_controls_leave_when_nobody_moves_and_come_back(visit: Open, film: Film) -> None:
    """After some seconds only picture and caption are left; a movement brings the rest."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        eventually(lambda: opacity(screen, ".ask") == 0, "the controls leaving")
        assert opacity(screen, ".now") == 1
        for role, name in (("combobox", "What should it dream?"), ("button", "Full screen"), ("button", "Ask")):
            assert screen.page.get_by_role(role, name=name, exact=True).count() == 1, f"{name} for screen readers"
        # A click that meets what nobody sees brings it back, and presses nothing.
        box = screen.page.locator("#state").bounding_box()
        under = "([x, y]) => document.elementFromPoint(x, y).closest('.chrome') === null"
        assert screen.page.evaluate(under, [box["x"] + 9, box["y"] + 9])
        screen.page.mouse.move(200, 200)
        screen.page.mouse.move(210, 210)
        eventually(lambda: opacity(screen, ".ask") == 1, "the controls coming back")


def test_controls_stay_while_somebody_thinks(visit: Open, film: Film) -> None:
    """A box with the focus keeps the controls and the focus, however long its person thinks; so does a button."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        page = screen.page
        screen.becomes("live")
        page.click("#wish")
        page.wait_for_timeout(8000)
        assert opacity(screen, ".ask") == 1
        page.keyboard.type("fish")
        assert page.input_value("#wish") == "fish"
        assert not page.evaluate("Boolean(document.fullscreenElement)")
        page.fill("#wish", "")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "browse-open"
        page.wait_for_timeout(8000)
        assert opacity(screen, ".ask") == 1
        page.evaluate("document.activeElement.blur()")
        eventually(lambda: opacity(screen, ".ask") == 0, "the controls leaving when nothing has the focus")


def test_a_word_typed_blind_sets_off_no_shortcut(visit: Open, film: Film) -> None:
    """Letters are shortcuts when they are pressed alone, and not soon after a text field had the focus."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        page = screen.page
        screen.becomes("live")
        full = "Boolean(document.fullscreenElement)"
        for word in ("fish", "ff", "bee", "pizza"):
            page.keyboard.type(word, delay=120)
            page.wait_for_timeout(700)
            assert not page.evaluate(full), word
            assert page.is_hidden("#browse"), word
        page.keyboard.press("b")
        eventually(lambda: page.is_visible("#browse"), "a letter alone being a shortcut")
        page.keyboard.press("Escape")
        page.click("#wish")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("b")
        page.wait_for_timeout(700)
        assert page.is_hidden("#browse"), "a letter soon after the box had the focus"
        page.wait_for_timeout(4000)
        page.keyboard.press("f")
        eventually(lambda: page.evaluate(full), "the shortcuts being back")
        page.keyboard.press("f")
        eventually(lambda: not page.evaluate(full), "full screen ending")


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


def test_the_details_say_how_the_stream_is_doing(visit: Open, film: Film) -> None:
    """Behind the state button stand delay, rates, and the kinds and states of targets, but not where they are."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        screen.page.click("#state")
        eventually(lambda: "99.8 %" in screen.text("#figures"), "the figures")
        for part in ("Behind live", "2.6 per second", "Steps16 per second", "Streamlive", "Twitchlive"):
            assert part in screen.text("#figures")
        assert "example.org" not in screen.page.content()
        screen.page.keyboard.press("Escape")
        assert screen.page.is_hidden("#details")


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


def test_behind_a_reverse_proxy_under_a_path(visit: Open, film: Film, tmp_path: Path) -> None:
    """nginx serves the show under /dreams/: page, video, events, requests, list, kiosk and code work."""
    (nginx,) = need_program("nginx")
    show = FakeShow()
    sheet = sheet_for([word.name for word in Vocabulary.builtin()])
    address = PageAddress("127.0.0.1", 1, "https://gallery.example/dreams/")
    with serving(show, film.preview, stills=film.stills, sheet=sheet, address=address) as server:
        port = free_port()
        (tmp_path / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; pid {tmp_path}/pid; error_log {tmp_path}/log;
            events {{ worker_connections 64; }}
            http {{
              access_log off; client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p;
              fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;
              server {{
                listen 127.0.0.1:{port};
                location /dreams/ {{
                  proxy_pass {server.url}/;
                  proxy_http_version 1.1;
                  proxy_set_header Host $http_host;
                  proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Connection "upgrade";
                }}
              }}
            }}""")
        process = subprocess.Popen([nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
        try:
            eventually(lambda: answers(port), "nginx answering")
            screen = visit(f"http://127.0.0.1:{port}/dreams/")
            screen.becomes("live")
            screen.moves()
            screen.page.fill("#wish", "bee")
            screen.page.press("#wish", "Enter")
            eventually(lambda: show.asked, "the request reaching the show")
            with screen.page.expect_response(re.compile(r"/dreams/dreams\.webp")) as sheet_answer:
                screen.page.click("#browse-open")
            assert sheet_answer.value.ok
            eventually(lambda: screen.page.is_visible("[data-name=bee]"), "the list")
            screen = visit(f"http://127.0.0.1:{port}/dreams/?video=stills")
            screen.becomes("live")
            screen = visit(f"http://127.0.0.1:{port}/dreams/kiosk")
            screen.becomes("live")
            eventually(lambda: screen.page.evaluate("document.querySelector('#qr').naturalWidth") > 0, "the code")
            assert screen.text("#address") == "gallery.example/dreams"
            assert screen.page.evaluate("document.querySelector('#qr').src.includes('/dreams/qr.svg?')")
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    """A port that was free a moment ago."""
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    with closing(socket.socket()) as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


HELD = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [32, 18];
  const context = canvas.getContext("2d");
  context.drawImage(document.getElementById("still"), 0, 0, 32, 18);
  return [...context.getImageData(0, 0, 32, 18).data].filter((_, i) => i % 4 < 3);
}"""


def opacity(screen: Screen, selector: str) -> float:
    """How solid an element is now, from 0 to 1."""
    return float(screen.page.evaluate(f"getComputedStyle(document.querySelector({selector!r})).opacity"))


def pixels(png: bytes) -> NDArray[np.uint8]:
    """The RGBA pixels of a PNG."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
