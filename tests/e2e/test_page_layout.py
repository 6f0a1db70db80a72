"""Every part of the page has its place on every screen: phones both ways, a tablet, laptops, a 4K screen."""

from __future__ import annotations

from functools import partial

import pytest

from dreamstream.outputs.browser.preview import Preview
from tests.e2e.browser import eventually
from tests.e2e.screen import Open, Screen
from tests.web.show import WORDS, FakeShow, Film, serving

SCREENS = [(390, 844), (844, 390), (768, 1024), (1366, 768), (1440, 900), (3840, 2160)]
# What must lie apart, by what is open; the names of those that do not, or that leave the screen.
PARTS = {
    "": [".now", ".ask", ".queue", ".wordmark", "#state", "#pause", "#sound", "#detach", "#fullscreen"],
    "#state": ["#details", ".ask", "#state", "#pause", "#sound", "#detach", "#fullscreen"],
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
    ...parts.filter(([name]) => name === ".wordmark").filter(([, box]) => {
      const text = document.createRange();
      text.selectNodeContents(document.querySelector(".wordmark"));
      const { top, right } = text.getBoundingClientRect();
      return top < box.bottom && right > box.right + 1;
    }).map(() => "the name is cut"),
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


# Whether the picture's own title can be read whole in a window of this size.
TITLES = {
    (390, 844): False,
    (820, 1180): False,
    (1180, 820): True,
    (1440, 900): True,
    (844, 390): True,
    (3840, 2160): True,
}


def where_it_is(screen: Screen, where: str) -> bool:
    """Whether the page takes its one title to be there."""
    return bool(screen.page.get_attribute("html", "data-title") == where)


def test_a_title_drawn_into_the_picture_stands_there_once(visit: Open, film: Film) -> None:
    """Where the picture's title is whole the page hides its own; where it would be cut it is left above the window."""
    show = FakeShow(titled=True)
    with serving(show, film.preview) as server:
        screen = visit(server.url, reduced_motion="reduce")
        page = screen.page
        screen.becomes("live")
        screen.tells("#title", "pizza")
        for (width, height), drawn in TITLES.items():
            page.set_viewport_size({"width": width, "height": height})
            wanted = "picture" if drawn else "over"
            eventually(partial(where_it_is, screen, wanted), f"{width}x{height}")
            own = page.locator("#title").bounding_box()
            box = page.locator(".stage .moving").bounding_box()
            place = page.evaluate("getComputedStyle(document.querySelector('.stage .moving')).objectPosition")
            assert page.get_by_role("heading", name="bee").count() == 1, "for screen readers it is always there"
            if drawn:
                assert own["width"] <= 1
                assert (box["y"], place) == (0, "50% 0px")
            else:
                assert own["width"] > 40
                # A narrow picture fills its box, so the share of the box is the share of the picture.
                assert box["y"] <= -0.239 * box["height"]
                assert (box["y"] + box["height"], place) == (pytest.approx(height), "50% 100%")
        page.set_viewport_size({"width": 390, "height": 844})
        show.titled = False
        eventually(lambda: where_it_is(screen, "page"), "pictures without a title")
        assert page.locator(".stage .moving").bounding_box()["y"] == 0
        assert page.locator("#title").bounding_box()["width"] > 40


WIDER = """(input) => {
  const context = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(input);
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  return context.measureText(input.placeholder).width - input.clientWidth;
}"""


def test_what_stands_in_the_empty_box_is_never_cut(visit: Open, film: Film) -> None:
    """The invitation and the question for a place are as long as the box allows, also on a small phone."""
    with serving(FakeShow(), film.preview) as server:
        screen = visit(server.url, reduced_motion="reduce")
        page = screen.page
        screen.becomes("live")
        eventually(lambda: "Try" in page.get_attribute("#wish", "placeholder"), "the invitation")
        page.fill("#who-am-i", "somebody")
        for place in ("", "bottom right"):
            if place:
                page.set_viewport_size({"width": 1280, "height": 720})
                page.mouse.click(1270, 600)
                eventually(lambda: "bottom right" in page.get_attribute("#wish", "placeholder"), "the question")
            for width, height in [(360, 640), *SCREENS]:
                page.set_viewport_size({"width": width, "height": height})
                eventually(lambda: page.locator("#wish").evaluate(WIDER) <= 0, f"it fitting in {width}x{height}")
                assert len(page.get_attribute("#wish", "placeholder")) >= 6
