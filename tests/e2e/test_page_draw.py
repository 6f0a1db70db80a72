"""Drawing on the page: by mouse, by finger, by keyboard; what is sent, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dreamstream.core.drawing import Drawing
from tests.conftest import need_library
from tests.e2e.browser import eventually
from tests.e2e.screen import Open, Screen
from tests.e2e.test_page_choose import faults
from tests.web.drawings import FakeDrawings
from tests.web.show import FakeShow, Film, serving

PHONE = {"width": 320, "height": 568, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def opened(screen: Screen) -> tuple[float, float, float]:
    """Open the sheet; its left and top, and its side."""
    screen.becomes("live")
    eventually(lambda: screen.page.is_visible("#draw-open"), "the pen")
    screen.page.click("#draw-open")
    moving = "document.querySelector('#draw').getAnimations().length"
    eventually(lambda: screen.page.is_visible("#draw-sheet") and not screen.page.evaluate(moving), "the sheet at rest")
    box = screen.page.locator("#draw-sheet").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)
    return box["x"], box["y"], box["width"]


def sent(screen: Screen, drawings: FakeDrawings) -> tuple[Drawing, str, str]:
    """What was drawn, of what, and by whom."""

    def arrived() -> bool:
        screen.page.evaluate("document.title")  # an emulated phone does little while nobody asks it
        return bool(drawings.drawn)

    eventually(arrived, "the drawing reaching the show", 60.0)
    drawing, text, who, *_ = drawings.drawn[-1]
    return drawing, text, who


def test_a_drawing_by_mouse(visit: Open, film: Film, tmp_path: Path) -> None:
    """Two lines, one taken back, one rubbed over; sent with a word; the result is the next one's ghost."""
    drawings, show = FakeDrawings(), FakeShow()
    with serving(show, film.preview, drawings=drawings) as server:
        screen = visit(server.url)
        page = screen.page
        left, top, side = opened(screen)
        assert page.is_disabled("#draw-send")
        eventually(lambda: drawings.expected == 1, "the painter being told")

        def line(*points: tuple[float, float]) -> None:
            (x, y), *rest = [(left + a * side, top + b * side) for a, b in points]
            page.mouse.move(x, y)
            page.mouse.down()
            for each in rest:
                page.mouse.move(*each, steps=5)
            page.mouse.up()

        line((0.2, 0.5), (0.8, 0.5))
        line((0.5, 0.2), (0.5, 0.8))
        page.click("#draw-undo")
        page.click("#draw-eraser")
        line((0.45, 0.5), (0.55, 0.5))
        page.select_option("#draw-word", "cat")
        page.click("#draw-send")
        drawing, text, who = sent(screen, drawings)
        assert (text, who) == ("cat", "guest")
        assert [stroke.erase for stroke in drawing.strokes] == [False, True]
        first = drawing.strokes[0].points
        assert first[0][:2] == pytest.approx((0.2, 0.5), abs=0.01)
        assert first[-1][:2] == pytest.approx((0.8, 0.5), abs=0.01)
        assert len(first) >= 5
        eventually(lambda: not page.is_visible("#draw"), "the sheet being put away")
        screen.tells("#toast", "drawn cat is next.")
        # It is on, and then filled.
        path = tmp_path / "kept.png"
        path.write_bytes(PIXEL)
        drawings.files[drawing.key()] = path
        drawings.taken_for[drawing.key()] = "pizza 🍕"
        show.drawn = drawing.key()
        screen.tells("#toast", "I see this: pizza 🍕")
        page.click("#draw-open")
        eventually(lambda: page.is_visible("#draw-keep"), "the picture to keep")
        assert page.get_attribute("#draw-keep", "href") == f"drawings/{drawing.key()}.png"
        assert drawing.key() in page.evaluate("document.querySelector('#draw-ghost').style.backgroundImage")


def test_a_drawing_by_finger_at_320_pixels(visit: Open, film: Film) -> None:
    """The whole sheet is on the screen, what is touched has 44 pixels, and nothing scrolls away under the finger."""
    drawings = FakeDrawings()
    with serving(FakeShow(), film.preview, drawings=drawings) as server:
        screen = visit(server.url, **PHONE)
        page = screen.page
        left, top, side = opened(screen)
        assert left >= 0
        assert left + side <= 320
        for name in ("pen", "eraser", "undo", "clear", "close", "send", "word"):
            box = page.locator(f"#draw-{name}").bounding_box()
            assert min(box["width"], box["height"]) >= 44, name
            assert box["y"] + box["height"] <= 568, name
        touch = page.context.new_cdp_session(page)

        def press(kind: str, *points: tuple[float, float]) -> None:
            places = [{"x": left + x * side, "y": top + y * side, "id": 1} for x, y in points]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

        press("touchStart", (0.3, 0.2))
        for step in range(1, 11):
            press("touchMove", (0.3, 0.2 + 0.06 * step))
        press("touchEnd")
        eventually(lambda: page.is_enabled("#draw-send"), "the finger being lifted")
        page.click("#draw-send")
        drawing, text, _ = sent(screen, drawings)
        assert text == "anything"
        (stroke,) = drawing.strokes
        assert stroke.points[0][:2] == pytest.approx((0.3, 0.2), abs=0.01)
        assert stroke.points[-1][:2] == pytest.approx((0.3, 0.8), abs=0.01)
        assert page.evaluate("scrollY") == 0


