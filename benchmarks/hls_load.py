"""Thousands of players at one show: `python -m benchmarks.hls_load [--players 2000] [--seconds 60] [--json FILE]`.

A real show streams by RTMP to nginx as docker/nginx.conf has it; before that stands an nginx as docker/edge.conf has
it; and so many simulated players, in this process, read from it as HLS players do: the playlist every two seconds, each
new segment once, over one connection each, three segments behind. Says what share came from the edge's cache, how many
bytes left it, how long segments took, how often a player would have stood still, and what nginx cost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import psutil

from dreamstream.bench.crowd import spread
from dreamstream.bench.show import MeasuredShow
from dreamstream.core.errors import UserError
from dreamstream.support import machine
from dreamstream.support.files import replacing

DOCKER = Path(__file__).parent.parent / "docker"
MODULES = tuple(
    Path(folder) / "nginx/modules/ngx_rtmp_module.so" for folder in ("/usr/lib", "/usr/lib64", "/usr/local/lib")
)
# Players reload a playlist after its target duration, begin three segments before its end, and join over some seconds.
RELOAD, BEHIND, JOINING = 2.0, 3, 10.0
# No answer within so many seconds is a failure.
PATIENCE = 10.0


@dataclass
class Tally:
    """What all players got together. stalls: how often a player had nothing left to show."""

    requests: Counter[str] = field(default_factory=Counter)
    cached: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    segment_seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    stalls: int = 0


class Player:
    """One viewer: reads playlist and segments over one connection, and keeps account of what it could show."""

    def __init__(self, url: str, tally: Tally) -> None:
        self._url, self._tally = url, tally
        self._had: set[str] = set()
        # Until when it has something to show, on the monotonic clock; 0 before the first segment.
        self._lasts = 0.0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def play(self, until: float) -> None:
        """Read until a moment of the monotonic clock."""
        while (turn := time.monotonic()) < until:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._turn()
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                self._tally.failures[type(error).__name__] += 1
                self._drop()
            await asyncio.sleep(max(0.0, turn + RELOAD - time.monotonic()))
        self._drop()

    async def _turn(self) -> None:
        playlist = (await self._get(self._url, "playlist")).decode()
        lines = playlist.splitlines()
        lengths = [float(line[8:].rstrip(",")) for line in lines if line.startswith("#EXTINF:")]
        names = [line for line in lines if line and not line.startswith("#")]
        segments = list(zip(names, lengths, strict=True))
        if not self._had:
            self._had.update(name for name, _ in segments[:-BEHIND])
        for name, length in segments:
            if name in self._had:
                continue
            began = time.monotonic()
            await self._get(urljoin(self._url, name), "segment")
            now = time.monotonic()
            self._tally.segment_seconds.append(now - began)
            self._had.add(name)
            if self._lasts and now > self._lasts:
                self._tally.stalls += 1
            self._lasts = max(self._lasts, now) + length
        self._had.intersection_update(names)

    async def _get(self, url: str, kind: str) -> bytes:
        where = urlsplit(url)
        if self._streams is None:
            self._streams = await asyncio.open_connection(where.hostname, where.port, limit=1 << 20)
        reader, writer = self._streams
        writer.write(f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status, _, rest = head.partition("\r\n")
        headers = dict(line.split(": ", 1) for line in rest.strip().split("\r\n"))
        body = await reader.readexactly(int(headers["content-length"]))
        if not status.startswith("http/1.1 200"):
            raise ValueError(status)
        self._tally.requests[kind] += 1
        self._tally.cached[kind] += headers.get("x-cache") in ("hit", "updating", "stale")
        self._tally.bytes[kind] += len(head) + len(body)
        return body

    def _drop(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def nginx(home: Path, name: str, *replaced: tuple[str, str]) -> Iterator[psutil.Process]:
    """nginx with one of the shipped configurations, in which these texts are replaced by what holds here."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        raise UserError("nginx is not installed; it is what this measures.")
    text = (DOCKER / name).read_text()
    for shipped, here in (*replaced, ("/dev/stderr", f"{home}/{name}.log")):
        if shipped not in text:
            raise UserError(f"docker/{name} has no {shipped!r} any more; this benchmark must follow it.")
        text = text.replace(shipped, here)
    path = home / f"here-{name}"
    # The workers of a root nginx are another user, who may not look into this folder; so there is one process.
    path.write_text(f"daemon off;\nmaster_process off;\npid {home}/{name}.pid;\n{text}")
    process = subprocess.Popen([program, "-p", str(home), "-c", str(path), "-e", f"{home}/{name}.log"])
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait(10)


