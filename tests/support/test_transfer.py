"""Downloads in plain lines, and as a bar on a terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from dreamstream.support.progress import TransferLines


def test_lines() -> None:
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


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are not on Windows")
def test_a_terminal_gets_a_bar() -> None:
    """On a terminal the bar shows sizes and rate, also after a restart from zero."""
    import pty

    ours, theirs = pty.openpty()
    code = (
        "from dreamstream.support.progress import transfer\n"
        "with transfer('vgg16') as told:\n"
        "    [told(n * 10**6, 5 * 10**6) for n in (1, 2, 0, 3, 5)]"
    )
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
    assert b"5.0/5.0 MB" in shown
