"""The farm's own figures for Prometheus; each channel's show has its own, found through targets.json."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import choose_encoder

from dreamstream.farm.channel import Phase
from dreamstream.farm.status import FarmStatus


def render(status: FarmStatus, accept: str = "") -> tuple[bytes, str]:
    """What a Prometheus server scrapes, and its content type. accept: the formats that it takes."""
    registry = CollectorRegistry()
    phases = Gauge(
        "dreamstream_farm_channel_phase",
        "Where a channel is in its life (1 for the one phase it is in).",
        ("channel", "phase"),
        registry=registry,
    )
    starts = Counter(
        "dreamstream_farm_channel_starts", "How often its process was started.", ("channel",), registry=registry
    )
    memory = Gauge("dreamstream_farm_channel_memory_bytes", "Memory of its process.", ("channel",), registry=registry)
    for channel in status.channels:
        for phase in Phase:
            phases.labels(channel.name, phase.value).set(channel.phase is phase)
        starts.labels(channel.name).inc(channel.starts)
        memory.labels(channel.name).set(channel.memory)
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
