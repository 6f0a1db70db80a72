"""What a channel cannot run with is said before any is started."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.farm.plan import read_plan
from dreamstream.farm.ready import check_channels


def check(folder: Path, text: str) -> None:
    """Check a plan that is this text, from another folder than its own."""
    path = folder / "farm.toml"
    path.write_text(f"farm = 1\n{text}\n")
    check_channels(read_plan(path, 0))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('preset = "nihgt"', "did you mean night"),
        ('model = "nowhere.safetensors"', "nowhere.safetensors"),
        ('record = "show.avi"', "ends in .mp4 or .mkv"),
        ('record = "closed/show.mkv"', "closed takes no new files"),
        ('hls = "closed/www"', "closed takes no new files"),
        ('state = "closed/state"', "closed takes no new files"),
        ('audio = "nowhere.ogg"', "no sound file nowhere.ogg"),
        ("port = 99", "Port 99 may not be opened"),
    ],
)
def test_what_a_channel_cannot_run_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, said: str
) -> None:
    """Of the second, too; the channel's name and the reason are in the sentence."""
    (tmp_path / "closed").mkdir()

    def bind(self: socket.socket, address: tuple[str, int]) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "closed")
    before = Path.cwd()
    with pytest.raises(UserError) as caught:
        check(tmp_path, f"[channels.a]\n[channels.b.settings]\n{settings}")
    assert str(caught.value).startswith("[channels.b] cannot run. ")
    assert said in str(caught.value)
    assert Path.cwd() == before


def test_paths_are_meant_from_the_plans_folder(tmp_path: Path) -> None:
    """What is there is found; a port that a running channel has is no reason to refuse it."""
    (tmp_path / "sound.ogg").write_bytes(b"")
    check(tmp_path, '[channels.a.settings]\naudio = "sound.ogg"\nrecord = "out/show.mkv"\nstate = "state"')
    check(tmp_path, 'backend = "ray"\n[channels.a.settings]\nport = 99\ndevices = 2')
