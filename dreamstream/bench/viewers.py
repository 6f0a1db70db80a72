"""`dreamstream bench viewers`: a show with many viewers of its page, some of whom have stopped reading."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dreamstream.bench.report import DAY, tell
from dreamstream.bench.show import FPS, SETTLE, SIZE, MeasuredShow
from dreamstream.core.arguments import within
from dreamstream.core.errors import UserError
from dreamstream.core.version import __version__
from dreamstream.support import machine

MOST = 400
# One in so many viewers stops reading: a laptop that was closed, a phone that lost its network.
STALLED = 30


def run(seconds: float = 60.0, output: Path | None = None, viewers: int = 300) -> int:
    """Measure for `seconds` and print the figures; `output` also gets them as JSON. Raises UserError."""
    within("seconds", seconds, 1, DAY)
    within("viewers", viewers, 1, MOST)
    print(f"Measuring dreamstream {__version__} on {machine.name()} with {viewers} viewers.", flush=True)
    figures = measure(seconds, viewers)
    return tell(figures, in_words(figures), output)


def measure(seconds: float, viewers: int) -> dict[str, Any]:
    """The same show for `seconds` with one viewer and with all of them, ready for JSON."""
    figures: dict[str, Any] = {"version": __version__, "machine": machine.name(), "size": SIZE, "fps": FPS}
    with (
        tempfile.TemporaryDirectory(prefix="dreamstream-bench-", ignore_cleanup_errors=True) as home,
        MeasuredShow(Path(home)) as show,
    ):
        show.first_times()
        time.sleep(SETTLE)
        figures["alone"] = _steady(show, min(seconds, 20.0))
        figures["audience"], figures["crowded"] = _crowded(show, seconds, viewers)
    return figures


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    alone, crowded, audience = figures["alone"], figures["crowded"], figures["audience"]
    rates, join = audience["frames_per_second"], audience["join"]
    for name, part in (("one viewer", alone), (f"{audience['viewers']} viewers", crowded)):
        yield (
            f"{name:<26}{100 * part['frames_on_time']:.2f} % of {part['frames']} frames on time, "
            f"{part['dreams_per_second']:.2f} dreams per second, {part['cpu']:.2f} cores"
        )
    yield f"{'each viewer got':<26}{rates['least']:.1f} frames per second at least, {rates['median']:.1f} typically"
    yield f"{'joining took':<26}{join['median']:.2f} s, {join['longest']:.2f} s at most"
    yield f"{'stutters over 0.25 s':<26}{audience['stutters']} in {audience['seconds']:.0f} s, of all viewers together"
    yield f"{'viewers lost':<26}{audience['lost']}, beside {figures['crowded']['stalled']} who had stopped reading"
    memory = [f"{part['memory']['end'] / 2**20:.0f} MiB" for part in (alone, crowded)]
    yield f"{'memory':<26}{memory[0]} with one viewer, {memory[1]} with all"
    yield f"{'sent':<26}{audience['megabits_per_second']:.0f} Mbit/s; taking it cost {audience['cpu']:.2f} cores more"


def _crowded(show: MeasuredShow, seconds: float, viewers: int) -> tuple[dict[str, Any], dict[str, Any]]:
    where, stalled = urlsplit(show.url), viewers // STALLED
    command = [sys.executable, "-m", "dreamstream.bench.audience", str(where.hostname), str(where.port)]
    with subprocess.Popen(
        [*command, str(viewers + stalled), str(stalled)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as crowd:
        assert crowd.stdin is not None
        assert crowd.stdout is not None
        try:
            if not crowd.stdout.readline():
                raise UserError("The viewers could not join the show.")
            time.sleep(SETTLE)
            crowd.stdin.write("mark\n")
            crowd.stdin.flush()
            crowded = _steady(show, seconds)
            crowd.stdin.write("end\n")
            crowd.stdin.flush()
            audience = json.loads(crowd.stdout.readline())
        finally:
            crowd.kill()
    return audience, {**crowded, "stalled": stalled}


def _steady(show: MeasuredShow, seconds: float) -> dict[str, Any]:
    cpu, began = show.cpu_seconds(), time.monotonic()
    steady = show.steady(seconds)
    return {**steady, "cpu": (show.cpu_seconds() - cpu) / (time.monotonic() - began)}
