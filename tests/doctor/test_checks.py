"""The doctor: each finding says what is and what to do, and shows no key; what was asked for and fails ends in 1."""

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
    assert (good.verdict, refused.verdict) == (OK, FAIL)
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


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing outside this machine is reached, and JAX is not started."""
    monkeypatch.setattr(checks, "TWITCH_CHAT", ("127.0.0.1", closed_port()))
    monkeypatch.setattr(checks, "device", lambda: Finding(OK, "device", "x."))


def told(tmp_path: Path, text: str, **environ: str) -> dict[str, Finding]:
    """The findings of a settings file, by what they are about."""
    config = tmp_path / "config.toml"
    places = f'state = "{tmp_path}"\ncache = "{tmp_path}"\ntwitch_logins = "{tmp_path / "none.json"}"\n'
    config.write_text(f"{places}port = {closed_port()}\n{text}")
    return {finding.subject: finding for finding in checks.findings(config=config, environ=environ)}


@pytest.mark.usefixtures("alone")
def test_nothing_was_asked_for(tmp_path: Path) -> None:
    """No chat of Twitch's and no login are notes: a show runs without."""
    found = told(tmp_path, "")
    assert (found["Twitch chat"].verdict, found["show"].verdict) == (NOTE, OK)
    assert not [finding for finding in found.values() if finding.verdict == FAIL]


@pytest.mark.usefixtures("alone")
def test_what_was_asked_for_fails(tmp_path: Path) -> None:
    """Servers of the settings and of the flags, a channel on Twitch, Discord without a token, folders, a look."""
    (tmp_path / "file").write_text("")
    rtmp = f"rtmp://127.0.0.1:{closed_port()}/live/SECRET"
    found = told(tmp_path, f'rtmp = ["{rtmp}"]\ntwitch = "dreams"\npreset = "calmm"\n', DREAMSTREAM_DISCORD="1234567")
    failed = {subject for subject, finding in found.items() if finding.verdict == FAIL}
    assert failed == {"RTMP 1", "Twitch chat", "Discord", "show"}
    assert "did you mean calm?" in found["show"].text
    assert "SECRET" not in repr(found)
    lost = told(tmp_path, "", DREAMSTREAM_STATE=str(tmp_path / "file" / "below"))
    assert lost["state folder"].verdict == FAIL
    config = tmp_path / "config.toml"
    assert [f.verdict for f in checks.findings([rtmp], None, config, {}) if f.subject == "RTMP 1"] == [FAIL]


@pytest.mark.usefixtures("alone")
def test_the_port_is_the_settings_own(tmp_path: Path, listener: int) -> None:
    """A taken one is found; another one may be asked about."""
    config = tmp_path / "config.toml"
    config.write_text(f'port = {listener}\nstate = "{tmp_path}"\ncache = "{tmp_path}"\n')

    def page(port: int | None) -> Finding:
        return next(finding for finding in checks.findings((), port, config, {}) if finding.subject == "page")

    assert (page(None).verdict, page(closed_port()).verdict) == (FAIL, OK)
    assert str(listener) in page(None).text
