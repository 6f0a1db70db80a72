"""The exceptions that mean: a person asked for something that cannot be done, and this is why."""

from __future__ import annotations


class UserError(Exception):
    """A mistake that its reader can mend; the message is one or two sentences with the value and the remedy."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C after which something is kept; the message says what."""


class UsageError(UserError):
    """A request that can never be met as it is written: a value out of its range, a name that nothing has."""
