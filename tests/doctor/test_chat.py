"""The doctor's look at chat: logins and servers, with what to do, and never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.doctor import chat as doctor_chat
from dreamstream.doctor import checks
from dreamstream.doctor.finding import FAIL, NOTE, OK
from dreamstream.inputs.twitch.tokens import Account, TokenStore
from dreamstream.settings.load import load
from dreamstream.settings.show import Settings
from tests.conftest import need_library
from tests.e2e.conftest import free_port
from tests.e2e.ngircd import IrcServer, irc_server

__all__ = ["irc_server"]

SECRET = "secret-token-of-nobody"


def settings(tmp_path: Path, **told: object) -> Settings:
    """Settings that know nothing of this machine."""
    config = tmp_path / "config.toml"
    config.touch()
    return load({"twitch_logins": str(tmp_path / "twitch.json"), **told}, config, {})


def test_nobody_is_logged_in(tmp_path: Path) -> None:
    """A note with the command that changes it."""
    (finding,) = doctor_chat.findings(settings(tmp_path))
    assert (finding.verdict, finding.subject) == (NOTE, "Twitch login")
    assert "dreamstream twitch login" in finding.text


def test_a_login_that_cannot_be_checked_and_a_reward_without_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each gets its own finding, and no token is shown."""
    need_library("twitchio")
    monkeypatch.setattr("twitchio.http.Route.ID_BASE", f"http://127.0.0.1:{free_port()}/")
    TokenStore(tmp_path / "twitch.json").keep(Account("1", "bot", SECRET, SECRET), "client")
    told = settings(tmp_path, twitch="dreams", twitch_reward="Dream it")
    login, reward = doctor_chat.findings(told)
    assert "cannot be reached" in login.text
    assert "dreams" in reward.text
    assert "--rewards" in reward.text
    assert SECRET not in repr((login, reward))


def test_irc_is_visited(tmp_path: Path, irc_server: IrcServer) -> None:
    """A server that lets us in, one that is not there, and a password without TLS."""
    good = doctor_chat.irc(settings(tmp_path, irc=irc_server.url()))
    assert (good.verdict, good.text) == (OK, "#dream lets us in.")
    gone = doctor_chat.irc(settings(tmp_path, irc=f"irc://127.0.0.1:{free_port()}/dream"))
    assert gone.verdict == FAIL
    assert "cannot be reached" in gone.text
    open_text = doctor_chat.irc(settings(tmp_path, irc=irc_server.url(), irc_password=SECRET))
    assert "ircs://" in open_text.text
    assert SECRET not in open_text.text


def test_discord_without_a_token_and_without_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are failures: it was asked for."""
    assert "DREAMSTREAM_DISCORD_TOKEN" in doctor_chat.discord("").text
    need_library("discord")
    monkeypatch.setattr("discord.http.Route.BASE", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(doctor_chat, "PATIENCE", 1.0)
    finding = doctor_chat.discord(SECRET)
    assert finding.verdict == FAIL
    assert SECRET not in finding.text


def test_settings_that_cannot_be_read_are_a_failure(tmp_path: Path) -> None:
    """The doctor says which."""
    config = tmp_path / "config.toml"
    config.write_text("fps = 'many'\n")
    finding = next(iter(checks.findings(config=config, environ={})))
    assert (finding.verdict, finding.subject) == (FAIL, "settings")
    assert "fps" in finding.text
