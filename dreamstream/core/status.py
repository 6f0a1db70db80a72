"""What a show says about itself: one typed description, from which the API, its OpenAPI document, the metrics, the page
and the control room are made.

`Status` is everything, for whoever holds the control room's token. `PublicStatus` is what strangers see: no path, host,
address, and no text that a library or a server wrote. Plain data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

_Narrow = TypeVar("_Narrow", bound="Record")
Count = Annotated[int, Field(ge=0)]
PartState = Literal["starting", "connecting", "live", "waiting", "failed", "closed", "stopped"]
DreamerState = Literal["starting", "dreaming", "late", "stopped"]


class Record(BaseModel):
    """Plain data that is made once and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WishStatus(Record):
    """One thing that is dreamed now; a weight below 0 means that it is to go away."""

    what: str
    emoji: str
    region: str
    weight: float
    who: str
    drawing: str = Field("", description="The key of the drawing that it is, if it is one.")


class NowStatus(Record):
    """What is dreamed now."""

    title: str = Field(description="What is dreamed, as a person would say it.")
    wishes: tuple[WishStatus, ...]
    who: str = Field(description="Who asked; empty when the show chose by itself.")
    since: float = Field(description="Seconds since it began.")
    left: float | None = Field(description="Seconds it goes on at least; null when nothing waits.")
    idle: bool


class RequestStatus(Record):
    """A request that waits."""

    id: str
    title: str
    emoji: str
    who: str
    eta: float | None = Field(description="Seconds until its turn.")


class HistogramStatus(Record):
    """How often a figure fell into each bucket: at most bounds[0], at most bounds[1], ..., and above them all."""

    bounds: tuple[float, ...]
    counts: tuple[Count, ...]
    sum: float


class DreamFigures(Record):
    """The dreamer's work."""

    number: Count = Field(description="Dreams finished since the start.")
    age: float | None = Field(description="Seconds since the last dream.")
    per_second: float
    seconds: float = Field(description="How long the last dream took.")
    busy: float = Field(description="Seconds spent dreaming since the start.")
    cost: Mapping[str, float] = Field(description="What dreams took since the start, such as steps.")
    cost_per_second: Mapping[str, float]
    last_cost: Mapping[str, float] = Field(description="What the last dream took.")
    things: float = Field(1.0, description="The share of the usual number of things; fewer on a slow machine.")
    state: DreamerState
    detail: str = Field(description="What it is doing, where that is no dreaming.")


class DreamReport(DreamFigures):
    """The dreamer's work, with how long dreams took and what went wrong."""

    trouble: str = Field("", description="What the dreamer last stumbled over.")
    times: HistogramStatus = Field(description="How long dreams took, in seconds.")


class FrameFigures(Record):
    """The video frames."""

    fps: float
    sent: Count
    late: Count
    on_time: float | None = Field(ge=0, le=1)
    costs: Mapping[str, float] = Field(description="Milliseconds a frame, by stage.")
    titled: bool = Field(False, description="Whether titles are drawn into the pictures.")


class FrameReport(FrameFigures):
    """The video frames, with how late they were and whether the machine keeps up."""

    trouble: str = Field("", description="What is too slow, and what was done about it.")
    lateness: HistogramStatus = Field(description="How long after their time frames were sent, in seconds.")


class PartStatus(Record):
    """An output or a source as strangers see it."""

    kind: str = Field(description="Such as rtmp, recording, hls, twitch, irc.")
    state: PartState


class SourceStatus(PartStatus):
    """A chat source as strangers see it."""

    messages: Count = Field(0, description="Messages heard since the start.")


class SinkReport(PartStatus):
    """An output, as whoever runs the show sees it; kinds add figures of their own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int | float | str | None]

    name: str
    detail: str = ""
    url: str = Field("", description="Where it sends; a stream key is hidden.")
    since: float | None = Field(None, description="Since when it is in this state, in Unix time.")
    seconds: float | None = Field(None, description="How long it is in this state.")
    bytes: Count = 0
    dropped: Count = Field(0, description="Packets that were not sent.")
    reconnects: Count = Field(0, description="How often it became live again.")
    failures: Count = 0
    error: str = Field("", description="What went wrong last, also when that is over.")


class SourceReport(SourceStatus):
    """A chat source, as whoever runs the show sees it; kinds add figures of their own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int | float | str | None]

    name: str
    detail: str = ""


