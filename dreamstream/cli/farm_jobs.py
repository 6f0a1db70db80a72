"""`dreamstream farm submit`, `jobs` and `cancel`: commands that make a file, run by a farm when their turn comes."""

from __future__ import annotations

import argparse
import json
import shlex
import time
from pathlib import Path
from typing import Any

from dreamstream.cli.common import Commands, command, take_settings


def add(inner: Commands) -> None:
    """Add the commands to those of the farm."""
    command(inner, "submit", _submit, "have the farm run a command that makes a file", _submit_flags)
    command(inner, "jobs", _jobs, "what was submitted, and how it went", _jobs_flags)
    command(inner, "cancel", _cancel, "end a job, or have it not begin", _cancel_flags)


def add_folder(parser: argparse.ArgumentParser) -> None:
    """--folder, for every command to a farm."""
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="the farm's folder (default by platform)")


def home_of(args: argparse.Namespace) -> Path:
    """The folder of the farm that is meant."""
    from dreamstream.farm.folder import default_folder

    folder: Path = args.folder or default_folder()
    return folder.absolute()


def _submit_flags(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    told = "film, gallery, render, image, learn or teach, with its own flags; it runs from this folder"
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND ...", help=told)


def _jobs_flags(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def _cancel_flags(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("id", type=int, metavar="ID", help="the job's number; `farm jobs` lists them")


def _submit(args: argparse.Namespace) -> int:
    from dreamstream.farm import client

    output = checked(args.words)
    asked = {"command": args.words, "folder": str(Path.cwd()), "output": str(output.absolute())}
    print(client.tell(home_of(args), "submit", asked))
    return 0


def checked(words: list[str]) -> Path:
    """The file that a command would write, where nothing is wrong with what was typed. Raises UserError."""
    from dreamstream.cli.main import parser
    from dreamstream.cli.make import need_image
    from dreamstream.core.errors import UsageError
    from dreamstream.core.names import near
    from dreamstream.farm.jobs import COMMANDS
    from dreamstream.support import files

    if not words:
        raise UsageError(f"`dreamstream farm submit` needs a command: {', '.join(COMMANDS)}.")
    if words[0] not in COMMANDS:
        raise UsageError(f"{words[0]!r} is no command for a farm. {near(words[0], COMMANDS)}")
    job = parser().parse_args(words)
    take_settings(job, *getattr(job, "as_settings", ()))
    if words[0] == "image":
        need_image(job.photo, job.programme, job.output)
    for source in (getattr(job, name, None) for name in ("log", "photo", "mask", "source", "folder", "words")):
        if isinstance(source, Path) and not source.exists():
            raise UsageError(f"There is no file {source}.")
    output: Path = job.output
    files.check_output(output, force=job.force)
    return output


def _jobs(args: argparse.Namespace) -> int:
    from dreamstream.farm import client
    from dreamstream.farm.jobs import Job

    home = home_of(args)
    listed: list[dict[str, Any]] = client.jobs(home)
    if args.json:
        print(json.dumps(listed, indent=2))
        return 0
    if not listed:
        print("No job was submitted yet.")
    for job in (Job.model_validate(each) for each in listed):
        said = job.why or ("" if not job.code else f"exit code {job.code}")
        print(f"{job.id}  {job.state}{f' ({said})' if said else ''}{_took(job.started_at, job.ended_at)}: ", end="")
        print(f"dreamstream {shlex.join(job.command)}")
        print(f"   writes {job.output}, log {home / 'jobs' / str(job.id) / 'log'}")
    return 0


def _took(started: float, ended: float) -> str:
    return f" {(ended or time.time()) - started:.0f} s" if started else ""


def _cancel(args: argparse.Namespace) -> int:
    from dreamstream.farm import client

    print(client.tell(home_of(args), "cancel", {"job": args.id}))
    return 0
