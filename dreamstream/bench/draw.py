"""`dreamstream bench draw`: how soon a drawing is on the picture and filled, and a show at which many phones draw."""

from __future__ import annotations

import json
import random
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dreamstream.bench.chalk import Look, Sight
from dreamstream.bench.crowd import spread
from dreamstream.bench.hand import THINGS, drawn_by_hand
from dreamstream.bench.phones import draw_together
from dreamstream.bench.recording import Recording
from dreamstream.bench.report import DAY, policy_in_words, tell
from dreamstream.bench.show import FPS, SETTLE, SIZE, MeasuredShow
from dreamstream.core.arguments import within
from dreamstream.core.camera import Motion
from dreamstream.core.drawing import Drawing
from dreamstream.core.errors import UserError
from dreamstream.core.programme import DRAWING, Wish
from dreamstream.core.version import __version__
from dreamstream.dreamers.doodle.stages import CALM, piece_of
from dreamstream.support import machine

# Drawings one after the other, and how long each is watched; the sheet is open for so long before the first is sent.
DRAWINGS, WATCHED, OPENED = 4, 9.0, 5.0
# Of what was there before a drawing, so much is looked at.
BEFORE = 1.0
MOST_PHONES = 400
# From the last stroke to the filled picture.
SOON = 1.5


def run(seconds: float = 30.0, output: Path | None = None, drawings: int = DRAWINGS, phones: int = 100) -> int:
    """Measure and print the figures; `output` also gets them as JSON. Raises UserError.

    seconds: how long the phones draw. drawings: one after the other before that. phones: how many draw at once.
    """
    within("seconds", seconds, 1, DAY)
    within("drawings", drawings, 0, 100)
    within("phones", phones, 0, MOST_PHONES)
    lasts = 30 + drawings * (WATCHED + 4) + (seconds + 15 if phones else 0)
    print(f"Measuring dreamstream {__version__} on {machine.name()}; this takes about {lasts:.0f} s.", flush=True)
    figures = measure(seconds, drawings, phones)
    return tell(figures, in_words(figures), output)


def measure(seconds: float, drawings: int, phones: int) -> dict[str, Any]:
    """All figures, ready for JSON: times in seconds, memory in bytes."""
    figures: dict[str, Any] = {"version": __version__, "machine": machine.name(), "size": SIZE, "fps": FPS}
    figures["drawings"] = []
    with tempfile.TemporaryDirectory(prefix="dreamstream-bench-", ignore_cleanup_errors=True) as home:
        # A drawing makes room soon, and everybody may draw again at once.
        if drawings:
            with MeasuredShow(Path(home), "--hold", "4", "--cooldown", "0") as show:
                figures["drawings"] = _one_by_one(show, drawings)
        if phones:
            with MeasuredShow(Path(home)) as show:
                show.first_times()
                time.sleep(SETTLE)
                figures["phones"] = _together(show, phones, seconds)
    return figures


def _one_by_one(show: MeasuredShow, count: int) -> list[dict[str, Any]]:
    chance, things = random.Random(1), list(THINGS)
    recording = Recording(show.url.replace("http", "ws", 1) + "ws/video")
    measured: list[dict[str, Any]] = []
    sent: list[tuple[float, str, Drawing]] = []
    try:
        show.first_times()
        time.sleep(SETTLE)
        _get(show, "api/drawing?soon=1")  # as the page does when somebody opens the sheet
        time.sleep(OPENED)
        for number in range(count):
            thing = things[number % len(things)]
            drawing = drawn_by_hand(thing, chance)
            before, memory = show.status()["frames"], show.status()["memory"]
            at = time.monotonic()
            answer = _post(
                show, {"drawing": drawing.to_json(), "of": thing, "who": f"hand {number}", "id": f"d{number}"}
            )
            if not answer["ok"]:
                raise UserError(f"The show did not take a drawing: {answer['reply']}")
            sent.append((at, thing, drawing))
            time.sleep(WATCHED)
            after = show.status()
            frames, late = (after["frames"][key] - before[key] for key in ("sent", "late"))
            gaps = recording.times(at, time.monotonic())
            measured.append(
                {
                    "of": thing,
                    "frames": frames,
                    "late": late,
                    "longest_gap": _longest(gaps),
                    "memory": {"before": memory, "after": after["memory"]},
                }
            )
            time.sleep(3.0)  # what is dreamed for itself makes room after two
        if recording.lost:
            raise UserError(f"The video was lost: {recording.lost}")
    finally:
        recording.close()
    for each, (at, thing, _), sight in zip(measured, sent, _sights(recording, sent), strict=True):
        each |= {"of": thing, **times_of(sight, at)}
    return measured


