"""How long a frame takes from its making to the pixels of the page, by each way of showing it, on this machine.

    python -m tests.e2e.measure_glass

A picture that holds the time of its making goes through the show's encoder, server and a headless Chromium on loopback.
Change: how much longer or shorter one picture took than the one before; jerks: how many did by more than 100 ms.
"""

from __future__ import annotations

import argparse
import contextlib
from typing import Any

from tests.e2e.browser import chromium
from tests.e2e.glass import Clockwork, delays, summary
from tests.polling import until
from tests.web.show import FakeShow, serving


def first_picture(page: Any) -> float:
    """Milliseconds to it, from the page's own start: the browser's and this script's delays are not the show's."""
    until(lambda: page.evaluate("dreamstream.stats.first"), 20, "the first picture")
    return float(page.evaluate("dreamstream.stats.first"))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15.0, help="watched for each way")
    parser.add_argument("--size", default="640x360")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    print("| way | first picture | median | 95 % | pictures | change, 95 % | jerks |\n|---|---|---|---|---|---|---|")
    with contextlib.ExitStack() as stack:
        browser: Any = stack.enter_context(chromium())
        clockwork = stack.enter_context(Clockwork((width, height)))
        server = stack.enter_context(serving(FakeShow(), clockwork.preview, stills=clockwork.stills))
        for way in ("codecs", "mse", "stills"):
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(f"{server.url}/?video={way}")
            first = first_picture(page)
            page.wait_for_timeout(3000)
            found = summary(delays(page, given.seconds))
            times = [f"{each:.0f} ms" for each in (first, found["median"], found["p95"])]
            row = [way, *times, str(found["count"]), f"{found['uneven']:.0f} ms", str(found["jumps"])]
            print(f"| {' | '.join(row)} |", flush=True)
            page.close()


if __name__ == "__main__":
    main()
