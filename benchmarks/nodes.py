"""How soon channels are elsewhere when their node dies: `python -m benchmarks.nodes [--deaths 2] [--channels 3]`.

Runs `dreamstream farm up` on a Ray cluster of three nodes on this machine (the first has no channels) with so many tiny
channels, asks each for a dream, and takes away the node that has the most, as a power cut does; another takes its
place. Says when the farm said so, when each channel's pictures moved elsewhere, and whether its wish was there.
Ray looks at its nodes every half second here, and gives one up after four times.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
import psutil

from benchmarks.farm import channels_of, healthy, wait_for
from dreamstream.support import machine
from tests.farm.cluster import RayCluster

WORDS = ("owl", "pizza", "bee", "cat", "frog", "volcano", "rose", "castle")
START_WITHIN, BACK_WITHIN = 300.0, 180.0
HTTP = httpx.Client(trust_env=False, timeout=10)


def main() -> int:
    """Run it; 1 when a channel did not come back, or a wish was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--deaths", type=int, default=2)
    parser.add_argument("--channels", type=int, default=3)
    args = parser.parse_args()
    print(f"{args.channels} channels on three nodes on {machine.name()}, load {os.getloadavg()[0]:.1f}.", flush=True)
    cluster = RayCluster()
    try:
        with tempfile.TemporaryDirectory() as home:
            return _run(Path(home), cluster, args.channels, args.deaths)
    finally:
        cluster.close()


def _run(home: Path, cluster: RayCluster, channels: int, deaths: int) -> int:
    tables = "\n".join(f"[channels.channel-{number}]\ncpus = 1" for number in range(channels))
    head = f'farm = 1\nbackend = "ray"\n[ray]\naddress = "{cluster.address}"\n[wall]\nport = 8400\n'
    (home / "farm.toml").write_text(f'{head}[defaults]\nsize = "160x96"\nfps = 10\n{tables}\n')
    folder = home / "farm"
    command = [sys.executable, "-m", "dreamstream", "farm", "up", str(home / "farm.toml"), "--folder", str(folder)]
    began = time.monotonic()
    with (home / "log").open("wb") as log:
        farm = subprocess.Popen(command, stdout=log, stderr=log)
    lost = 0
    try:
        wait_for(lambda: all(each["phase"] == "running" for each in channels_of(folder).values()), START_WITHIN)
        print(f"All run after {time.monotonic() - began:.0f} s.", flush=True)
        for number in range(deaths):
            lost += _death(folder, cluster, number)
        pids = [each["pid"] for each in channels_of(folder).values()]
    finally:
        farm.terminate()
        ended = farm.wait(60)
    left = [pid for pid in pids if psutil.pid_exists(pid)]
    print(f"The farm ended with {ended}; {len(left)} processes were left.")
    return int(bool(lost or left or ended))


def _death(folder: Path, cluster: RayCluster, number: int) -> int:
    """Take a node away; how many wishes were lost."""
    before = channels_of(folder)
    for each in before.values():
        HTTP.post(
            f"{each['page']}api/ask", json={"text": f"!dream {WORDS[number % len(WORDS)]}", "who": f"viewer-{number}"}
        )
    node = Counter(each["node"] for each in before.values()).most_common(1)[0][0]
    gone = {name: each for name, each in before.items() if each["node"] == node}
    asked = [name for name, each in gone.items() if _has(each["page"], f"viewer-{number}")]
    killed = time.monotonic()
    cluster.kill(node)
    cluster.add()
    said: dict[str, float] = {}
    back: dict[str, float] = {}

    def all_back() -> bool:
        for name, each in channels_of(folder).items():
            if name not in gone or name in back:
                continue
            if each["phase"] != "running" or each["pid"] != gone[name]["pid"]:
                said.setdefault(name, time.monotonic() - killed)
            if each["pid"] not in (0, gone[name]["pid"]) and each["node"] != node and healthy(each["page"]):
                back[name] = time.monotonic() - killed
        return len(back) == len(gone)

    wait_for(all_back, BACK_WITHIN)
    now = channels_of(folder)
    lost = sum(not _has(now[name]["page"], f"viewer-{number}") for name in asked)
    print(
        f"Node {node} with {len(gone)} channels died: said after {max(said.values()):.1f} s at "
        f"most; pictures moved elsewhere after {min(back.values()):.1f} to {max(back.values()):.1f} s; "
        f"{lost} of {len(asked)} wishes lost.",
        flush=True,
    )
    wait_for(lambda: all(each["phase"] == "running" for each in channels_of(folder).values()), START_WITHIN)
    return lost


def _has(page: str, who: str) -> bool:
    """Whether somebody's wish waits or is shown."""
    said = HTTP.get(f"{page}api/status").json()
    return any(each["who"] == who for each in (*said["queue"], said["now"]))


if __name__ == "__main__":
    sys.exit(main())
