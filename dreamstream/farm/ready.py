"""What would keep a channel from running, said of each before any is started, as `serve` says it of its own show."""

from __future__ import annotations

import contextlib
import socket

from dreamstream.core.errors import UsageError, UserError
from dreamstream.farm.plan import Plan, settings_of
from dreamstream.settings.ready import check_folder, check_show

# Below it, ports are for those who may.
_ANYBODYS = 1024


def check_channels(plan: Plan) -> None:
    """Raise UserError for what a channel cannot run with. Paths are meant from the plan's folder, where this goes."""
    with contextlib.chdir(plan.home):
        for name, channel in plan.channels.items():
            settings = settings_of(channel)
            try:
                if plan.backend == "local":
                    _check_port(channel.port)
                else:
                    settings = settings.model_copy(update={"devices": 1})  # other machines have others
                check_show(settings)
                if settings.state is not None:
                    check_folder(settings.state.absolute(), f"The state in {settings.state}")
            except UserError as error:
                raise type(error)(f"[channels.{name}] cannot run. {error}") from None


def _check_port(port: int) -> None:
    if 0 < port < _ANYBODYS:
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except PermissionError:
                raise UsageError(f"Port {port} may not be opened by this user; choose one above 1023.") from None
            except OSError:
                pass  # perhaps the channel has it, from a farm before
