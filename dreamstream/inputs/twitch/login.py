"""`dreamstream twitch login`: a person allows the show to act for them in their browser; nobody pastes a token.

Source: OAuth 2.0 Device Authorization Grant (RFC 8628), with a public client, which has no secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp
import twitchio

from dreamstream.inputs.twitch.api import LoginLostError, OAuth, Route, TwitchError, ask, session
from dreamstream.inputs.twitch.tokens import Account, TokenStore
from dreamstream.support.redaction import hide, redact

# Twitch's codes live half an hour; nobody needs longer.
LONGEST_LOGIN = 1800.0


@dataclass(frozen=True)
class Validity:
    """What Twitch says of a login: for how many seconds more its token holds, and what it allows."""

    seconds: int
    scopes: tuple[str, ...]


async def log_in(
    client_id: str,
    scopes: Sequence[str],
    store: TokenStore,
    say: Callable[[str], None],
    patience: float = LONGEST_LOGIN,
) -> Account:
    """Ask for a code, show it with `say`, wait until it was entered, and keep the login. Raises TwitchError."""
    async with session() as http:
        oauth = OAuth(client_id=client_id, scopes=twitchio.Scopes(list(scopes)), session=http)
        begun = await ask(oauth.device_code_flow(), "asking for a code")
        code, seconds = begun["user_code"], min(float(begun["expires_in"]), patience)
        hide(begun["device_code"])
        say(f"Open {begun['verification_uri']} in a browser, log in as the account that is to speak, and allow {code}.")
        say(f"Waiting up to {seconds / 60:.0f} minutes; Ctrl-C gives up.")
        grant = await _wait(oauth, begun["device_code"], max(1, int(begun["interval"])), seconds)
        token, refresh = grant["access_token"], grant["refresh_token"]
        hide(token, refresh)
        who = await ask(oauth.validate_token(token), "looking at the login")
        if not who.user_id or not who.login:
            raise TwitchError("Twitch gave a login that is nobody's; try again")
        account = Account(who.user_id, who.login.lower(), token, refresh, tuple(sorted(who.scopes)))
        store.keep(account, client_id)
        return account


async def _wait(oauth: OAuth, code: str, interval: int, seconds: float) -> dict[str, str]:
    deadline = time.monotonic() + seconds
    while True:
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                grant = await oauth.device_code_authorization(device_code=code, interval=interval)
                return {"access_token": grant["access_token"], "refresh_token": grant["refresh_token"]}
        except TimeoutError:
            if time.monotonic() >= deadline:
                raise TwitchError("nobody entered the code in time; run it again") from None
        except twitchio.HTTPException as error:
            raise TwitchError(f"Twitch says no: {redact(str(error.extra.get('message', error.status)))}") from None
        except ValueError as error:  # twitchio knows only some reasons
            raise TwitchError(f"Twitch says no: {redact(str(error))[:120]}") from None
        except aiohttp.ClientError:
            await asyncio.sleep(interval)  # the network may come back before the code is too old


async def look(client_id: str, account: Account) -> Validity:
    """What the login of an account is worth now. Raises LoginLostError when its token is too old, or TwitchError."""
    async with session() as http:
        oauth = OAuth(client_id=client_id, session=http)
        validity = await ask(oauth.validate_token(account.token), f"looking at the login of {account.login}", 10)
        return Validity(validity.expires_in, tuple(sorted(validity.scopes)))


async def log_out(client_id: str, account: Account, store: TokenStore) -> bool:
    """Forget a login here and at Twitch; whether Twitch heard of it."""
    store.forget(account.user_id)
    revoked = False
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
        # Not through twitchio: it takes Twitch's empty answer for an error, and puts the token into the address.
        async with session() as http, asyncio.timeout(10):
            data = {"client_id": client_id, "token": account.token}
            async with http.post(f"{Route.ID_BASE}oauth2/revoke", data=data) as answer:
                revoked = answer.status in (200, 400)  # 400: it was worth nothing any more
    return revoked


__all__ = ["LoginLostError", "Validity", "log_in", "log_out", "look"]
