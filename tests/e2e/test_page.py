"""The page in a real browser: it tells what is dreamed, takes wishes, and its controls come and go."""

from __future__ import annotations

from tests.e2e.browser import eventually
from tests.e2e.screen import Open, Screen
from tests.web.show import FakeShow, Film, serving


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


def opacity(screen: Screen, selector: str) -> float:
    """How solid an element is now, from 0 to 1."""
    return float(screen.page.evaluate(f"getComputedStyle(document.querySelector({selector!r})).opacity"))
