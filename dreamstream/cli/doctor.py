"""`dreamstream doctor`: what works on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, command


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "doctor", _doctor, "say what works on this machine, and what to do about the rest")
    parser.add_argument("--rtmp", action="append", default=[], metavar="URL", help="also try to reach this RTMP server")
    parser.add_argument("--config", type=Path, default=None, metavar="FILE", help="TOML file with the show's settings")
    parser.add_argument("--port", type=int, default=None, metavar="N", help="the page's port (default: the settings')")


def _doctor(arguments: argparse.Namespace) -> int:
    from dreamstream.doctor import checks

    return checks.run(arguments.rtmp, arguments.port, arguments.config)
