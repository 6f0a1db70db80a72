"""`python -m dreamstream` is `dreamstream`."""

from dreamstream.cli import entry

entry()
