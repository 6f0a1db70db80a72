"""The show's figures in Prometheus' text format, made from its status.

Source: the Prometheus text exposition format, version 0.0.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

# Name, type, help, and the path of the value in the status.
_FIGURES = [
    ("frames_total", "counter", "Video frames sent since the start.", "frames.sent"),
    ("frames_late_total", "counter", "Video frames sent after their time.", "frames.late"),
    ("frames_on_time_ratio", "gauge", "Share of video frames sent on time, from 0 to 1.", "frames.on_time"),
    ("frames_per_second", "gauge", "Video frames sent per second.", "frames.fps"),
    ("picture_age_seconds", "gauge", "Age of the last video frame.", "picture_age"),
    ("dreams_total", "counter", "Dreams finished since the start.", "dream.number"),
    ("dream_age_seconds", "gauge", "Age of the last dream.", "dream.age"),
    ("dream_duration_seconds", "gauge", "How long the last dream took to make.", "dream.seconds"),
    ("dreams_per_second", "gauge", "Dreams finished per second.", "dream.per_second"),
    ("steps_per_second", "gauge", "Ascent steps per second.", "dream.steps_per_second"),
    ("viewers", "gauge", "Viewers of the page, by video or by still pictures.", "viewers"),
    ("steps_total", "counter", "Ascent steps since the start.", "dream.steps"),
    ("dream_busy_seconds_total", "counter", "Time spent dreaming since the start.", "dream.busy"),
    ("resident_memory_bytes", "gauge", "Memory of the process.", "memory"),
    ("uptime_seconds", "gauge", "Time since the show started.", "uptime"),
]
# Of each sink: name, type, help, and the key in its state.
_SINK_FIGURES = [
    ("bytes_total", "counter", "Bytes sent or written.", "bytes"),
    ("dropped_packets_total", "counter", "Packets that were not sent.", "dropped"),
    ("reconnects_total", "counter", "How often it became live again.", "reconnects"),
    ("failures_total", "counter", "How often it failed.", "failures"),
    ("state_since_timestamp_seconds", "gauge", "When its present state began, in Unix time.", "since"),
]
_DREAM_STATES = ("starting", "dreaming", "late", "stopped")

Sample = tuple[dict[str, str], float]


def render(status: Mapping[str, Any], channel: str, healthy: bool, ready: bool, refused: Mapping[str, int]) -> str:
    """The text a Prometheus server scrapes; every sample carries the channel. Values the status lacks are left out.

    refused: what the web server did not serve, counted by reason.
    """
    lines: list[str] = []

    def family(name: str, kind: str, text: str, samples: list[Sample]) -> None:
        known = [(labels, value) for labels, value in samples if math.isfinite(value)]
        if known:
            lines.append(f"# HELP dreamstream_{name} {text}")
            lines.append(f"# TYPE dreamstream_{name} {kind}")
        for labels, value in known:
            pairs = ",".join(f'{key}="{_escape(each)}"' for key, each in {"channel": channel, **labels}.items())
            lines.append(f"dreamstream_{name}{{{pairs}}} {value:.15g}")

    family("healthy", "gauge", "Whether pictures move (1) or not (0).", [({}, float(healthy))])
    family("ready", "gauge", "Whether the show can dream (1) or not (0).", [({}, float(ready))])
    for name, kind, text, path in _FIGURES:
        value = _number(status, path)
        family(name, kind, text, [] if value is None else [({}, value)])
    family("queue_length", "gauge", "Requests that wait.", [({}, float(len(status.get("queue") or [])))])
    costs = (status.get("frames") or {}).get("costs") or {}
    stages: list[Sample] = [({"stage": str(stage)}, float(cost) / 1000) for stage, cost in costs.items()]
    family("frame_stage_seconds", "gauge", "What a video frame costs, by stage.", stages)
    current = (status.get("dream") or {}).get("state")
    states: list[Sample] = [({"state": state}, float(state == current)) for state in _DREAM_STATES]
    family("dreamer_state", "gauge", "1 for the state the dreamer is in.", states)
    for key, text in (("sinks", "Whether a target takes packets."), ("sources", "Whether a chat source is connected.")):
        parts = status.get(key) or []
        family(f"{key[:-1]}_live", "gauge", text, list(_by_name(parts, lambda part: part.get("state") == "live")))
    for name, kind, text, field in _SINK_FIGURES:
        having = [part for part in status.get("sinks") or [] if isinstance(part.get(field), int | float)]
        family(f"sink_{name}", kind, text, list(_by_name(having, partial(_field, field=field))))
    counts: list[Sample] = [({"reason": reason}, float(count)) for reason, count in sorted(refused.items())]
    family("web_refused_total", "counter", "Requests and messages not served.", counts)
    return "\n".join(lines) + "\n"


def _number(status: Mapping[str, Any], path: str) -> float | None:
    value: Any = status
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return float(value) if isinstance(value, int | float) else None


def _field(part: Mapping[str, Any], field: str) -> float:
    return float(part[field])


def _by_name(parts: list[Mapping[str, Any]], value: Callable[[Mapping[str, Any]], float]) -> Iterator[Sample]:
    seen: set[tuple[str, str]] = set()
    for part in parts:
        name, kind = str(part.get("name", "")), str(part.get("kind", ""))
        if (name, kind) not in seen:  # A repeated series would void the whole scrape.
            seen.add((name, kind))
            yield {"name": name, "kind": kind}, float(value(part))


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
