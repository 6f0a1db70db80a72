"""A whole show that speaks on a scripted Twitch: a wish is answered and shown, and no token is anywhere to be seen."""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request
from collections.abc import Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dreamstream.inputs.twitch.anonymous import TwitchSource
from dreamstream.inputs.twitch.tokens import Account, TokenStore
from dreamstream.settings import load as settings_load
from tests.conftest import need_library
from tests.doubles import ColourDreamer
from tests.polling import until
from tests.show.running import Running

need_library("twitchio")

from tests.inputs.twitch.twitch_api import ALL  # noqa: E402
from tests.inputs.twitch.twitch_server import TwitchServer  # noqa: E402


class Stage:
    """A scripted Twitch in a thread of its own."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.twitch = TwitchServer()
        self._loop = asyncio.new_event_loop()
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        self.twitch.aim(patch)

    async def _serve(self) -> None:
        async with self.twitch.running():
            self._ready.set()
            await self._end.wait()

    def do(self, what: Coroutine[Any, Any, None]) -> None:
        """Let Twitch do something."""
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    """A Twitch to talk to."""
    monkeypatch.setattr(settings_load, "default_config", lambda: tmp_path / "none.toml")
    # Without a login the channel is read anonymously; not the real one.
    nowhere = partial(TwitchSource, host="127.0.0.1", port=9, tls=False)
    monkeypatch.setattr("dreamstream.inputs.twitch.source.TwitchSource", nowhere)
    made = Stage(monkeypatch)
    yield made
    made.close()


def test_a_show_speaks_and_shows_no_token(stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """From EventSub to the queue and back as a reply; after tokens ended, too; redeemed points included."""
    twitch = stage.twitch
    twitch.rewards = [{"id": "r1", "title": "Dream it", "cost": 500, "ours": True}]
    store = TokenStore(tmp_path / "twitch.json")
    for user_id in ("11", "22"):
        token, refresh = twitch.login(user_id, ALL)
        store.keep(Account(user_id, twitch.users[user_id], token, refresh, tuple(ALL)), "publicclient")
    keys = {"twitch": "dreams", "twitch_logins": str(store.path), "twitch_reward": "Dream it", "hold": 2}
    show = Running(ColourDreamer, state=tmp_path / "state", **keys)
    try:
        until(lambda: source(show)["state"] == "live", 20, "the bot to be live")
        stage.do(twitch.say("!dream bee", "ann", id="m-1"))
        until(lambda: twitch.said, 10, "the answer")
        assert twitch.said[0]["reply_parent_message_id"] == "m-1"
        assert "bee" in twitch.said[0]["message"]
        until(lambda: show.status()["now"]["title"] == "bee", 20, "bee to be dreamed")
        twitch.expire()
        stage.do(twitch.redeem("pizza", "red-1", "mia"))
        until(lambda: ("red-1", "FULFILLED") in twitch.settled, 30, "the redeemed dream")
        twitch.withdraw()
        stage.do(twitch.say("!now", "bob", id="m-2"))
        until(lambda: source(show)["as"] == "", 20, "the login to be lost")
        seen = [text(show, path) for path in ("", "api/status", "metrics", "healthz", "openapi.json")]
    finally:
        show.stop()
    assert show.error is None
    assert show.seconds_to_stop < 5
    kept = [path.read_bytes().decode("latin-1") for path in (tmp_path / "state").iterdir() if path.is_file()]
    everything = "".join([*seen, *kept, caplog.text])
    assert "reads and does not answer" in everything
    for secret in twitch.secrets:
        assert secret not in everything


def source(show: Running) -> dict[str, Any]:
    """What the show says of Twitch."""
    (found,) = [each for each in show.show.view.status().sources if each.kind == "twitch"]
    return found.model_dump()


def text(show: Running, path: str) -> str:
    """What the page's server answers; "" where there is nothing."""
    try:
        with urllib.request.urlopen(show.url + path, timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.read().decode()