def times_of(sight: Sight, sent: float) -> dict[str, float | None]:
    """Seconds: from sending to the first chalk, from there to the last, and from the last to the filled picture."""

    def between(first: float | None, last: float | None) -> float | None:
        return None if first is None or last is None else last - first

    return {
        "sent_to_chalk": between(sent, sight.begun),
        "chalk": between(sight.begun, sight.ended),
        "chalk_to_filled": between(sight.ended, sight.filled),
        "sent_to_filled": between(sent, sight.filled),
    }


def _sights(recording: Recording, sent: list[tuple[float, str, Drawing]]) -> list[Sight]:
    """When each drawing was seen."""
    from dreamstream.video.drawn import draw_lines
    from dreamstream.weights.painters import open_painter

    painter = open_painter()
    width, height = (int(each) for each in SIZE.split("x"))
    spans = [(at - BEFORE, at + WATCHED) for at, _, _ in sent]
    kept: list[list[tuple[float, Any]]] = [[] for _ in spans]
    for at, frame in recording.frames(spans):
        for number, (since, until) in enumerate(spans):
            if since <= at <= until:
                kept[number].append((at, frame))
    sights = []
    for (at, thing, drawing), frames in zip(sent, kept, strict=True):
        shown = drawing.framed().within(1.0)
        piece = piece_of(Wish(drawing.key(), kind=DRAWING), 0.0, None, width / height)
        picture = painter.paint(draw_lines(shown, painter.side), thing)
        sights.append(Look(shown, picture, piece.centre, piece.side, Motion().slowed(CALM)).seen(frames, at))
    return sights


def _together(show: MeasuredShow, phones: int, seconds: float) -> dict[str, Any]:
    where = urlsplit(show.url)
    alone = show.steady(10.0)
    _get(show, "api/drawing?soon=1")
    time.sleep(SETTLE)
    recording = Recording(show.url.replace("http", "ws", 1) + "ws/video")
    before = show.status()
    memory, longest, most_each, statuses = [before["memory"]], 0, 0, []
    try:
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            drawing = pool.submit(draw_together, (str(where.hostname), int(where.port or 0)), phones, seconds)
            while not drawing.done():
                asked = time.perf_counter()
                status = show.status()
                statuses.append(time.perf_counter() - asked)
                memory.append(status["memory"])
                longest = max(longest, len(status["queue"]))
                most_each = max([most_each, *Counter(each["who"] for each in status["queue"]).values()])
                time.sleep(0.5)
            answers = drawing.result()
        after, ended = show.status(), time.monotonic()
    finally:
        recording.close()
    frames, late = (after["frames"][key] - before["frames"][key] for key in ("sent", "late"))
    gaps = recording.times(began, ended)
    time.sleep(SETTLE)  # what is held for a moment is not what is kept
    return {
        "phones": phones,
        "seconds": ended - began,
        "answers": dict(answers.kinds),
        "sentences": dict(answers.sentences.most_common()),
        "answer": spread(answers.seconds),
        "queue": {"longest": longest, "most_of_one": most_each},
        "status_answer": spread(statuses),
        "alone": alone["frames_on_time"],
        "frames": frames,
        "frames_on_time": 1 - late / max(1, frames),
        "longest_gap": _longest(gaps),
        "dreams_per_second": (after["dream"]["number"] - before["dream"]["number"]) / (ended - began),
        "memory": {"before": before["memory"], "most": max(memory), "after": show.status()["memory"]},
        "kept": len(json.loads(_get(show, "api/drawings"))["drawings"]),
    }