def test_a_drawing_by_keyboard(visit: Open, film: Film) -> None:
    """Arrows move the pen, Space sets it down and lifts it, and each is said; Escape lifts it before it closes."""
    drawings = FakeDrawings()
    with serving(FakeShow(), film.preview, drawings=drawings) as server:
        screen = visit(server.url)
        page = screen.page
        screen.becomes("live")
        eventually(lambda: page.is_visible("#draw-open"), "the pen")
        page.focus("#draw-open")
        page.keyboard.press("Enter")
        eventually(lambda: page.evaluate("document.activeElement.id") == "draw-sheet", "the sheet's focus")
        for key in ("ArrowLeft", "Space", "Shift+ArrowRight", "Shift+ArrowRight", "ArrowDown", "Escape"):
            page.keyboard.press(key)
        screen.tells("#draw-note", "Pen lifted.")
        assert page.is_visible("#draw")
        page.focus("#draw-send")
        page.keyboard.press("Enter")
        drawing, _, _ = sent(screen, drawings)
        (stroke,) = drawing.strokes
        assert [point[:2] for point in stroke.points] == [(0.48, 0.5), (0.56, 0.5), (0.64, 0.5), (0.64, 0.52)]


def test_what_is_refused_stays_on_the_sheet(visit: Open, film: Film) -> None:
    """With the reason, and the lines as they were."""
    drawings = FakeDrawings()
    drawings.words = lambda: [("spider", "🕷️")]  # type: ignore[method-assign]
    with serving(FakeShow(), film.preview, drawings=drawings) as server:
        screen = visit(server.url)
        page = screen.page
        left, top, side = opened(screen)
        page.mouse.click(left + side / 2, top + side / 2)
        page.select_option("#draw-word", "spider")
        page.click("#draw-send")
        screen.tells("#draw-note", "That one is not dreamed here.")
        assert page.is_visible("#draw")
        assert page.is_enabled("#draw-send")


def test_no_pen_where_nobody_may_draw(visit: Open, film: Film) -> None:
    """The page asks once, and shows none."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url)
        screen.becomes("live")
        screen.moves()
        assert screen.page.is_hidden("#draw-open")


@pytest.mark.parametrize("more", [{}, PHONE], ids=["wall", "phone"])
def test_axe_finds_nothing(visit: Open, film: Film, tmp_path: Path, more: dict[str, Any]) -> None:
    """On the sheet, and in the gallery."""
    need_library("axe_playwright_python")
    drawings = FakeDrawings(held=True)
    path = tmp_path / "kept.png"
    path.write_bytes(PIXEL)
    drawings.files["0123456789abcdef"] = path
    with serving(FakeShow(), film.preview, drawings=drawings) as server:
        screen = visit(server.url, bypass_csp=True, **more)
        left, top, side = opened(screen)
        screen.page.mouse.click(left + side / 2, top + side / 2)
        eventually(lambda: faults(screen, set()) == [], "no fault on the sheet", 15.0)
        screen = visit(f"{server.url}/drawings", bypass_csp=True, **more)
        eventually(lambda: screen.page.is_visible("#drawings img"), "the gallery")
        eventually(lambda: faults(screen, set()) == [], "no fault in the gallery", 15.0)


def test_the_gallery_keeps_the_focus(visit: Open, film: Film, tmp_path: Path) -> None:
    """A new drawing comes before the one that somebody has tabbed to; looks for new ones are thirty times as quick."""
    drawings = FakeDrawings(held=True)
    path = tmp_path / "kept.png"
    path.write_bytes(PIXEL)
    drawings.files["0123456789abcdef"] = path
    with serving(FakeShow(), film.preview, drawings=drawings) as server:
        page = visit(f"{server.url}/drawings").page
        page.add_init_script("const usual = setInterval; window.setInterval = (f, ms) => usual(f, ms / 30);")
        page.reload()
        eventually(lambda: page.is_visible("#drawings img"), "the gallery")
        page.locator("#drawings a").focus()
        drawings.files["fedcba9876543210"] = path
        eventually(lambda: page.locator("#drawings a").count() == 2, "the new drawing")
        assert "0123456789abcdef" in page.evaluate("document.activeElement.getAttribute('href') || ''")


# The smallest PNG there is.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8ffff3f0005fe02fea7"
    "35811d0000000049454e44ae426082"
)
