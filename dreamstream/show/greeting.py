"""What the person who starts a show is told: where it is, and the way to its control room."""

from __future__ import annotations

import threading
import webbrowser

from dreamstream.inputs.console import is_interactive
from dreamstream.settings.show import Settings
from dreamstream.show.build import keep_token
from dreamstream.show.state import StateFolder
from dreamstream.web.address import PageAddress


class Greeting:
    """On the loop's thread. token: a new one for the control room, "" where there is none to be told."""

    def __init__(self, settings: Settings, port: int, token: str, state: StateFolder) -> None:
        self._url, self._open = PageAddress(settings.host, port).here, settings.open
        self._token, self._state = token, state

    @property
    def owes_link(self) -> bool:
        """Whether the way to the control room is still to be told; from any thread."""
        return bool(self._token)

    def hello(self) -> None:
        """Say that the show is on, and open the page where that was asked for."""
        typed = " Or type it here." if is_interactive() else ""
        print(f"The show is on: open {self._url} and ask for something to dream.{typed}", flush=True)
        if self._open:
            # A browser that has to start first may take its time.
            threading.Thread(target=webbrowser.open, args=(self._url,), name="browser", daemon=True).start()

    def link(self) -> None:
        """Tell the way to the control room, once there is a dreamer: a start that fails tells nobody."""
        token, self._token = self._token, ""
        if token:
            keep_token(token, self._state)
            # Behind the #, where browsers keep it to themselves.
            print(f"The control room is at {self._url}control#{token} (keep this link; it is shown once).", flush=True)
