"""The laboratory in a browser: chosen by mouse, by finger and by keys, wished into the show, and shared by address."""

from __future__ import annotations

from tests.conftest import need_library
from tests.e2e.browser import eventually
from tests.e2e.screen import Open, Screen
from tests.e2e.test_page_choose import faults
from tests.e2e.test_page_draw import PHONE
from tests.web.lab import FakeLab
from tests.web.show import FakeShow, Film, serving

TARGETS = """[...document.querySelectorAll("main button, main select, main a, aside button")]
    .filter((each) => each.checkVisibility())
    .map((each) => [each.id || each.className || each.tagName, each.getBoundingClientRect()])
    .filter(([, box]) => Math.min(box.width, box.height) < 43.9 || box.left < 0 || box.right > innerWidth)
    .map(([name, box]) => `${name} ${box.width}x${box.height} at ${box.left}`)"""


def filled(screen: Screen) -> None:
    """Wait until every picture is there."""
    count = "document.querySelectorAll('img:not(.there)').length"
    eventually(lambda: screen.page.is_visible("#chosen") and not screen.page.evaluate(count), "all pictures", 60.0)


def asks(screen: Screen, show: FakeShow, line: str) -> None:
    """Wait until this line was asked, and the answer is read."""

    def arrived() -> bool:
        screen.page.evaluate("document.title")  # an emulated phone does little while nobody asks it
        return bool(show.asked) and show.asked[-1][0] == line

    eventually(arrived, f"{line} reaching the show", 60.0)
    screen.tells("#said", "I cannot dream")


def test_the_laboratory_by_mouse_and_keys(visit: Open, film: Film) -> None:
    """From the page of the show to a tile, along the board, between tiles, and into the show; by the shortest lines."""
    show, lab = FakeShow(), FakeLab()
    with serving(show, film.preview, lab=lab) as server:
        screen = visit(server.url)
        page = screen.page
        eventually(lambda: page.is_visible("#lab"), "the way to the laboratory")
        assert page.get_attribute("#lab", "href") == "lab"
        page.goto(f"{server.url}/lab?corners=aceg&calc=bad&sheet=1200")
        filled(screen)
        assert screen.text("h1") == "Laboratory of cat"

        def line() -> str:
            return screen.text("#chosen-line")

        assert line() == "!at a c e g .5 .5"
        assert {"a", "mix a c .25", "at a c e g .25 .5", "calc b - a + d", "random 1223"} <= set(lab.asked)
        page.click("#board .tile:first-child")
        assert line() == "!dream cat a"
        page.keyboard.press("ArrowRight")
        assert line() == "!mix a c .25"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+ArrowRight")
        assert line() == "!at a c e g .3 .25"
        page.keyboard.press("Enter")
        asks(screen, show, "!at a c e g .3 .25")
        assert show.asked[-1][1] == "guest"
        page.select_option("#corner-1", "h")
        assert line() == "!at a h e g .3 .25"
        page.click("#sum .cell:last-child .tile")
        page.click("#wish")
        asks(screen, show, "!calc b - a + d")
        page.click("#walk")
        asks(screen, show, "!corners a h e g")
        before = page.evaluate("location.search")
        assert before == "?corners=aheg&calc=bad&sheet=1200"
        page.click("#another")
        assert page.evaluate("location.search") != before
        filled(screen)
        page.go_back()
        eventually(lambda: page.get_attribute("#sheet .tile", "aria-label") == "Number 1200", "the sheet before")
        page.click("#sheet .tile:nth-child(3)")
        assert line() == "!dream random 1202"
        page.select_option("#corner-0", "taco")
        assert line() == "!at taco h e g .3 .25"
        assert page.evaluate("location.search") == "?corners=taco.h.e.g&calc=bad&sheet=1200"
        page.click("#points .tile:last-child")
        assert line() == "!dream taco"
        lab.named.append("bone")
        page.fill("#name", "Bone")
        page.press("#name", "Enter")
        eventually(lambda: screen.text("#points .tile:last-child") == "bone", "the new name", 60.0)
        assert show.asked[-1][0] == "!name Bone"
        assert page.input_value("#corner-0") == "taco"


def test_the_laboratory_by_finger_at_320_pixels(visit: Open, film: Film) -> None:
    """Nothing is wider than the screen, what is touched has 44 pixels, and axe-core finds nothing serious."""
    need_library("axe_playwright_python")
    show = FakeShow()
    with serving(show, film.preview, lab=FakeLab()) as server:
        screen = visit(f"{server.url}/lab", **PHONE, bypass_csp=True)
        filled(screen)
        assert screen.page.evaluate("document.documentElement.scrollWidth") <= 320
        assert screen.page.evaluate(TARGETS) == []
        eventually(lambda: faults(screen, set()) == [], "no fault", 15.0)
        screen.page.tap("#points .tile:nth-child(3)")
        screen.page.tap("#wish")
        asks(screen, show, "!dream cat c")


def test_no_laboratory_without_a_subject(visit: Open, film: Film) -> None:
    """The page says so, and what to start; nothing leads there."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(f"{server.url}/lab")
        eventually(lambda: screen.page.is_visible("#none"), "the reason")
        assert "dreamstream serve --dreamer cat.safetensors" in screen.text("#none")
        assert screen.page.is_hidden("#benches")
        screen.page.goto(server.url)
        screen.becomes("live")
        assert screen.page.is_hidden("#lab")
