"""Progress and downloads in plain lines, and as a bar on a terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from dreamstream.support.progress import Lines, TransferLines, in_words, progress


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


def test_lines_of_a_download() -> None:
    """One line in ten seconds with rate and time left, one at the end; a resumed download counts only what came now."""
    stream, clock = io.StringIO(), [0.0]
    lines = TransferLines("vgg16", stream, lambda: clock[0])
    for done in range(100, 401, 10):
        lines.told(done * 1_000_000, 400_000_000)
        clock[0] += 1.0
    assert stream.getvalue().splitlines() == [
        "vgg16: going on after 100.0 MB",
        "vgg16: 200.0 of 400.0 MB, 10.00 MB per second, 20 s left",
        "vgg16: 300.0 of 400.0 MB, 10.00 MB per second, 10 s left",
        "vgg16: 400.0 of 400.0 MB, 10.00 MB per second, in 30 s",
    ]


def test_lines_without_a_total() -> None:
    """Where the server does not say how much there is, what has come and the rate are shown."""
    stream, clock = io.StringIO(), [0.0]
    lines = TransferLines("vgg16", stream, lambda: clock[0])
    lines.told(0, None)
    clock[0] = 20.0
    lines.told(50_000_000, None)
    assert stream.getvalue() == "vgg16: 50.0 MB, 2.50 MB per second\n"


BARS = [
    # Count and rate.
    ("progress('Dreaming', 3, 'frames') as a: a(3)", [b"3/3", b"frames/s"]),
    # Sizes and rate, also after a restart from zero.
    ("transfer('vgg16') as a: [a(n * 10**6, 5 * 10**6) for n in (1, 2, 0, 3, 5)]", [b"5.0/5.0 MB"]),
]


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are not on Windows")
@pytest.mark.parametrize(("work", "wanted"), BARS)
def test_a_terminal_gets_a_bar(work: str, wanted: list[bytes]) -> None:
    """On a terminal the bar shows how far it is."""
    import pty

    ours, theirs = pty.openpty()
    code = f"from dreamstream.support.progress import progress, transfer\nwith {work}"
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
    assert all(part in shown for part in wanted)
