"""The doctor's look at chat: are the logins good, and do the servers let us in? Nothing is said, nothing is changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

from dreamstream.core.errors import UserError
from dreamstream.doctor.finding import FAIL, NOTE, OK, Finding
from dreamstream.inputs.twitch.tokens import TokenStore
from dreamstream.settings.show import Settings

# In seconds, for one server to let us in.
PATIENCE = 12.0


def findings(settings: Settings) -> Iterable[Finding]:
    """Every chat source that is configured, and the Twitch logins."""
    yield from twitch(settings)
    if settings.irc:
        yield irc(settings)
    if settings.discord:
        yield discord(settings.discord_token.get_secret_value())


def twitch(settings: Settings) -> Iterable[Finding]:
    """Whether the logins are good, and may do what the settings want."""
    subject = "Twitch login"
    try:
        logins = TokenStore(settings.twitch_logins).load()
    except UserError as error:
        yield Finding(NOTE, subject, str(error))
        return
    if not logins.accounts:
        text = "nobody is logged in: the show reads chat, and does not answer. To change that: dreamstream twitch login"
        yield Finding(NOTE, subject, text)
        return
    try:
        from dreamstream.inputs.twitch import api as twitch_api
        from dreamstream.inputs.twitch import login as twitch_login
    except ImportError:
        yield Finding(NOTE, subject, "twitchio is not installed: pip install 'dreamstream[twitch]'")
        return
    for account in logins.accounts:
        try:
            validity = asyncio.run(twitch_login.look(logins.client_id, account))
        except twitch_api.LoginLostError:
            yield Finding(OK, subject, f"{account.login}'s token is too old; the show renews it when it starts.")
        except twitch_api.TwitchError as error:
            yield Finding(NOTE, subject, f"{account.login}: {error}.")
        else:
            lacks = sorted({twitch_api.READ, twitch_api.WRITE} - set(validity.scopes))
            text = f"{account.login} is logged in."
            if lacks:
                text = f"{account.login} may not {' nor '.join(lacks)}. Log in again: dreamstream twitch login"
            yield Finding(NOTE if lacks else OK, subject, text)
    owner = logins.named(settings.twitch or "")
    if settings.twitch_reward and (owner is None or twitch_api.REDEMPTIONS not in owner.scopes):
        text = (
            f"only {settings.twitch or 'the owner of the channel'} can allow them: dreamstream twitch login --rewards"
        )
        yield Finding(FAIL, "Twitch rewards", text)


def irc(settings: Settings) -> Finding:
    """Whether the server, the account and the channel take us."""
    from dreamstream.inputs.irc.protocol import IrcSource

    password = settings.irc_password.get_secret_value()
    try:
        source = IrcSource(
            settings.irc or "",
            nick=settings.irc_nick,
            account=(settings.irc_account or settings.irc_nick) if password else "",
            password=password,
        )
    except UserError as error:
        return Finding(FAIL, "IRC", str(error))

    async def visit() -> dict[str, object]:
        visiting = asyncio.create_task(source.run(lambda _: []))
        try:
            async with asyncio.timeout(PATIENCE):
                while source.state()["state"] == "connecting":
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        state = source.state()
        visiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await visiting
        return state

    last = asyncio.run(visit())
    if last["state"] == "live":
        return Finding(OK, "IRC", f"{last['channel']} lets us in{' with the password' if password else ''}.")
    reason = str(last["detail"]).partition("; trying again")[0]
    return Finding(FAIL, "IRC", f"{reason}. Check the address, the account and the channel.")


def discord(token: str) -> Finding:
    """Whether Discord takes the bot's token."""
    subject = "Discord"
    if not token:
        return Finding(FAIL, subject, "there is no token; put it into DREAMSTREAM_DISCORD_TOKEN.")
    try:
        import aiohttp
        import discord as library
    except ImportError:
        return Finding(FAIL, subject, "discord.py is not installed: pip install 'dreamstream[discord]'")

    async def visit() -> str:
        async with library.Client(intents=library.Intents.none()) as client, asyncio.timeout(PATIENCE):
            await client.login(token)
            return str(client.user)

    try:
        return Finding(OK, subject, f"the token is {asyncio.run(visit())}'s.")
    except library.LoginFailure:
        return Finding(FAIL, subject, "the token is not taken; copy a new one from the Developer Portal.")
    except (library.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
        return Finding(FAIL, subject, f"it cannot be reached ({type(error).__name__}).")
