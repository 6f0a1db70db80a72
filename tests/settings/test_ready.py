"""What keeps a show from running is said before anything starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dreamstream.core.errors import UsageError, UserError
from dreamstream.settings.load import load
from dreamstream.settings.ready import check_flags, check_show


def refused(flags: dict[str, object], environ: dict[str, str] | None = None) -> str:
    """The sentence with which such a show is refused."""
    with pytest.raises(UserError) as caught:
        check_show(load(flags, None, environ or {}))
    return str(caught.value)


def test_the_usual_show_is_ready(tmp_path: Path) -> None:
    """In any case of letters, with outputs into folders that are not there yet."""
    flags = {"preset": "Vivid", "model": "BuiltIn", "controls": ["zoom=1.1"], "dtype": "Float32", "steps": "3"}
    check_show(load(flags | {"record": str(tmp_path / "new" / "a.mp4"), "hls": str(tmp_path / "www")}, None, {}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"preset": "nosuch"}, "There is no preset 'nosuch'"),
        ({"dreamer": "nosuch"}, "There is no dreamer 'nosuch'"),
        ({"model": "nosuch"}, "There is no weight file nosuch"),
        ({"model": "vgg19"}, "weights fetch vgg19"),
        ({"controls": ["zoom=9"]}, "--set: zoom must be 0.9 to 1.3"),
        ({"controls": ["zooom=1"]}, "--set: there is no control 'zooom'"),
        ({"record": "show.avi"}, "ends in .mp4 or .mkv"),
        ({"record": "/dev/null/a.mp4"}, "/dev/null is no folder"),
        ({"hls": "/dev/null"}, "/dev/null is no folder"),
        ({"mpegts": ["/no/such/folder/a.ts"]}, "There is no folder /no/such/folder"),
        ({"mpegts": [__file__]}, "exists already"),
        ({"audio": "/no/such.mp3"}, "There is no sound file /no/such.mp3"),
        ({"discord": "123"}, "DREAMSTREAM_DISCORD_TOKEN"),
        ({"irc": "irc://host/x", "irc_password": "secret"}, "write ircs://"),
    ],
)
def test_refusals(flags: dict[str, object], sentence: str) -> None:
    """One sentence each, before anything is loaded."""
    assert sentence in refused(flags)


@pytest.mark.slow
def test_more_devices_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """JAX is asked in a process of its own, and only where several are wanted."""
    assert refused({"devices": "77"}).startswith("--devices is 77, but there")
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    check_show(load({"devices": "4", "dream_size": "640x360"}, None, {}))
    assert "cannot share 362 rows evenly; 2 can" in refused({"devices": "4", "dream_size": "640x362"})
    monkeypatch.setattr(subprocess, "run", None)  # would fail, were it called
    check_show(load({"devices": "1"}, None, {}))


@pytest.mark.parametrize(
    ("flags", "environ", "sentence"),
    [
        ({"record_rotate": "1h"}, {}, "--record-rotate has no effect without --record."),
        ({"rtmp_renew": "3"}, {}, "--rtmp-renew has no effect without --rtmp."),
        ({"twitch_reward": "x"}, {}, "--twitch-reward has no effect without --twitch."),
        ({"twitch_bits": "5"}, {}, "--twitch-bits has no effect without --twitch."),
        ({"twitch_logins": "x"}, {}, "--twitch-logins has no effect without --twitch."),
        ({"irc_nick": "x"}, {}, "--irc-nick has no effect without --irc."),
        ({"irc_account": "x"}, {}, "--irc-account has no effect without --irc."),
        ({"irc_account": "x", "irc": "ircs://h/c"}, {}, "--irc-account has no effect without a password"),
        ({"new_token": True}, {"DREAMSTREAM_CONTROL_TOKEN": "x" * 16}, "--new-token has no effect"),
    ],
)
def test_flags_without_effect_are_refused(flags: dict[str, object], environ: dict[str, str], sentence: str) -> None:
    """A person who gives one expects something; in a file it may wait for the day when it is needed."""
    with pytest.raises(UsageError) as caught:
        check_flags(load(flags, None, environ), flags)
    assert str(caught.value).startswith(sentence)
    check_flags(load(flags, None, environ), {})


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        ("--preset", "nosuch"),
        ("--set", "zoom=9"),
        ("--devices", "77"),
        ("--config", "zooom.toml"),
        ("--dreamer", "nosuch"),
        ("--model", "vgg19"),
        ("--audio", "nosuch.mp3"),
        ("--discord", "123"),
    ],
)
def test_a_wrong_value_reaches_nobody(wrong: tuple[str, str], tmp_path: Path) -> None:
    """A server that listens sees no connection, the folder stays empty, no control link is printed."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0)
    place = tmp_path / "place"
    place.mkdir()
    (tmp_path / "zooom.toml").write_text("[controls]\nzooom = 1.0\n")
    values = [str(tmp_path / wrong[1]) if wrong[0] == "--config" else wrong[1]]
    rtmp = f"rtmp://127.0.0.1:{server.getsockname()[1]}/app/KEY"
    flags = ["--rtmp", rtmp, "--record", "show.mp4", "--hls", "www", "--state", "state", "--port", "0"]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("DREAMSTREAM_")}
    done = subprocess.run(
        [sys.executable, "-m", "dreamstream", "serve", *flags, wrong[0], *values],
        cwd=place,
        env=environ | {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(place), "PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (1, 2), done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("dreamstream: ")
    assert done.stderr.count("\n") == 1
    assert list(place.iterdir()) == []
    with pytest.raises(BlockingIOError):
        server.accept()
    server.close()
