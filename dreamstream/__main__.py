"""`python -m dreamstream` is `dreamstream`."""

from dreamstream.cli.main import entry

entry()
