"""Twitch's web API through twitchio, as a public client: a client id and no secret, tokens renewed and kept.

Import it only where somebody is logged in: twitchio is an extra. What it does not do is done here: waiting when Twitch
says "too many requests", a bound on every wait, and errors without tokens in them (twitchio's show whole addresses).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeVar

import aiohttp
import twitchio
from aiohttp.client_middlewares import ClientHandlerType
from twitchio.authentication.oauth import OAuth
from twitchio.http import Route

from dreamstream.core.errors import UserError
from dreamstream.inputs.twitch.tokens import Account, TokenStore
from dreamstream.support.redaction import redact

log = logging.getLogger(__name__)

T = TypeVar("T")

# In seconds: one call with its retries; what Twitch may tell us to wait at most.
PATIENCE, LONGEST_WAIT = 20.0, 15.0
_TRIES = 4

READ, WRITE = "user:read:chat", "user:write:chat"
FOLLOWERS, REDEMPTIONS = "moderator:read:followers", "channel:manage:redemptions"
CHAT_SCOPES = (READ, WRITE, FOLLOWERS)
OWNER_SCOPES = (*CHAT_SCOPES, REDEMPTIONS)


class TwitchError(Exception):
    """Twitch could not or would not; a sentence for people, without secrets.

    status: the HTTP status when Twitch answered, else 0. From 400 to 499 the same call would fail again.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class LoginLostError(TwitchError):
    """Twitch no longer takes this login; only a new one helps."""


@contextlib.asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections to Twitch: bounded in time, and patient where Twitch asks for it."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE + _TRIES * LONGEST_WAIT, connect=10, sock_read=10)
    async with aiohttp.ClientSession(timeout=timeout, middlewares=(_wait_when_told,)) as made:
        yield made


async def _wait_when_told(request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
    """After "429 Too Many Requests", try again when Ratelimit-Reset says, a few times."""
    for _ in range(_TRIES - 1):
        response = await send(request)
        if response.status != 429:
            return response
        try:
            wait = float(response.headers.get("Ratelimit-Reset", "")) - time.time()
        except ValueError:
            wait = 1.0
        response.release()
        await asyncio.sleep(min(max(wait, 0.1), LONGEST_WAIT))
    return await send(request)


async def ask(call: Awaitable[T], what: str, patience: float = PATIENCE) -> T:
    """The answer to one call. Raises LoginLostError or TwitchError, both without secrets."""
    try:
        async with asyncio.timeout(patience):
            return await call
    except TimeoutError:
        raise TwitchError(f"Twitch does not answer ({what})") from None
    except twitchio.MessageRejectedError as error:
        raise TwitchError(f"Twitch rejects what we say: {error.message or error.code}") from None
    except twitchio.HTTPException as error:
        raise _sorrow(error, what) from None
    except (aiohttp.ClientError, twitchio.WebsocketConnectionException, OSError) as error:
        raise TwitchError(f"Twitch cannot be reached ({what}: {type(error).__name__})") from None


def _sorrow(error: twitchio.HTTPException, what: str) -> TwitchError:
    message = error.extra.get("message", "") if isinstance(error.extra, dict) else ""
    text = redact(" ".join(str(message).split()))[:120]
    asked_for_tokens = isinstance(error, twitchio.InvalidTokenException) or bool(error.route and error.route.use_id)
    if asked_for_tokens and error.status in (400, 401, 403):
        return LoginLostError(
            f"Twitch no longer takes the login ({text or error.status}); run: dreamstream twitch login"
        )
    if error.status == 401 and "scope" in text.lower():
        return TwitchError(f"the login does not allow this ({what}: {text}); run: dreamstream twitch login", 401)
    if error.status == 401:
        return LoginLostError(f"Twitch no longer takes the login ({text}); run: dreamstream twitch login")
    return TwitchError(f"Twitch says {error.status} ({what}{': ' + text if text else ''})", error.status)


class Client(twitchio.Client):
    """twitchio's client for our accounts. store: where renewed tokens go at once, for each can be used only once."""

    def __init__(self, client_id: str, bot: Account, http: aiohttp.ClientSession, store: TokenStore) -> None:
        super().__init__(client_id=client_id, bot_id=bot.user_id, session=http, fetch_client_user=False)
        self._store, self._bot = store, bot

    async def enter(self, *accounts: Account) -> None:
        """Log in with the tokens of these accounts; they are renewed when their time is up. Raises TwitchError."""
        await ask(self.login(token=self._bot.token, load_tokens=False, save_tokens=False), "login")
        for account in accounts:
            entered = await ask(self.add_token(account.token, account.refresh), f"login of {account.login}")
            if entered.user_id != account.user_id:
                raise LoginLostError(f"the login of {account.login} is someone else's; run: dreamstream twitch login")

    def dispatch(self, event: str, payload: Any | None = None) -> None:
        """As twitchio's, but renewed tokens are kept before anything else happens: a crash must not lose them."""
        if event == "token_refreshed" and payload is not None:
            try:
                self._store.renew(payload.user_id, payload.token, payload.refresh_token)
            except UserError as error:
                log.warning("%s The next start will need a new login.", error)
            if payload.user_id == self.bot_id:
                # Else every call that names no user would go out with the dead token first.
                self.http._app_token = payload.token
            return
        super().dispatch(event, payload)

    async def close(self, **options: Any) -> None:
        """As twitchio's, but links that are about to come back stay away."""
        for socket in [socket for each in self._websockets.values() for socket in each.values()]:
            for task in list(socket._connection_tasks):
                task.cancel()
        await super().close(**options)

    def connected(self) -> int:
        """How many subscriptions arrive over links that stand; twitchio has no public way to tell."""
        sockets = [socket for each in self._websockets.values() for socket in each.values()]
        return sum(socket.subscription_count for socket in sockets if socket.connected)


__all__ = ["Client", "LoginLostError", "OAuth", "Route", "TwitchError", "ask", "session"]
