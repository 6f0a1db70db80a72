"""Choosing on the page: where on the picture, what from the list, with or without sound; for everybody."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dreamstream.outputs.browser.preview import Preview
from dreamstream.web.address import PageAddress
from dreamstream.web.thumbnails import sheet_for
from dreamstream.wishes.vocabulary import Vocabulary
from tests.conftest import need_library
from tests.e2e.browser import eventually
from tests.e2e.screen import Open, Screen
from tests.web.show import FakeShow, Film, serving

# Places in the window as shares of it, and what a click there means.
CLICKS = {(0.1, 0.5): "left", (0.9, 0.15): "top right", (0.5, 0.1): "top", (0.6, 0.45): "whole"}
LIT = "[...document.querySelectorAll('#place i')].map(each => each.classList.contains('lit'))"


class WordyShow(FakeShow):
    """A show that knows the built-in network's words."""

    def classes(self, query: str, limit: int) -> list[dict[str, Any]]:
        words = Vocabulary.builtin()
        found = words.complete(query, limit) if query else list(words)
        return [{"name": word.name, "emoji": word.emoji, "aliases": list(word.aliases)} for word in found[:limit]]


def test_a_click_on_the_picture_says_where(visit: Open, film: Film) -> None:
    """The part that was clicked is lit, the box asks for what belongs there, and the request says it."""
    show = FakeShow()
    with serving(show, film.preview) as server:
        screen = visit(server.url)
        page = screen.page
        screen.becomes("live")

        def becomes(name: str) -> None:
            eventually(lambda: page.get_attribute("#places [aria-checked=true]", "data-place") == name, name)

        for (x, y), name in CLICKS.items():
            page.mouse.click(x * 1280, y * 720)
            becomes(name)
        page.mouse.click(128, 360)
        assert page.evaluate(LIT) == [True, False, True, False]
        box = page.locator("#light").bounding_box()
        assert (box["x"], box["width"], box["height"]) == (0, 640, 720)
        assert page.get_attribute("#wish", "placeholder") == "What should it dream on the left?"
        assert page.evaluate("document.activeElement.id") == "wish"
        page.keyboard.type("bee +")
        assert page.input_value("#wish") == "bee left + "
        page.mouse.click(1200, 360)
        page.keyboard.type("pizza")
        page.keyboard.press("Enter")
        eventually(lambda: show.asked, "the request reaching the show")
        assert show.asked[0][0] == "!dream bee left + pizza right"


def test_a_place_is_chosen_by_keyboard(visit: Open, film: Film) -> None:
    """The grid beside the box is a radio group: arrows move, Escape closes, the choice is said."""
    show = FakeShow()
    with serving(show, film.preview) as server:
        screen = visit(server.url)
        page = screen.page
        screen.becomes("live")
        page.focus("#place")
        page.keyboard.press("Enter")
        for key in ("ArrowUp", "ArrowLeft", "ArrowLeft"):
            page.keyboard.press(key)
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "in the top left corner"
        page.keyboard.press("Escape")
        assert page.is_hidden("#places")
        assert page.evaluate("document.activeElement.id") == "place"
        assert page.get_attribute("#place", "aria-label") == "Where on the picture: in the top left corner"
        page.fill("#wish", "bee")
        page.press("#wish", "Enter")
        eventually(lambda: show.asked, "the request reaching the show")
        assert show.asked[0][0] == "!dream bee top left"
        eventually(lambda: page.get_attribute("#places [aria-checked=true]", "data-place") == "whole", "starting anew")


def test_the_list_shows_what_each_word_dreams_like(visit: Open, film: Film) -> None:
    """Search and keyboard work; up to four are chosen and asked for; the pictures are the right ones."""
    show, words = WordyShow(), [word.name for word in Vocabulary.builtin()]
    sheet = sheet_for(words)
    assert sheet is not None
    with serving(show, film.preview, sheet=sheet) as server:
        screen = visit(server.url)
        page = screen.page
        screen.becomes("live")
        page.keyboard.press("b")
        tiles = "[...document.querySelectorAll('#browse-grid button')].map(each => each.dataset.name)"
        eventually(lambda: page.evaluate(tiles) == words, "all words")
        place = page.evaluate(
            "name => getComputedStyle(document.querySelector(`[data-name='${name}'] .thumb`)).backgroundPosition", "owl"
        )
        column, row = (float(each.rstrip("%")) for each in place.split())
        number = round(column / 100 * (sheet.columns - 1)) + sheet.columns * round(
            row / 100 * (math.ceil(len(words) / sheet.columns) - 1)
        )
        assert sheet.names[number] == "owl"
        page.keyboard.type("volc")
        eventually(lambda: page.evaluate(tiles) == ["volcano"], "the search")
        page.keyboard.press("Enter")
        page.fill("#browse-search", "🍕")
        eventually(lambda: page.evaluate(tiles) == ["pizza"], "the search by emoji")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        assert screen.text("#browse-chosen") == "volcano + pizza"
        page.fill("#browse-search", "")
        eventually(lambda: len(page.evaluate(tiles)) == len(words), "all words again")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.dataset.name") not in words[:2]
        page.click("#browse-ask")
        assert page.is_hidden("#browse")
        eventually(lambda: show.asked, "the request reaching the show")
        assert show.asked[0][0] == "!dream volcano + pizza"


