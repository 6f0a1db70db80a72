"""`dreamstream bench chat`: a crowd shouts at a running show over a real IRC connection; what holds, and how fast."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dreamstream.bench.crowd import Crowd, spread
from dreamstream.bench.report import policy_in_words, tell
from dreamstream.bench.show import FPS, SETTLE, SIZE, MeasuredShow
from dreamstream.core.arguments import within
from dreamstream.core.errors import UserError
from dreamstream.core.version import __version__
from dreamstream.support import machine
from dreamstream.wishes.vocabulary import Vocabulary

_SKIP_EVERY, _LOOK_EVERY = 5.0, 0.5
# Memory is judged from here on: before, buffers and caches are still filling.
_WARM = 10.0


def run(
    seconds: float = 60.0,
    output: Path | None = None,
    rate: float = 1000.0,
    names: int = 5000,
    hostile: bool = False,
) -> int:
    """Measure for `seconds` and print the figures; `output` also gets them as JSON. Raises UserError."""
    for name, value, low, high in (("seconds", seconds, 2, 3600), ("rate", rate, 1, 20_000), ("names", names, 1, 1e6)):
        within(name, value, low, high)
    what = "every one a misspelt request" if hostile else "one in twenty a request"
    print(
        f"Measuring dreamstream {__version__} on {machine.name()}: {rate:g} messages a second from {names} names, "
        f"{what}; this takes about {seconds + 40:.0f} s.",
        flush=True,
    )
    figures = measure(seconds, rate, names, hostile)
    return tell(figures, in_words(figures), output)


def measure(seconds: float, rate: float, names: int, hostile: bool = False) -> dict[str, Any]:
    """All figures, ready for JSON: times in seconds, memory in bytes."""
    figures: dict[str, Any] = {"version": __version__, "machine": machine.name(), "size": SIZE, "fps": FPS}
    figures |= {"rate": rate, "names": names, "hostile": hostile}
    classes = [entry.name for entry in Vocabulary.builtin()]
    with (
        tempfile.TemporaryDirectory(prefix="dreamstream-bench-", ignore_cleanup_errors=True) as home,
        Crowd(classes, names, hostile=hostile) as crowd,
        MeasuredShow(Path(home), "--irc", f"irc://127.0.0.1:{crowd.port}/dream") as show,
    ):
        show.first_times()
        if not crowd.joined(30):
            raise UserError("The show did not come to the crowd's channel.")
        time.sleep(SETTLE)
        figures |= _under_load(show, crowd, seconds, rate)
    figures["stop"] = show.stop_seconds
    return figures


def _under_load(show: MeasuredShow, crowd: Crowd, seconds: float, rate: float) -> dict[str, Any]:
    before, began, cpu = show.status(), time.monotonic(), show.cpu_seconds()
    memory: list[tuple[float, int]] = [(0.0, before["memory"])]
    answers: list[float] = []
    skips: list[float] = []
    unanswered, longest, most_each = 0, 0, 0
    talking = crowd.talk(seconds, rate)
    next_skip = began + _SKIP_EVERY / 2
    while not talking.done() or time.monotonic() - began < seconds:
        began_at = time.perf_counter()
        status = show.status()
        answers.append(time.perf_counter() - began_at)
        memory.append((time.monotonic() - began, status["memory"]))
        longest = max(longest, len(status["queue"]))
        most_each = max([most_each, *Counter(each["who"] for each in status["queue"]).values()])
        if time.monotonic() >= next_skip:
            next_skip += _SKIP_EVERY
            took = crowd.skip()
            unanswered += took is None
            skips += [] if took is None else [took]
        time.sleep(_LOOK_EVERY)
    talking.result(10)
    passed, spent = time.monotonic() - began, show.cpu_seconds() - cpu
    deadline = time.monotonic() + 10
    while (after := show.status()) and _heard(after) < crowd.sent and time.monotonic() < deadline:
        time.sleep(0.05)
    frames, late = (after["frames"][key] - before["frames"][key] for key in ("sent", "late"))
    warm = next((size for at, size in memory if at >= min(_WARM, seconds / 2)), memory[0][1])
    return {
        "seconds": passed,
        "sent": crowd.sent,
        "heard": _heard(after) - len(skips) - unanswered,
        "behind": crowd.late,
        "replies": crowd.replies,
        "queue": {"longest": longest, "most_of_one": most_each},
        "skip": {**spread(skips), "count": len(skips), "unanswered": unanswered},
        "status_answer": spread(answers),
        "frames": frames,
        "frames_on_time": 1 - late / max(1, frames),
        "dreams_per_second": (after["dream"]["number"] - before["dream"]["number"]) / passed,
        "memory": {"start": before["memory"], "warm": warm, "end": after["memory"]},
        "cpu_cores": spent / passed,
    }


def _heard(status: dict[str, Any]) -> int:
    return sum(int(source.get("messages", 0)) for source in status["sources"] if source["kind"] == "irc")


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    skip, queue, memory, answer = (figures[key] for key in ("skip", "queue", "memory", "status_answer"))
    yield f"{'messages':<26}{figures['sent']} sent, {figures['heard']} heard, at most {figures['behind']:.2f} s behind"
    worst = "none answered" if skip["most"] is None else f"{skip['median']:.3f} s median, {skip['most']:.3f} s at most"
    yield f"{'a moderator skips':<26}{worst} ({skip['count']} of {skip['count'] + skip['unanswered']} answered)"
    yield policy_in_words(queue["longest"], queue["most_of_one"])
    yield f"{'answers said':<26}{figures['replies']}"
    yield f"{'frames on time':<26}{100 * figures['frames_on_time']:.2f} % of {figures['frames']} at {FPS} per second"
    yield f"{'dreams':<26}{figures['dreams_per_second']:.2f} per second"
    times = f"{answer['median']:.3f} s median, {answer['p95']:.3f} s p95, {answer['most']:.3f} s at most"
    yield f"{'the page answers in':<26}{times}"
    grown = (memory["end"] - memory["warm"]) / 2**20
    sizes = f"{memory['warm'] / 2**20:.0f} MiB warm, {memory['end'] / 2**20:.0f} MiB at the end ({grown:+.0f} MiB)"
    yield f"{'memory':<26}{sizes}"
    yield f"{'processor':<26}{figures['cpu_cores']:.2f} cores for the whole show"