def _longest(times: list[float]) -> float:
    """The longest time between two frames, 0 where there are none."""
    return max((after - before for before, after in pairwise(times)), default=0.0)


def _get(show: MeasuredShow, path: str) -> bytes:
    with urllib.request.urlopen(show.url + path, timeout=20) as answer:
        content: bytes = answer.read()
    return content


def _post(show: MeasuredShow, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(show.url + "api/draw", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    for number, each in enumerate(figures["drawings"], 1):
        name = f"drawing {number}, {each['of']}"
        if each["sent_to_filled"] is None or each["chalk_to_filled"] is None:
            yield f"{name:<26}was not seen as it should be: {times_in_words(each)}"
            continue
        yield f"{name:<26}{times_in_words(each)}"
        share = 1 - each["late"] / max(1, each["frames"])
        memory = [each["memory"][key] / 2**20 for key in ("before", "after")]
        yield (
            f"{'':<26}{100 * share:.2f} % of {each['frames']} frames on time, longest gap {each['longest_gap']:.2f} s, "
            f"memory {memory[0]:.0f} to {memory[1]:.0f} MiB"
        )
    seen = [each["chalk_to_filled"] for each in figures["drawings"]]
    if seen:
        worst = None if None in seen else max(seen)
        holds = worst is not None and worst <= SOON
        said = "never" if worst is None else f"{worst:.2f} s at most"
        yield f"{'last stroke to filled':<26}{'holds' if holds else 'BROKEN'}: {said} (wanted: {SOON:g} s)"
    if "phones" in figures:
        yield from _phones_in_words(figures["phones"])


def times_in_words(each: dict[str, Any]) -> str:
    """The times of one drawing."""

    def said(name: str) -> str:
        return "never" if each[name] is None else f"{each[name]:.2f} s"

    return (
        f"chalk {said('sent_to_chalk')} after it was sent, drawn for {said('chalk')}, "
        f"filled {said('chalk_to_filled')} after the last stroke ({said('sent_to_filled')} in all)"
    )


def _phones_in_words(figures: dict[str, Any]) -> Iterator[str]:
    answers, answer, queue = figures["answers"], figures["answer"], figures["queue"]
    yield f"{'phones':<26}{figures['phones']} drew for {figures['seconds']:.0f} s"
    yield f"{'answers':<26}" + ", ".join(f"{count} {kind}" for kind, count in sorted(answers.items()))
    bad = answers.get("failed", 0) + answers.get("silent", 0)
    yield f"{'all in a sentence':<26}{'holds' if not bad else f'BROKEN: {bad} had none'}"
    for sentence, count in list(figures["sentences"].items())[:6]:
        yield f"{'':<26}{count} times: {sentence}"
    times = f"{answer['median']:.3f} s median, {answer['p95']:.3f} s p95, {answer['most']:.3f} s at most"
    yield f"{'an answer took':<26}{times}"
    yield policy_in_words(queue["longest"], queue["most_of_one"])
    yield (
        f"{'frames on time':<26}{100 * figures['frames_on_time']:.2f} % of {figures['frames']}, "
        f"{100 * figures['alone']:.2f} % before; longest gap {figures['longest_gap']:.2f} s"
    )
    memory = {name: size / 2**20 for name, size in figures["memory"].items()}
    yield f"{'memory':<26}{memory['before']:.0f} MiB before, {memory['most']:.0f} at most, {memory['after']:.0f} after"
