"""A farm under fire: `python -m benchmarks.farm [--channels 8] [--minutes 10] [--every 5]`.

Runs `dreamstream farm up` with so many tiny channels (160x96 at 10 frames a second), asks each for dreams, and every
few seconds kills one by SIGKILL. Says how long it took until pictures moved again, which accepted wishes were lost,
what the frames of the channels were that nobody had killed lately, and what was left running at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from dreamstream.farm import client
from dreamstream.support import machine

WORDS = ("owl", "pizza", "bee", "cat", "frog", "volcano", "rose", "castle")
# A channel killed so lately is still catching up, and its frames are not counted.
LATELY = 20.0
# One client for all that is asked: each new one would cost the channels 20 ms of a core.
HTTP = httpx.Client(trust_env=False, timeout=10)
START_WITHIN = 300.0


def main() -> int:
    """Run it; 1 when a channel did not come back or a wish was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills")
    args = parser.parse_args()
    print(f"{args.channels} channels on {machine.name()}, one killed every {args.every:g} s for {args.minutes:g} min.")
    with tempfile.TemporaryDirectory() as home:
        return _run(Path(home), args.channels, args.minutes * 60, args.every)


def _run(home: Path, channels: int, seconds: float, every: float) -> int:
    names = [f"channel-{number}" for number in range(channels)]
    tables = "\n".join(f"[channels.{name}]" for name in names)
    plan = f'farm = 1\n[wall]\nport = 8400\n[defaults]\nsize = "160x96"\nfps = 10\n{tables}\n'
    (home / "farm.toml").write_text(plan)
    folder = home / "farm"
    command = [sys.executable, "-m", "dreamstream", "farm", "up", str(home / "farm.toml"), "--folder", str(folder)]
    began = time.monotonic()
    with (home / "log").open("wb") as log:
        farm = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ))
    try:
        wait_for(lambda: all(each["phase"] == "running" for each in channels_of(folder).values()), START_WITHIN)
        print(f"All run after {time.monotonic() - began:.0f} s.")
        code = _fire(folder, names, seconds, every)
        pids = [each["pid"] for each in channels_of(folder).values()]
    finally:
        farm.terminate()
        ended = farm.wait(60)
    left = [pid for pid in pids if psutil.pid_exists(pid)]
    print(f"The farm ended with {ended}; {len(left)} processes were left.")
    return code or bool(left) or bool(ended)


def _fire(folder: Path, names: list[str], seconds: float, every: float) -> int:
    chance = random.Random(1)
    pages = {name: each["page"] for name, each in channels_of(folder).items()}
    back: list[float] = []
    lost = asked = 0
    killed_at = dict.fromkeys(names, -1e9)
    frames = _Frames()
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        turn = time.monotonic()
        name = chance.choice(names)
        accepted = [_ask(pages[name], chance.choice(WORDS), f"viewer-{asked}-{i}") for i in range(2)]
        asked += sum(accepted)
        before = _status(pages[name])
        psutil.Process(channels_of(folder)[name]["pid"]).kill()
        killed = killed_at[name] = time.monotonic()
        wait_for(lambda page=pages[name]: healthy(page) is False, 10)
        wait_for(lambda page=pages[name]: healthy(page) is True, 120)
        back.append(time.monotonic() - killed)
        lost += _lost(before, _status(pages[name]))
        for other in names:
            if time.monotonic() - killed_at[other] > LATELY:
                frames.look(other, pages[other])
            else:
                frames.forget(other)
        time.sleep(max(0.0, every - (time.monotonic() - turn)))
    back.sort()
    print(
        f"{len(back)} kills: pictures moved again after {back[len(back) // 2]:.1f} s (median), "
        f"{back[-1]:.1f} s at most; {sum(each <= 5 for each in back)} within 5 s."
    )
    print(f"{asked} wishes accepted, {lost} of those that waited or were shown lost.")
    print(f"Frames of channels not killed for {LATELY:g} s: {frames.said()}")
    return int(lost > 0)


class _Frames:
    """The frames that the untouched sent between two looks, and how many of them late."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}
        self.sent = self.late = 0

    def look(self, name: str, page: str) -> None:
        status = _status(page)
        if status is None:
            return
        now = (status["frames"]["sent"], status["frames"]["late"])
        if name in self._last and now[0] >= self._last[name][0]:
            self.sent += now[0] - self._last[name][0]
            self.late += now[1] - self._last[name][1]
        self._last[name] = now

    def forget(self, name: str) -> None:
        self._last.pop(name, None)

    def said(self) -> str:
        share = 100 * (1 - self.late / self.sent) if self.sent else float("nan")
        return f"{self.sent} sent, {share:.2f} % on time."


def _lost(before: dict[str, Any] | None, after: dict[str, Any] | None) -> int:
    """How many wishes are gone; one that was shown may have had its time, and made way for the next."""
    if before is None or after is None:
        return 0
    waited, shown = _who(before["queue"]), _who([before["now"]])
    here = _who([*after["queue"], after["now"]])
    moved_on = bool(waited & _who([after["now"]])) or not after["queue"]
    return len(waited - here) + (0 if moved_on else len(shown - here))


def _who(wishes: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Of wishes that somebody asked for, who and what."""
    return {(each["who"], each["title"]) for each in wishes if each["who"]}


def _wishes(page: str) -> set[tuple[str, str]]:
    """Who waits for what, or has it shown."""
    status = _status(page)
    return set() if status is None else _who([*status["queue"], status["now"]])


def _ask(page: str, word: str, who: str) -> bool:
    said = HTTP.post(f"{page}api/ask", json={"text": f"!dream {word}", "who": who})
    before = _wishes(page)
    return said.status_code == 200 and any(name == who for name, _ in before)


def _status(page: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = HTTP.get(f"{page}api/status").json()
        return found
    except (httpx.HTTPError, json.JSONDecodeError):
        return None


def healthy(page: str) -> bool:
    """Whether the show at this address says that its pictures move."""
    try:
        return HTTP.get(f"{page}healthz", timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


def channels_of(folder: Path) -> dict[str, dict[str, Any]]:
    """What the farm in this folder says of each channel."""
    return {each["name"]: each for each in client.status(folder)["channels"]}


def wait_for(true: Any, seconds: float) -> None:
    """Return once `true()` is; end the benchmark where it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except Exception as error:  # the farm is still starting
            if time.monotonic() > deadline:
                raise SystemExit(f"It took more than {seconds:g} s: {error}") from None
        if time.monotonic() > deadline:
            raise SystemExit(f"It took more than {seconds:g} s.")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
