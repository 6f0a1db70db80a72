"""What a farm knows of one channel: its plan, its life, its page and what its show said last. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from dreamstream.core.status import PublicStatus
from dreamstream.farm.backends.backend import ProcessSight
from dreamstream.farm.channel import Channel, Phase, Sight
from dreamstream.farm.plan import ChannelPlan
from dreamstream.farm.status import ChannelStatus

# How old a show's last answer may be to count, in seconds.
ANSWER_LASTS = 6.0


@dataclass
class SupervisedChannel:
    """What the supervisor knows of one channel. Times are its clock's."""

    plan: ChannelPlan
    life: Channel
    page: str = ""  # of the process that runs
    answer: PublicStatus | None = None
    answered_at: float = -1e9
    started_at: float = 0.0
    sight: ProcessSight = field(default_factory=lambda: ProcessSight(alive=False))
    node: str = ""  # where it is to be; "" for anywhere
    still: bytes | None = None
    still_at: float = -1e9

    def fresh(self, now: float) -> PublicStatus | None:
        """What its show said last, unless that is too long ago."""
        return self.answer if now - self.answered_at <= ANSWER_LASTS else None

    def seen(self, now: float) -> Sight:
        """What its life is told of the process."""
        said, sight = self.fresh(now), self.sight
        healthy, ready = (said.healthy, said.ready) if said else (None, None)
        return Sight(sight.alive, sight.code, healthy, ready, sight.memory, sight.why, sight.pid)

    def shown(self, name: str, now: float) -> ChannelStatus:
        """What people and programs are told of it."""
        said = self.fresh(now) if self.life.phase is Phase.RUNNING else None
        shown = ChannelStatus(
            name=name,
            phase=self.life.phase,
            why=self.life.why,
            since=round(now - self.started_at, 1) if self.sight.alive else 0.0,
            starts=self.life.starts,
            pid=self.sight.pid,
            node=self.sight.node,
            memory=self.sight.memory,
            page=self.page,
        )
        if said is None:
            return shown
        update = {
            "title": said.now.title,
            "waiting": len(said.queue),
            "viewers": said.viewers,
            "dreams_per_second": said.dream.per_second,
            "on_time": said.frames.on_time,
            "sinks": tuple(f"{sink.kind} {sink.state}" for sink in said.sinks if sink.state != "live"),
        }
        return shown.model_copy(update=update)
