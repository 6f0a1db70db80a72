"""What strangers see of a status."""

from __future__ import annotations

from dreamstream.core.status import PartStatus, PublicStatus, SinkReport, labels
from tests.web.show import FakeShow


def test_the_public_status_has_kinds_and_states_and_no_more_of_parts() -> None:
    """Names, addresses, details and errors stay behind, also those that a kind of sink adds."""
    status = FakeShow(detail="compiling").status()
    sink = SinkReport.model_validate({**status.sinks[0].model_dump(), "path": "/home/ada/show.mkv", "error": "no"})
    public = status.model_copy(update={"sinks": (sink,)}).public()
    assert public.sinks == (PartStatus(kind="rtmp", state="live"),)
    assert set(public.sources[0].model_dump()) == {"kind", "state", "messages"}
    assert not {"trouble", "times"} & set(public.dream.model_dump())
    assert public.now == status.now
    assert PublicStatus.model_validate_json(public.model_dump_json()) == public


def test_parts_are_named_by_kind_and_number() -> None:
    """So that two of one kind are told apart without saying where they go."""
    kinds = ("preview", "rtmp", "hls", "rtmp", "rtmp")
    parts = [PartStatus(kind=kind, state="live") for kind in kinds]
    assert labels(parts) == ["preview", "rtmp", "hls", "rtmp-2", "rtmp-3"]
