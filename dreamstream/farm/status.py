"""What a farm says about itself: plain data, from which API, wall, command line and metrics are made."""

from __future__ import annotations

from pydantic import Field

from dreamstream.core.status import Count, Record
from dreamstream.farm.channel import Phase


class ChannelStatus(Record):
    """One channel. What its show last said is None where it does not answer."""

    name: str
    phase: Phase
    why: str = Field(description="Why its process last ended when nobody asked for it.")
    since: float = Field(description="Seconds since its process was started; 0 without one.")
    starts: Count = Field(description="How often this farm started its process.")
    pid: Count = 0
    node: str = Field(default="", description="The node that it is on, where there are several.")
    memory: Count = Field(default=0, description="Resident memory in bytes.")
    page: str = Field(description="Where its page is.")
    title: str | None = Field(default=None, description="What it dreams now.")
    waiting: Count | None = Field(default=None, description="How many requests wait.")
    viewers: Count | None = None
    dreams_per_second: float | None = None
    on_time: float | None = Field(default=None, description="The share of its frames that were sent in time.")
    sinks: tuple[str, ...] = Field(default=(), description="Outputs that are not live, as kind and state.")


class NodeStatus(Record):
    """A machine of the farm."""

    name: str
    address: str
    alive: bool
    drained: bool = Field(description="No channel is started there.")


class FarmStatus(Record):
    """The whole farm."""

    channels: tuple[ChannelStatus, ...]
    nodes: tuple[NodeStatus, ...] = Field(default=(), description="Its machines, where there are several.")
    note: str = Field(default="", description="What is going on, such as a rolling restart.")
