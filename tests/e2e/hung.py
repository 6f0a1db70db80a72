"""A server of live pictures in a process of its own, which a test may stop and continue."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.web.show import FakeShow, Film, serving


class Hung:
    """The process; use as a context manager. url: where its page is."""

    def __enter__(self) -> Hung:
        self.process = subprocess.Popen([sys.executable, "-m", "tests.e2e.hung"], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http"), "the server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def main() -> None:
    """Serve until killed."""
    with Film() as film, serving(FakeShow(), film.preview) as server:
        print(server.url, flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
