"""The show's figures for Prometheus, made from its status whenever they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from dreamstream.core.status import HistogramStatus, SinkReport, Status, labels

_PREFIX = "dreamstream_"
# Name, help, and what it is of a status; those that only grow, then those that rise and fall.
_COUNTERS: list[tuple[str, str, Callable[[Status], float | None]]] = [
    ("frames", "Video frames sent since the start.", lambda status: status.frames.sent),
    ("frames_late", "Video frames sent after their time.", lambda status: status.frames.late),
    ("dreams", "Dreams finished since the start.", lambda status: status.dream.number),
    ("chat_unread", "Lines of chat that a flood kept from being read, since the start.", lambda status: status.unread),
    ("dream_busy_seconds", "Time spent dreaming since the start.", lambda status: status.dream.busy),
]
_GAUGES: list[tuple[str, str, Callable[[Status], float | None]]] = [
    ("healthy", "Whether pictures move (1) or not (0).", lambda status: status.healthy),
    ("ready", "Whether the show can dream (1) or not (0).", lambda status: status.ready),
    ("frames_on_time_ratio", "Share of video frames sent on time, from 0 to 1.", lambda status: status.frames.on_time),
    ("frames_per_second", "Video frames sent per second.", lambda status: status.frames.fps),
    ("picture_age_seconds", "Age of the last video frame.", lambda status: status.picture_age),
    ("dream_age_seconds", "Age of the last dream.", lambda status: status.dream.age),
    ("dream_duration_seconds", "How long the last dream took to make.", lambda status: status.dream.seconds),
    ("dreams_per_second", "Dreams finished per second.", lambda status: status.dream.per_second),
    ("viewers", "Viewers of the page, by video or by still pictures.", lambda status: status.viewers),
    ("queue_length", "Requests that wait.", lambda status: len(status.queue)),
    ("resident_memory_bytes", "Memory of the process.", lambda status: status.memory),
    ("disk_free_bytes", "What may still be written where the state is kept.", lambda status: status.disk_free),
    ("uptime_seconds", "Time since the show started.", lambda status: status.uptime),
]
_SINK_COUNTERS: list[tuple[str, str, Callable[[SinkReport], float]]] = [
    ("sink_bytes", "Bytes sent or written.", lambda sink: sink.bytes),
    ("sink_dropped_packets", "Packets that were not sent.", lambda sink: sink.dropped),
    ("sink_reconnects", "How often it became live again.", lambda sink: sink.reconnects),
    ("sink_failures", "How often it failed.", lambda sink: sink.failures),
]
_DREAM_STATES = ("starting", "dreaming", "late", "stopped")


def render(status: Status, refused: Mapping[str, int], accept: str = "") -> tuple[bytes, str]:
    """What a Prometheus server scrapes, and its content type; every sample carries the channel.

    Outputs and sources are named by their kinds, for anyone may read this. What is not known is left out.
    refused: what the web server did not serve, counted by reason. accept: the formats that the server takes.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_ShowCollector(status, refused))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _ShowCollector(Collector):
    """All families of one scrape."""

    def __init__(self, status: Status, refused: Mapping[str, int]) -> None:
        self._status, self._refused = status, refused

    def collect(self) -> Iterator[Metric]:
        """Those that have a sample."""
        yield from (family for family in self._families() if family.samples)

    def _families(self) -> Iterator[Metric]:
        status = self._status
        for name, text, figure in _COUNTERS:
            yield self._counter(name, text, [((), figure(status))])
        for name, text, figure in _GAUGES:
            yield self._gauge(name, text, [((), figure(status))])
        yield self._counter("dream_cost", "What dreams took since the start.", _each(status.dream.cost), "unit")
        per_second = _each(status.dream.cost_per_second)
        yield self._gauge("dream_cost_per_second", "What dreams take per second.", per_second, "unit")
        stages = [((stage,), cost / 1000) for stage, cost in status.frames.costs.items()]
        yield self._gauge("frame_stage_seconds", "What a video frame costs, by stage.", stages, "stage")
        states = [((state,), state == status.dream.state) for state in _DREAM_STATES]
        yield self._gauge("dreamer_state", "1 for the state the dreamer is in.", states, "state")
        lateness = "How long after their time video frames were sent."
        yield self._histogram("frame_lateness_seconds", lateness, status.frames.lateness)
        yield self._histogram("dream_time_seconds", "How long dreams took to make.", status.dream.times)
        yield from self._parts(status)
        yield self._counter("web_refused", "Requests and messages not served.", _each(self._refused), "reason")

    def _parts(self, status: Status) -> Iterator[Metric]:
        sinks = list(zip(labels(status.sinks), status.sinks, strict=True))
        live = [((name, sink.kind), sink.state == "live") for name, sink in sinks]
        yield self._gauge("sink_live", "Whether a target takes packets.", live, "name", "kind")
        for family, text, figure in _SINK_COUNTERS:
            samples = [((name, sink.kind), figure(sink)) for name, sink in sinks]
            yield self._counter(family, text, samples, "name", "kind")
        since = [((name, sink.kind), sink.since) for name, sink in sinks]
        text = "When its present state began, in Unix time."
        yield self._gauge("sink_state_since_timestamp_seconds", text, since, "name", "kind")
        sources = list(zip(labels(status.sources), status.sources, strict=True))
        live = [((name, source.kind), source.state == "live") for name, source in sources]
        yield self._gauge("source_live", "Whether a chat source is connected.", live, "name", "kind")
        heard = [((name, source.kind), source.messages) for name, source in sources]
        yield self._counter("source_messages", "Messages heard from a chat source.", heard, "name", "kind")

    def _counter(self, name: str, text: str, samples: _Samples, *names: str) -> Metric:
        return self._filled(CounterMetricFamily(_PREFIX + name, text, labels=("channel", *names)), samples)

    def _gauge(self, name: str, text: str, samples: _Samples, *names: str) -> Metric:
        return self._filled(GaugeMetricFamily(_PREFIX + name, text, labels=("channel", *names)), samples)

    def _filled(self, family: CounterMetricFamily | GaugeMetricFamily, samples: _Samples) -> Metric:
        for values, value in samples:
            if value is not None and math.isfinite(value):
                family.add_metric((self._status.channel, *values), float(value))
        return family

    def _histogram(self, name: str, text: str, seen: HistogramStatus) -> Metric:
        ends = [f"{bound:g}" for bound in seen.bounds] + ["+Inf"]
        buckets = [(end, float(count)) for end, count in zip(ends, accumulate(seen.counts), strict=True)]
        family = HistogramMetricFamily(_PREFIX + name, text, labels=("channel",))
        family.add_metric((self._status.channel,), buckets, sum_value=seen.sum)
        return family


_Samples = Sequence[tuple[tuple[str, ...], float | None]]


def _each(figures: Mapping[str, float]) -> _Samples:
    return [((name,), value) for name, value in sorted(figures.items())]
