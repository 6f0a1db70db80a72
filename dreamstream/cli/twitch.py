"""`dreamstream twitch`: let the show speak in a channel's chat."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from dreamstream.cli.common import Commands, command, commands_of
from dreamstream.core.errors import UsageError, UserError
from dreamstream.support.extras import need


def add(commands: Commands) -> None:
    """Add the command and its own."""
    inner = commands_of(commands, "twitch", "let the show speak in Twitch chat: log in, log out, see who is")
    login = command(inner, "login", _login, "log in with a code in the browser; no token is typed or pasted")
    login.add_argument("--client-id", metavar="ID", help="of your application on dev.twitch.tv (kept for next time)")
    login.add_argument(
        "--rewards",
        action="store_true",
        help="also allow channel-point rewards; log in as the channel's owner (other logins stay)",
    )
    logout = command(inner, "logout", _logout, "forget a login, here and at Twitch")
    logout.add_argument("account", nargs="?", metavar="NAME", help="of the account (default: all)")
    reward = command(inner, "reward", _reward, "make a channel-point reward that asks for a dream")
    reward.add_argument("title", metavar="TITLE", help="what viewers see, at most 45 characters")
    reward.add_argument("--cost", type=int, default=500, metavar="POINTS", help="what it costs (default 500)")
    status = command(inner, "status", _status, "who is logged in, and for how long")
    for made in (login, logout, reward, status):
        made.add_argument("--config", type=Path, default=None, metavar="FILE", help="TOML file with settings")


def _login(arguments: argparse.Namespace) -> int:
    need("Logging in at Twitch", "twitch", "twitchio")
    from dreamstream.inputs.twitch import api as twitch_api
    from dreamstream.inputs.twitch import login as twitch_login
    from dreamstream.inputs.twitch.tokens import TokenStore
    from dreamstream.settings.load import load as load_settings

    settings = load_settings({}, arguments.config)
    store = TokenStore(settings.twitch_logins)
    client_id = arguments.client_id or store.load().client_id
    if not client_id:
        raise UsageError(
            "Twitch wants to know which application asks: make one at https://dev.twitch.tv/console (client type "
            "Public), then run: dreamstream twitch login --client-id ID (docs/twitch.md goes step by step)",
        )
    scopes = twitch_api.OWNER_SCOPES if arguments.rewards else twitch_api.CHAT_SCOPES

    def say(text: str) -> None:
        print(text, flush=True)

    try:
        account = asyncio.run(twitch_login.log_in(client_id, scopes, store, say))
    except twitch_api.TwitchError as error:
        raise UserError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    print(f"Logged in as {account.login}. The show speaks as {account.login} now, also one that is running.")
    return 0


def _logout(arguments: argparse.Namespace) -> int:
    need("Logging in at Twitch", "twitch", "twitchio")
    from dreamstream.inputs.twitch import login as twitch_login
    from dreamstream.inputs.twitch.tokens import TokenStore
    from dreamstream.settings.load import load as load_settings

    store = TokenStore(load_settings({}, arguments.config).twitch_logins)
    logins = store.load()
    named = logins.named(arguments.account) if arguments.account else None
    if arguments.account and named is None:
        raise UsageError(f"Nobody is logged in as {arguments.account}.")
    for account in [named] if named else logins.accounts:
        heard = asyncio.run(twitch_login.log_out(logins.client_id, account, store))
        also = "" if heard else " Twitch could not be told; remove it there: https://www.twitch.tv/settings/connections"
        print(f"Logged out {account.login}.{also}")
    if not logins.accounts:
        print("Nobody is logged in.")
    return 0


def _reward(arguments: argparse.Namespace) -> int:
    need("Logging in at Twitch", "twitch", "twitchio")
    from dreamstream.inputs.twitch import api as twitch_api
    from dreamstream.inputs.twitch import rewards as twitch_rewards
    from dreamstream.inputs.twitch.tokens import TokenStore
    from dreamstream.settings.load import load as load_settings

    store = TokenStore(load_settings({}, arguments.config).twitch_logins)
    try:
        owner = asyncio.run(twitch_rewards.make_reward(store, arguments.title, arguments.cost))
    except twitch_api.TwitchError as error:
        raise UserError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    print(f"{owner}'s viewers can redeem {arguments.title!r} for {arguments.cost} points. Use it in the show with:")
    print(f"  dreamstream serve --twitch {owner} --twitch-reward {arguments.title!r}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from dreamstream.inputs.twitch.tokens import TokenStore
    from dreamstream.settings.load import load as load_settings

    store = TokenStore(load_settings({}, arguments.config).twitch_logins)
    logins = store.load()
    if not logins.accounts:
        print("Nobody is logged in: the show reads chat, and does not speak. To change that: dreamstream twitch login")
        return 1
    need("Looking at Twitch", "twitch", "twitchio")
    from dreamstream.inputs.twitch import api as twitch_api
    from dreamstream.inputs.twitch import login as twitch_login

    good = True
    for account in logins.accounts:
        try:
            validity = asyncio.run(twitch_login.look(logins.client_id, account))
        except twitch_login.LoginLostError:
            print(f"{account.login}: the token is too old; the show renews it when it starts.")
        except twitch_api.TwitchError as error:
            print(f"{account.login}: {error}.")
            good = False
        else:
            rest = f"{validity.seconds // 3600} h {validity.seconds // 60 % 60} min"
            print(f"{account.login}: logged in, renewed in {rest} at the latest; may use {', '.join(validity.scopes)}.")
    return 0 if good else 1
