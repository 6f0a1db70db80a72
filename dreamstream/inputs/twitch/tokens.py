"""Where logins are kept: one JSON file that only its owner may read, written whole or not at all.

A file and no key ring: a show runs on servers and in containers, where there is no desktop to unlock one.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from dreamstream.core.errors import UserError
from dreamstream.support import files, redaction

log = logging.getLogger(__name__)

_LARGEST = 1 << 20
LOCK_WITHIN = 10.0


@dataclass(frozen=True)
class Account:
    """Somebody who let the show act for them. login: their name in lower case; scopes: what they allowed."""

    user_id: str
    login: str
    token: str = field(repr=False)
    refresh: str = field(repr=False)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Logins:
    """All that is kept: the application's public client id, and its accounts, the latest login last."""

    client_id: str = ""
    accounts: tuple[Account, ...] = ()

    def named(self, login: str) -> Account | None:
        """The account of that name, in any case."""
        return next((account for account in self.accounts if account.login == login.lower()), None)


class TokenStore:
    """Reads and writes the file at `path`; whatever it reads or writes is hidden from all log lines."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def load(self) -> Logins:
        """What is kept; nothing when there is no file. Raises UserError when it cannot be read or is damaged."""
        try:
            with self.path.open("rb") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                    os.fchmod(file.fileno(), 0o600)
                    log.warning("%s could be read by others; it no longer can.", self.path)
                data = file.read(_LARGEST)
        except FileNotFoundError:
            return Logins()
        except OSError as error:
            raise UserError(f"The logins in {self.path} cannot be read: {error.strerror or error}.") from None
        try:
            logins = _logins(json.loads(data))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise UserError(
                f"The logins in {self.path} are damaged. Delete the file and run: dreamstream twitch login"
            ) from None
        for account in logins.accounts:
            redaction.hide(account.token, account.refresh)
        return logins

    def keep(self, account: Account, client_id: str = "") -> None:
        """Add an account, or put new tokens in the place of its old ones. Raises UserError."""
        redaction.hide(account.token, account.refresh)
        with self._alone():
            before = self.load()
            others = [each for each in before.accounts if each.user_id != account.user_id]
            if client_id and client_id != before.client_id:
                others = []  # tokens belong to the application that asked for them
            self._write(Logins(client_id or before.client_id, (*others, account)))

    def renew(self, user_id: str, token: str, refresh: str) -> None:
        """Put new tokens in the place of an account's old ones; nothing when it is no longer kept. Raises UserError."""
        redaction.hide(token, refresh)
        with self._alone():
            before = self.load()
            renewed = tuple(
                replace(each, token=token, refresh=refresh) if each.user_id == user_id else each
                for each in before.accounts
            )
            if renewed != before.accounts:
                self._write(Logins(before.client_id, renewed))

    def forget(self, user_id: str) -> None:
        """Remove an account. Raises UserError."""
        with self._alone():
            before = self.load()
            left = tuple(each for each in before.accounts if each.user_id != user_id)
            self._write(Logins(before.client_id, left))

    def changed_at(self) -> float:
        """When the file was last written, 0 when there is none; for those who wait for a new login."""
        try:
            return self.path.stat().st_mtime
        except OSError:
            return 0.0

    def _write(self, logins: Logins) -> None:
        accounts = [asdict(account) | {"scopes": list(account.scopes)} for account in logins.accounts]
        text = json.dumps({"version": 1, "client_id": logins.client_id, "accounts": accounts}, indent=1)
        files.write(self.path, text.encode(), lasting=True, private=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process changes the file meanwhile: a show renews tokens while somebody logs in."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Held for the writing of a few kilobytes.
            with filelock.FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=LOCK_WITHIN):
                yield
        except filelock.Timeout:
            raise UserError(f"Another dreamstream holds {self.path}; end it, or try again.") from None
        except OSError as error:
            raise UserError(f"The login cannot be kept in {self.path}: {error.strerror or error}.") from None


def default_path() -> Path:
    """Where logins are kept when nothing else is said."""
    return platformdirs.user_data_path("dreamstream") / "twitch.json"


def _logins(data: Any) -> Logins:
    accounts = tuple(
        Account(
            user_id=str(item["user_id"]),
            login=str(item["login"]),
            token=str(item["token"]),
            refresh=str(item["refresh"]),
            scopes=tuple(str(scope) for scope in item.get("scopes", [])),
        )
        for item in data["accounts"]
    )
    return Logins(str(data["client_id"]), accounts)
