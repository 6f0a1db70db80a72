"""Progress in plain lines, and as a bar on a terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from dreamstream.support.progress import Lines, in_words, progress


def test_lines_come_seldom_and_at_the_end() -> None:
    """One line in ten seconds, with rate and time left, and one when all is done."""
    stream, clock = io.StringIO(), [0.0]
    lines = Lines("Dreaming", 40, "frames", stream, lambda: clock[0])
    for _ in range(40):
        clock[0] += 1.0
        lines.advance(1)
    assert stream.getvalue().splitlines() == [
        "Dreaming: 10 of 40 frames, 1 per second, 30 s left",
        "Dreaming: 20 of 40 frames, 1 per second, 20 s left",
        "Dreaming: 30 of 40 frames, 1 per second, 10 s left",
        "Dreaming: 40 of 40 frames, 1 per second, in 40 s",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (99, "99 s"), (300, "5 min"), (9000, "2.5 h")])
def test_times_in_words(seconds: float, text: str) -> None:
    """Seconds, minutes, hours."""
    assert in_words(seconds) == text


def test_no_terminal_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A file or a pipe gets no bar."""
    with progress("Dreaming", 2, "frames") as advance:
        advance(2)
    assert "Dreaming: 2 of 2 frames" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are not on Windows")
def test_a_terminal_gets_a_bar() -> None:
    """On a terminal the bar shows count and rate."""
    import pty

    ours, theirs = pty.openpty()
    code = "from dreamstream.support.progress import progress\nwith progress('Dreaming', 3, 'frames') as a: a(3)"
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    subprocess.run([sys.executable, "-c", code], stderr=theirs, check=True, timeout=60, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert b"3/3" in shown
    assert b"frames/s" in shown
