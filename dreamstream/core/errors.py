"""The one exception that means: a person asked for something that cannot be done, and this is why."""

from __future__ import annotations


class UserError(Exception):
    """A mistake that its reader can mend; the message is one or two sentences with the value and the remedy.

    exit_code: what the command line returns, 1 for "failed" and 2 for "wrong usage".
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
