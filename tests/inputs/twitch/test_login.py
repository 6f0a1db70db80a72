"""`dreamstream twitch login`, `logout`, `status` and `reward` against a scripted Twitch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dreamstream.cli import main as cli
from dreamstream.inputs.twitch.tokens import Account, TokenStore
from tests.conftest import need_library
from tests.inputs.lookalike import become

need_library("twitchio")

from dreamstream.inputs.twitch.api import CHAT_SCOPES, LoginLostError, TwitchError  # noqa: E402
from dreamstream.inputs.twitch.login import log_in, log_out, look  # noqa: E402
from dreamstream.inputs.twitch.rewards import make_reward  # noqa: E402
from tests.inputs.twitch.twitch_api import ALL  # noqa: E402
from tests.inputs.twitch.twitch_server import TwitchServer  # noqa: E402


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[TwitchServer], Awaitable[None]]], None]:
    """Run a script against the server."""

    def played(script: Callable[[TwitchServer], Awaitable[None]]) -> None:
        async def main() -> None:
            async with TwitchServer().running() as twitch:
                twitch.aim(monkeypatch)
                await script(twitch)

        asyncio.run(asyncio.wait_for(main(), 30))

    return played


Play = Callable[[Callable[[TwitchServer], Awaitable[None]]], None]


def test_a_code_is_shown_and_the_login_is_kept(play: Play, tmp_path: Path) -> None:
    """An address and a code, patience, and then tokens that only the file has."""
    store = TokenStore(tmp_path / "twitch.json")
    said: list[str] = []

    async def script(twitch: TwitchServer) -> None:
        login = asyncio.create_task(log_in("publicclient", CHAT_SCOPES, store, said.append))
        await become(lambda: twitch.calls.count("POST /oauth2/token") == 1, "the first question")
        twitch.entered = True
        account = await login
        assert (account.login, account.user_id, set(account.scopes)) == ("dreambot", "22", set(CHAT_SCOPES))
        assert store.load().accounts == (account,)
        assert store.load().client_id == "publicclient"
        assert "twitch.tv/activate" in said[0]
        assert "ABCDEFGH" in said[0]
        assert not any(secret in " ".join(said) for secret in twitch.secrets)
        assert (await look("publicclient", account)).seconds == 14000
        assert await log_out("publicclient", account, store)
        assert twitch.tokens == {}
        assert store.load().accounts == ()
        with pytest.raises(LoginLostError, match="twitch login"):
            await look("publicclient", account)

    play(script)


def test_nobody_enters_the_code(play: Play, tmp_path: Path) -> None:
    """The wait has an end, and says so."""
    store = TokenStore(tmp_path / "twitch.json")

    async def script(twitch: TwitchServer) -> None:
        with pytest.raises(TwitchError, match="in time"):
            await log_in("publicclient", CHAT_SCOPES, store, lambda text: None, patience=0.3)
        assert store.load().accounts == ()

    play(script)


def test_a_reward_is_made_by_the_owner_only(play: Play, tmp_path: Path) -> None:
    """Without the owner's permission a person is told what to do; with it, the reward asks for a text."""
    store = TokenStore(tmp_path / "twitch.json")

    async def script(twitch: TwitchServer) -> None:
        for user_id, scopes in (("22", list(CHAT_SCOPES)), ("11", ALL)):
            if user_id == "11":
                with pytest.raises(TwitchError, match="--rewards"):
                    await make_reward(store, "Dream it", 300)
            token, refresh = twitch.login(user_id, scopes)
            store.keep(Account(user_id, twitch.users[user_id], token, refresh, tuple(scopes)), "publicclient")
        assert await make_reward(store, "Dream it", 300) == "dreams"
        (reward,) = twitch.rewards
        assert (reward["title"], reward["cost"], reward["is_user_input_required"]) == ("Dream it", 300, True)

    play(script)


def test_the_commands_say_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no client id, nobody logged in, and a login nobody can check; never a token."""
    path = tmp_path / "twitch.json"
    monkeypatch.setenv("DREAMSTREAM_TWITCH_LOGINS", str(path))
    config = tmp_path / "config.toml"
    config.touch()
    assert cli.main(["twitch", "login", "--config", str(config)]) == 2
    assert "dev.twitch.tv" in capsys.readouterr().err
    assert cli.main(["twitch", "status", "--config", str(config)]) == 1
    assert "dreamstream twitch login" in capsys.readouterr().out
    assert cli.main(["twitch", "logout", "ann", "--config", str(config)]) == 2
    assert "Nobody is logged in as ann" in capsys.readouterr().err
    TokenStore(path).keep(Account("1", "ann", "accesstoken", "refreshtoken", CHAT_SCOPES), "publicclient")
    monkeypatch.setattr("twitchio.http.Route.ID_BASE", "http://127.0.0.1:9/")
    assert cli.main(["twitch", "status", "--config", str(config)]) == 1
    assert cli.main(["twitch", "login", "--config", str(config)]) == 1
    assert cli.main(["twitch", "logout", "--config", str(config)]) == 0
    out = "".join(capsys.readouterr())
    assert "cannot be reached" in out
    assert "Logged out ann. Twitch could not be told" in out
    assert "accesstoken" not in out
    assert "refreshtoken" not in out
    assert json.loads(path.read_text())["accounts"] == []
