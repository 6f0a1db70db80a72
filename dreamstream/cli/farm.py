"""`dreamstream farm`: many channels on this machine, each a show of its own."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from dreamstream.cli import farm_jobs
from dreamstream.cli.common import Commands, Fill, add_force, command, commands_of
from dreamstream.cli.farm_jobs import add_folder, home_of


def add(commands: Commands) -> None:
    """Add the commands."""
    inner = commands_of(commands, "farm", "run many channels, and keep them running")
    command(inner, "up", _up, "run the channels of a plan, or have a running farm be as the plan says", _up_flags)
    command(inner, "down", _down, "end every channel, and the farm", _folder())
    command(inner, "status", _status, "how the channels are", _folder(_json))
    command(inner, "start", _order, "start a channel, or all", _folder(_one, order="start"))
    command(inner, "stop", _order, "end a channel until it is started again, or all", _folder(_one, order="stop"))
    again = "restart a channel, or all, one after the other"
    command(inner, "restart", _order, again, _folder(_one, order="restart"))
    command(inner, "move", _move, "have a channel on another node", _folder(_place))
    command(inner, "drain", _drain, "have every channel leave a node, one after the other", _folder(_leave))
    command(inner, "logs", _logs, "what a channel's show has said", _folder(_lines))
    farm_jobs.add(inner)
    command(inner, "check", _check, "say what is wrong with a plan, and start nothing", _plan)
    cluster = "write the channels of a plan as objects for a Kubernetes cluster"
    command(inner, "kubernetes", _kubernetes, cluster, _cluster_flags)


def _folder(more: Fill | None = None, **values: Any) -> Fill:
    def fill(parser: argparse.ArgumentParser) -> None:
        add_folder(parser)
        parser.set_defaults(**values)
        if more is not None:
            more(parser)

    return fill


def _plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="FILE", help="TOML file of the channels (docs/farm.md)")


def _up_flags(parser: argparse.ArgumentParser) -> None:
    _plan(parser)
    _folder()(parser)
    parser.add_argument("--new-tokens", action="store_true", help="make new tokens for the wall; the old ones end")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="the channel (default all)")


def _place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the channel")
    parser.add_argument("--node", required=True, metavar="NODE", help="where it is to be; `farm status` lists them")


def _leave(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", metavar="NODE", help="the node; `farm status` lists them")
    parser.add_argument("--undo", action="store_true", help="let channels be started there again")


def _lines(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the channel")
    parser.add_argument("--lines", type=int, default=50, metavar="N", help="how many lines (default 50)")


def _cluster_flags(parser: argparse.ArgumentParser) -> None:
    _plan(parser)
    parser.add_argument("--image", required=True, metavar="IMAGE", help="the container image, by digest at best")
    parser.add_argument("--namespace", default="", metavar="NAME", help="the cluster's namespace (default kubectl's)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.json", help="what to write")
    add_force(parser)


def _up(args: argparse.Namespace) -> int:
    from dreamstream.farm import farm

    return farm.up(args.plan, home_of(args), new_tokens=args.new_tokens, verbose=args.verbose)


def _down(args: argparse.Namespace) -> int:
    from dreamstream.farm import client

    print(client.tell(home_of(args), "down", {}))
    return 0


def _order(args: argparse.Namespace) -> int:
    from dreamstream.farm import client

    print(client.tell(home_of(args), args.order, {"channel": args.name}))
    return 0


def _move(args: argparse.Namespace) -> int:
    from dreamstream.farm import client

    print(client.tell(home_of(args), "move", {"channel": args.name, "node": args.node}))
    return 0


def _drain(args: argparse.Namespace) -> int:
    from dreamstream.farm import client

    print(client.tell(home_of(args), "drain", {"node": args.node, "undo": args.undo}))
    return 0


def _status(args: argparse.Namespace) -> int:
    from dreamstream.farm import client
    from dreamstream.farm.status import FarmStatus

    said = client.status(home_of(args))
    farm = FarmStatus.model_validate({name: said[name] for name in FarmStatus.model_fields})
    if args.json:
        print(json.dumps(farm.model_dump(mode="json"), indent=2))
        return 0
    rows = [("channel", "state", "up", "dreams", "on time", "waiting", "watching", "MiB", "page")]
    for channel in farm.channels:
        rows.append(
            (
                channel.name,
                channel.phase.value,
                f"{channel.since:.0f} s",
                _figure(channel.dreams_per_second, "{:.1f}/s"),
                _figure(channel.on_time, "{:.1%}"),
                _figure(channel.waiting),
                _figure(channel.viewers),
                str(channel.memory >> 20),
                channel.page,
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for channel in farm.channels:
        if channel.why:
            print(f"{channel.name}, last: {channel.why}.")
    for node in farm.nodes:
        on = [channel.name for channel in farm.channels if channel.node == node.name]
        how = "gone" if not node.alive else "drained" if node.drained else "there"
        if node.alive or on:
            print(f"node {node.name} at {node.address}, {how}: {', '.join(on) or 'no channel'}")
    if farm.note:
        print(farm.note)
    return 0 if all(channel.phase in ("running", "stopped") for channel in farm.channels) else 1


def _figure(value: float | None, form: str = "{:d}") -> str:
    return "-" if value is None else form.format(value)


def _logs(args: argparse.Namespace) -> int:
    from dreamstream.core.errors import UserError
    from dreamstream.core.names import near
    from dreamstream.farm.folder import FarmFolder, tail

    home = FarmFolder(home_of(args))
    if not home.log(args.name).exists() or os.sep in args.name:
        known = sorted(path.name for path in (home.path / "channels").glob("*"))
        raise UserError(f"There is no log of a channel {args.name} in {home.path}. {near(args.name, known)}")
    for line in tail(home.log(args.name), max(1, args.lines)):
        print(line)
    return 0


def _kubernetes(args: argparse.Namespace) -> int:
    from dreamstream.farm.kubernetes import objects
    from dreamstream.farm.plan import MOST_DEVICES, read_plan
    from dreamstream.support import files

    files.check_output(args.output, args.plan, force=args.force)
    # The accelerators are those of the cluster's nodes.
    listed = objects(read_plan(args.plan, MOST_DEVICES), args.image, args.namespace)
    files.write(args.output, (json.dumps(listed, indent=2) + "\n").encode(), private=True)
    print(f"{args.output} has {len(listed['items'])} objects and holds stream keys: kubectl apply -f {args.output}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from dreamstream.farm.plan import read_plan
    from dreamstream.farm.ready import check_channels
    from dreamstream.support import machine

    plan = read_plan(args.plan, machine.accelerators())
    check_channels(plan)
    print(f"{args.plan} is right: {len(plan.channels)} channels, {', '.join(plan.channels)}.")
    return 0
