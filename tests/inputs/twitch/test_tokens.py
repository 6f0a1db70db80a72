"""Where logins are kept: private, whole, and never in a log line."""

from __future__ import annotations

import io
import logging
import os
import threading
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.inputs.twitch.tokens import Account, TokenStore
from dreamstream.support import logs

ANN = Account("1", "ann", "ann-access-token", "ann-refresh-token", ("user:read:chat",))
BOB = Account("2", "bob", "bob-access-token", "bob-refresh-token")


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Accounts in the order of their logins, by name in any case; a second login takes the place of the first."""
    store = TokenStore(tmp_path / "deep" / "twitch.json")
    assert store.load().accounts == ()
    store.keep(ANN, "client")
    store.keep(BOB, "client")
    store.keep(ANN, "client")
    logins = TokenStore(store.path).load()
    assert (logins.client_id, logins.accounts) == ("client", (BOB, ANN))
    assert logins.named("ANN") == ANN
    store.renew("2", "new-access-token", "new-refresh-token")
    renewed = store.load().named("bob")
    assert renewed
    assert (renewed.token, renewed.refresh) == ("new-access-token", "new-refresh-token")
    store.forget("2")
    store.renew("2", "x" * 9, "y" * 9)
    assert store.load().accounts == (ANN,)


def test_another_application_begins_anew(tmp_path: Path) -> None:
    """Tokens of one client id are worth nothing to another."""
    store = TokenStore(tmp_path / "twitch.json")
    store.keep(ANN, "client")
    store.keep(BOB, "other")
    assert store.load().accounts == (BOB,)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """The file is born private; one that is not is made so when it is read."""
    store = TokenStore(tmp_path / "twitch.json")
    old = os.umask(0)
    try:
        store.keep(ANN, "client")
    finally:
        os.umask(old)
    assert store.path.stat().st_mode & 0o777 == 0o600
    store.path.chmod(0o644)
    store.load()
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".twitch.json.lock", "twitch.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"client_id": "x"}', '{"client_id": "x", "accounts": [{}]}', "\xff"])
def test_a_damaged_file_is_explained(tmp_path: Path, text: str) -> None:
    """The message names the file and the remedy, and nothing of what is in it."""
    store = TokenStore(tmp_path / "twitch.json")
    store.path.write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match="twitch login"):
        store.load()


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be kept"):
        TokenStore(tmp_path / "file" / "twitch.json").keep(ANN, "client")


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    """A show that renews its tokens and somebody who logs in do not overwrite each other."""
    path = tmp_path / "twitch.json"
    TokenStore(path).keep(ANN, "client")

    def renew() -> None:
        for number in range(40):
            TokenStore(path).renew("1", f"access-token-{number}", f"refresh-token-{number}")

    renewing = threading.Thread(target=renew)
    renewing.start()
    for number in range(40):
        TokenStore(path).keep(Account(str(100 + number), f"guest{number}", "t" * 9, "r" * 9), "client")
    renewing.join(30)
    accounts = TokenStore(path).load().accounts
    assert len(accounts) == 41
    assert {account.token for account in accounts if account.user_id == "1"} == {"access-token-39"}


def test_tokens_are_in_no_log_line(tmp_path: Path) -> None:
    """Not in messages, not in tracebacks, and not in what Python shows of an account."""
    store = TokenStore(tmp_path / "twitch.json")
    store.keep(ANN, "client")
    assert "token" not in repr(ANN)
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.setup("main", stream=stream)
        try:
            raise ValueError(f"https://id.example/oauth2/token?refresh_token={ANN.refresh}")
        except ValueError:
            logging.getLogger("some.library").exception("failed with %s", ANN.token)
    finally:
        root.handlers[:], root.level = before, level
    assert "ValueError" in stream.getvalue()
    assert ANN.token not in stream.getvalue()
    assert ANN.refresh not in stream.getvalue()
