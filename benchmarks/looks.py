"""Memory over changes of look: `python -m benchmarks.looks [CHANGES]` asks a show for CHANGES (33) looks, in turn.

A show of its own, 640x360, with one viewer. After each change it dreams for a while; then its resident memory is told.
What is kept for good (compiled programs, the network) is there after the first round; from then on it must stay flat.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from dreamstream.bench.show import MeasuredShow
from dreamstream.dreamers import registry

# A change compiles, which takes a while on a busy machine.
CHANGE_TIMEOUT = 600.0
DREAMS = 6


def act(show: MeasuredShow, token: str, path: str = "", **arguments: str) -> Any:
    """Ask the control room."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    data = json.dumps(arguments).encode() if arguments else None
    request = urllib.request.Request(f"{show.url}api/control{path}", data, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wear(show: MeasuredShow, token: str, look: str) -> int:
    """Change the look and dream by it; the memory then, in bytes. Raises TimeoutError when it never comes."""
    told = len(show.said("The look is"))
    act(show, token, "/preset", name=look)
    deadline = time.monotonic() + CHANGE_TIMEOUT
    while len(show.said("The look is")) == told:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{look} did not come")
        time.sleep(0.2)
    first = show.status()["dream"]["number"]
    while show.status()["dream"]["number"] < first + DREAMS:
        time.sleep(0.2)
    return int(show.status()["memory"])


def main(changes: int) -> int:
    """Change and tell; 1 where the last round ends more than a tenth above the first."""
    token = os.environ["DREAMSTREAM_CONTROL_TOKEN"] = secrets.token_urlsafe(16)
    looks = list(registry.describe().presets)
    found = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, MeasuredShow(Path(home)) as show:
        show.first_times()
        for change in range(changes):
            look = looks[(change + 1) % len(looks)]
            found.append(wear(show, token, look) / 2**20)
            print(f"{change + 1:3} {look:<10} {found[-1]:6.0f} MiB", flush=True)
    rounds = [found[at : at + len(looks)] for at in range(0, changes, len(looks))]
    ends = [max(each) for each in rounds if len(each) == len(looks)]
    print("most in each round: " + ", ".join(f"{end:.0f}" for end in ends) + " MiB")
    return int(len(ends) > 1 and ends[-1] > 1.1 * ends[0])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 33))
