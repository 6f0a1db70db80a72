"""Every part of the page has its place on every screen: phones both ways, a tablet, laptops, a 4K screen."""

from __future__ import annotations

import pytest

from dreamstream.outputs.browser.preview import Preview
from tests.e2e.browser import eventually
from tests.e2e.screen import Open, Screen
from tests.web.show import WORDS, FakeShow, serving

SCREENS = [(390, 844), (844, 390), (768, 1024), (1366, 768), (1440, 900), (3840, 2160)]
# What must lie apart, by what is open; the names of those that do not, or that leave the screen.
PARTS = {
    "": [".now", ".ask", ".queue", ".wordmark", "#state", "#sound", "#detach", "#fullscreen"],
    "#state": ["#details", ".ask", "#state", "#sound", "#detach", "#fullscreen"],
    "#place": ["#places", ".field", ".queue", "#state", "#sound", "#fullscreen"],
    "#browse-open": ["#browse-title", "#browse-search", "#browse-close", "#browse-grid", "#browse-foot"],
}
MISPLACED = """(names) => {
  const parts = names.map((name) => [name, document.querySelector(name)])
    .filter(([, each]) => each.getClientRects().length && getComputedStyle(each).visibility === "visible")
    .filter(([, each]) => getComputedStyle(each).opacity !== "0")
    .map(([name, each]) => [name, each.getBoundingClientRect()]);
  const off = ([, box]) => box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight;
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  return [
    ...parts.filter(off).map(([name]) => `${name} leaves the screen`),
    ...parts.flatMap(([name, a], i) =>
      parts.slice(i + 1).filter(([, b]) => !apart(a, b)).map(([other]) => `${name} is on ${other}`)),
    ...(parts.length < names.length - 2 ? [`only ${parts.map(([name]) => name)} can be seen`] : []),
  ];
}"""


def all_in_place(screen: Screen, opener: str) -> None:
    """Every screen in turn, with one panel open."""
    page = screen.page
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.mouse.move(width / 2, height / 3)
        page.mouse.move(width / 2 + 9, height / 3)
        if opener:
            page.click(opener)
        # The movement may have to bring the controls back first, and what opens moves to its place.
        for _ in range(50):
            wrong = page.evaluate(MISPLACED, PARTS[opener])
            if not wrong:
                break
            page.wait_for_timeout(100)
        assert wrong == [], f"{width}x{height}, {opener or 'nothing'} open"
        if opener:
            page.keyboard.press("Escape")


@pytest.mark.parametrize("opener", PARTS)
def test_nothing_overlaps_or_leaves_the_screen(visit: Open, humming: Preview, opener: str) -> None:
    """With everything that a show can have: long titles, a full queue, sound, and each panel open in turn."""
    show = FakeShow(queue=[("volcano + strawberry", "someone with a long name"), *[("bee", "bo")] * 7])
    with serving(show, humming) as server:
        screen = visit(server.url, reduced_motion="reduce")
        screen.becomes("live")
        eventually(lambda: screen.page.is_visible("#sound") and screen.page.is_visible("#queue"), "sound and queue")
        if opener == "#place":
            # On a phone the button is there once a place was chosen on the picture.
            screen.page.mouse.click(130, 360)
            eventually(lambda: "left" in (screen.page.get_attribute("#place", "aria-label") or ""), "the place")
        for title in (("bee",), tuple(WORDS)[3:8]) if not opener else (("bee",),):
            show.title = title
            screen.tells("#title", title[-1])
            all_in_place(screen, opener)