def test_the_lists_search_takes_what_was_typed(visit: Open, film: Film) -> None:
    """However slowly the list is found, Enter takes what was typed and never an older tile; once more dreams it."""
    show = FakeShow()
    with serving(show, film.preview) as server:
        screen = visit(server.url)
        page = screen.page
        screen.becomes("live")
        page.keyboard.press("b")
        eventually(lambda: page.is_visible("[data-name=bee]"), "the list")
        page.evaluate("""() => {
          const quick = window.fetch;
          window.fetch = async (address, options) => {
            if (address.includes("api/classes")) await new Promise((done) => setTimeout(done, 700));
            return quick(address, options);
          };
        }""")
        page.keyboard.type("volc")
        page.keyboard.press("Enter")
        assert page.get_attribute("[data-name=bee]", "aria-pressed") == "false"
        eventually(lambda: screen.text("#browse-chosen") == "volcano", "what was typed being chosen")
        page.fill("#browse-search", "nothing like it")
        page.keyboard.press("Enter")
        eventually(lambda: page.is_visible("#browse-empty"), "nothing being found")
        assert screen.text("#browse-chosen") == "volcano"
        page.fill("#browse-search", "pizz")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        eventually(lambda: show.asked, "Enter twice dreaming")
        assert show.asked[0][0] == "!dream volcano + pizza"
        assert page.is_hidden("#browse")
        page.click("#browse-open")
        page.keyboard.type("bee")
        page.keyboard.press("Escape")
        assert page.is_hidden("#browse"), "Escape once closes, with a word in the search too"


def test_a_network_without_pictures_has_emoji_in_the_list(visit: Open, film: Film) -> None:
    """Words of another network are shown by their emoji."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        screen.page.click("#browse-open")
        eventually(lambda: screen.page.text_content("[data-name=bee] .thumb") == "🐝", "the emoji")
        screen.page.keyboard.press("Escape")
        assert screen.page.is_hidden("#browse")


@pytest.mark.parametrize("way", ["codecs", "mse"])
def test_sound_is_off_until_it_is_wanted_and_keeps_to_the_picture(visit: Open, humming: Preview, way: str) -> None:
    """A click starts it, near the picture's time; another ends it, and nothing more is sent."""
    with serving(FakeShow(), humming) as server:
        screen = visit(f"{server.url}/?video={way}")
        screen.becomes("live")
        assert screen.stats()["sound"] is None
        assert humming._listeners == 0
        screen.page.click("#sound")
        eventually(lambda: (screen.stats()["sound"] or 0) > 0, "sound being played")
        start = screen.stats()["sound"]
        eventually(lambda: screen.stats()["sound"] > start + 1, "sound going on")
        apart = [abs(s["sound"] - s["time"]) for s in (screen.stats() for _ in range(20))]
        assert sorted(apart)[10] < 0.3
        assert screen.page.get_attribute("#sound", "aria-pressed") == "true"
        screen.page.keyboard.press("m")
        eventually(lambda: screen.stats()["sound"] is None and humming._listeners == 0, "silence")
        assert screen.stats()["reconnects"] == 0


def test_a_silent_show_offers_no_sound(visit: Open, film: Film) -> None:
    """Without a soundtrack there is no button."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        assert screen.page.is_hidden("#sound")


def test_the_kiosk_shows_the_picture_and_where_to_go(visit: Open, film: Film) -> None:
    """A code and an address where others can open the page; neither where they cannot."""
    with serving(FakeShow(), film.preview, address=PageAddress("127.0.0.1", 1, "https://dreams.example/")) as server:
        screen = visit(f"{server.url}/kiosk")
        screen.becomes("live")
        eventually(lambda: screen.page.is_visible("#code"), "the code")
        assert screen.text("#address") == "dreams.example"
        eventually(lambda: screen.page.evaluate("document.querySelector('#qr').naturalWidth") > 0, "the picture of it")
        assert screen.page.is_hidden("#alone")
    with serving(FakeShow(), film.preview) as server:
        screen = visit(f"{server.url}/kiosk")
        screen.becomes("live")
        eventually(lambda: screen.page.is_visible("#alone"), "the reason")
        assert screen.page.is_hidden("#code")


@pytest.mark.parametrize("path", ["/", "/kiosk", "/overlay?show=now,queue,help"])
def test_axe_finds_no_serious_fault(visit: Open, film: Film, path: str) -> None:
    """axe-core, with the list, the panel and the grid open too, finds nothing serious or critical."""
    need_library("axe_playwright_python")
    show = WordyShow(queue=[("tree frog", "lin"), ("volcano", "bo")])
    with serving(show, film.preview, address=PageAddress("127.0.0.1", 1, "https://dreams.example/")) as server:
        # The policy forbids the test's own script as well.
        screen = visit(server.url + path, bypass_csp=True)
        eventually(lambda: screen.page.evaluate("document.documentElement.dataset.state") == "live", "the page")
        # Under the overlay is a streamer's video, not the white that axe assumes.
        vain = {"color-contrast"} if path.startswith("/overlay") else set()

        def faultless() -> bool:
            return faults(screen, vain) == []

        openers = ["", "#state", "#place", "#browse-open"] if path == "/" else [""]
        for opener in openers:
            if opener:
                screen.page.click(opener)
            # What still fades in has less contrast than it will have.
            eventually(faultless, f"no fault with {opener or 'the page'} open", 15.0)
            screen.page.keyboard.press("Escape")


SERIOUS = ("serious", "critical")


def faults(screen: Screen, vain: set[str]) -> list[str]:
    """What axe-core finds serious now, but for the rules in `vain`."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(screen.page).response["violations"]
    bad = [each for each in found if each["impact"] in SERIOUS and each["id"] not in vain]
    for each in bad:
        print(f"{each['id']}: {each['nodes'][0]['html']}")
    return [each["id"] for each in bad]