def measure(players: int, seconds: float, size: str) -> dict[str, Any]:
    """All figures, ready for JSON: rates a second, times in seconds, shares from 0 to 1."""
    module = next((path for path in MODULES if path.is_file()), None)
    if module is None:
        raise UserError("nginx's RTMP module (libnginx-mod-rtmp) is not installed; it is what this measures.")
    machine.raise_descriptor_limit()
    rtmp, origin, edge = free_port(), free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="dreamstream-hls-") as folder, contextlib.ExitStack() as stack:
        home = Path(folder)
        (home / "hls").mkdir()
        (home / "edge").mkdir()
        stack.enter_context(
            nginx(
                home,
                "nginx.conf",
                ("modules/ngx_rtmp_module.so", str(module)),
                ("listen 1935", f"listen 127.0.0.1:{rtmp}"),
                ("listen 8081", f"listen 127.0.0.1:{origin}"),
                ("/var/lib/dreamstream", str(home)),
            )
        )
        replica = stack.enter_context(
            nginx(
                home,
                "edge.conf",
                ("listen 8082", f"listen 127.0.0.1:{edge}"),
                ("server rtmp:8081", f"server 127.0.0.1:{origin}"),
                ("/var/cache/nginx/hls", str(home / "edge")),
            )
        )
        (home / "show").mkdir()
        show = stack.enter_context(
            MeasuredShow(home / "show", "--rtmp", f"rtmp://127.0.0.1:{rtmp}/live/show", size=size)
        )
        show.first_times()
        _await_segments(home / "hls")
        before, cpu = show.status()["frames"], replica.cpu_times()
        tally = Tally()
        url = f"http://127.0.0.1:{edge}/hls/show.m3u8"
        asyncio.run(_audience(url, players, seconds, tally))
        after, spent = show.status()["frames"], replica.cpu_times()
        memory = replica.memory_info().rss
    sent, late = after["sent"] - before["sent"], after["late"] - before["late"]
    asked = sum(tally.requests.values())
    return {
        "machine": machine.name(),
        "players": players,
        "seconds": seconds,
        "size": size,
        "requests_per_second": {kind: count / seconds for kind, count in tally.requests.items()},
        "from_cache": {kind: tally.cached[kind] / count for kind, count in tally.requests.items()},
        "to_origin_per_second": (asked - sum(tally.cached.values())) / seconds,
        "megabits_per_second": 8e-6 * sum(tally.bytes.values()) / seconds,
        "playlist_bytes": tally.bytes["playlist"] / max(1, tally.requests["playlist"]),
        "segment_bytes": tally.bytes["segment"] / max(1, tally.requests["segment"]),
        "segment_seconds": spread(tally.segment_seconds),
        "stalls": tally.stalls,
        "failures": dict(tally.failures),
        "edge_cores": (spent.user + spent.system - cpu.user - cpu.system) / seconds,
        "edge_memory": memory,
        "frames_on_time": 1 - late / max(1, sent),
    }


async def _audience(url: str, players: int, seconds: float, tally: Tally) -> None:
    chance = random.Random(1)
    until = time.monotonic() + seconds

    async def one() -> None:
        await asyncio.sleep(chance.uniform(0, min(JOINING, seconds / 2)))
        await Player(url, tally).play(until)

    await asyncio.gather(*(one() for _ in range(players)))


def _await_segments(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while len(list(folder.glob("*.ts"))) <= BEHIND:
        if time.monotonic() > deadline:
            raise UserError("The stream did not arrive at nginx within 60 s.")
        time.sleep(0.2)


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    asked, cached, took = figures["requests_per_second"], figures["from_cache"], figures["segment_seconds"]
    yield f"{figures['players']} players for {figures['seconds']:g} s on {figures['machine']}, video {figures['size']}"
    for kind in asked:
        yield f"{kind + 's':<26}{asked[kind]:.0f} a second, {100 * cached[kind]:.3f} % from the edge's cache"
    yield f"{'asked of the origin':<26}{figures['to_origin_per_second']:.1f} a second"
    yield f"{'sent':<26}{figures['megabits_per_second']:.0f} Mbit/s, a segment {figures['segment_bytes'] / 1000:.0f} kB"
    yield f"{'a segment takes':<26}{took['median']:.3f} s median, {took['p95']:.3f} s p95, {took['most']:.3f} s at most"
    yield f"{'players stood still':<26}{figures['stalls']} times; failures: {figures['failures'] or 'none'}"
    yield f"{'nginx':<26}{figures['edge_cores']:.2f} cores, {figures['edge_memory'] / 2**20:.0f} MiB"
    yield f"{'frames of the show':<26}{100 * figures['frames_on_time']:.2f} % on time"


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--players", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    figures = measure(args.players, args.seconds, args.size)
    print("\n".join(in_words(figures)))
    if args.json is not None:
        with replacing(args.json) as partial:
            partial.write_text(json.dumps(figures, indent=2) + "\n")
    return int(figures["stalls"] > 0 or bool(figures["failures"]))


if __name__ == "__main__":
    sys.exit(main())
