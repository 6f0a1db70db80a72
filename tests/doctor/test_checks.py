"""The doctor: each finding says what is and what to do, and shows no key."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamstream.doctor import checks
from dreamstream.doctor.finding import FAIL, NOTE, OK, Finding


@pytest.fixture
def listener() -> Iterator[int]:
    """A port on loopback that takes connections."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def closed_port() -> int:
    """A port on loopback that takes none."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_taken_port_is_a_failure_with_a_remedy(listener: int) -> None:
    """The page cannot be served there."""
    finding = checks.page_port("127.0.0.1", listener)
    assert finding.verdict == FAIL
    assert "--port" in finding.text
    assert checks.page_port("127.0.0.1", closed_port()).verdict == OK


def test_rtmp_server(listener: int) -> None:
    """A server is reached by a TCP connection alone, and its key is never shown."""
    good = checks.rtmp_server(f"rtmp://127.0.0.1:{listener}/live/SECRET")
    refused = checks.rtmp_server(f"rtmp://127.0.0.1:{closed_port()}/live/SECRET")
    assert (good.verdict, refused.verdict) == (OK, NOTE)
    assert "SECRET" not in good.text + refused.text


@pytest.mark.parametrize("url", ["http://h/SECRET", "rtmp:///SECRET", "rtmp://[SECRET", "rtmp://h:SECRET/x", "SECRET"])
def test_a_bad_rtmp_address_is_not_shown(url: str) -> None:
    """What cannot be an address is refused unseen."""
    finding = checks.rtmp_server(url)
    assert finding.verdict == FAIL
    assert "SECRET" not in finding.text


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """The show runs without its state folder, and the finding says so."""
    (tmp_path / "file").write_text("")
    assert checks.folder("state", tmp_path / "new").verdict == OK
    assert checks.folder("state", tmp_path / "file" / "below").verdict == NOTE


def test_libx264_works_here() -> None:
    """The encoder that everything falls back to opens and encodes."""
    assert [(f.verdict, f.subject) for f in checks.encoders()] == [(OK, "encoder")]


def test_no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without libx264 there is no show."""
    monkeypatch.setattr(checks, "_encodes", lambda name: False)
    assert [finding.verdict for finding in checks.encoders()] == [FAIL]


def test_device_in_words() -> None:
    """What JAX says, or the last line of why it does not start."""

    def fail() -> str:
        raise subprocess.CalledProcessError(1, "python", stderr="Traceback\nImportError: no jaxlib\n")

    assert checks.device(lambda: "0.10.2 | cpu cpu").text == "JAX 0.10.2 computes on cpu cpu."
    assert checks.device(fail).verdict == FAIL
    assert "ImportError: no jaxlib" in checks.device(fail).text


def test_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """1 when something fails, 0 when all that is amiss can be done without."""
    note, fail = Finding(NOTE, "a", "x."), Finding(FAIL, "b", "y.")
    monkeypatch.setattr(checks, "findings", lambda rtmp, port, config: [note])
    assert checks.run() == 0
    monkeypatch.setattr(checks, "findings", lambda rtmp, port, config: [note, fail])
    assert checks.run() == 1
    assert "fail  b: y." in capsys.readouterr().out