class _Shared(Record):
    """What strangers and owners see alike."""

    version: Literal[1] = 1
    channel: str
    healthy: bool = Field(description="Whether pictures really move.")
    ready: bool = Field(description="Whether it can dream.")
    now: NowStatus
    queue: tuple[RequestStatus, ...]
    picture_age: float | None = Field(description="Seconds since the last video frame.")
    viewers: Count = Field(description="Who watches on the page now, by video or by still pictures.")
    unread: Count = Field(0, description="Lines of chat that a flood kept from being read, since the start.")
    uptime: float
    memory: Count = Field(description="Resident memory in bytes.")


class PublicStatus(_Shared):
    """The show as strangers see it."""

    dream: DreamFigures
    frames: FrameFigures
    sinks: tuple[PartStatus, ...]
    sources: tuple[SourceStatus, ...]


class Status(_Shared):
    """The show as whoever runs it sees it."""

    dream: DreamReport
    frames: FrameReport
    sinks: tuple[SinkReport, ...]
    sources: tuple[SourceReport, ...]
    disk_free: Count | None = Field(None, description="Bytes free where its state is kept; null where not known.")

    def public(self) -> PublicStatus:
        """What strangers may see of it."""
        return PublicStatus(
            **{name: getattr(self, name) for name in _Shared.model_fields},
            dream=_narrow(self.dream, DreamFigures),
            frames=_narrow(self.frames, FrameFigures),
            sinks=tuple(_narrow(sink, PartStatus) for sink in self.sinks),
            sources=tuple(_narrow(source, SourceStatus) for source in self.sources),
        )


class ControlStatus(Record):
    """A control of the dream."""

    name: str
    value: float
    unit: str
    low: float
    high: float
    default: float
    help: str


class ErrorStatus(Record):
    """A warning or an error of the log."""

    age: float
    level: str
    text: str
    count: Count


class SoundStatus(Record):
    """The sound under the dreams."""

    state: Literal["silence", "playing", "waiting"] = Field(description="Waiting: nothing can be played now.")
    file: str = Field(default="", description="The name of the file that is decoded now.")
    left_out: Count = Field(default=0, description="Files that cannot be played.")
    gaps: Count = Field(default=0, description="How often the sound was not ready in time.")


class BlockedStatus(Record):
    """Whom and what moderators blocked."""

    viewers: tuple[str, ...]
    classes: tuple[str, ...]


class HeldStatus(Record):
    """A drawing that waits for approval."""

    drawing: str = Field(description="Its key.")
    title: str
    who: str


class RoomStatus(Record):
    """What the control room turns and watches, beside the show's status."""

    paused: bool
    hold: float = Field(description="How long a request is dreamed when others wait, in seconds.")
    limit: Count = Field(description="How many requests of one viewer may wait.")
    controls: tuple[ControlStatus, ...]
    preset: str
    presets: tuple[str, ...]
    outputs: tuple[SinkReport, ...] = Field(description="The outputs that can be stopped and started.")
    blocked: BlockedStatus
    held: tuple[HeldStatus, ...] = Field((), description="Drawings that wait for approval.")
    sound: SoundStatus
    chat: Mapping[str, Count] = Field(description="What the bot heard and did, counted.")
    errors: tuple[ErrorStatus, ...] = Field(description="Warnings and errors of the last hour, newest first.")


class OwnerStatus(Status):
    """Everything that the control room sees."""

    control: RoomStatus


def labels(parts: Iterable[PartStatus]) -> list[str]:
    """A name for each part that tells nothing but its kind: "rtmp", "recording", "rtmp-2"."""
    seen: Counter[str] = Counter()
    names = []
    for part in parts:
        seen[part.kind] += 1
        names.append(part.kind if seen[part.kind] == 1 else f"{part.kind}-{seen[part.kind]}")
    return names


def _narrow(record: Record, to: type[_Narrow]) -> _Narrow:
    return to(**{name: getattr(record, name) for name in to.model_fields})
