"""The alarms are about figures that there are."""

from __future__ import annotations

import re
from pathlib import Path

from dreamstream.farm.channel import Phase
from dreamstream.farm.metrics import render as farm_figures
from dreamstream.farm.status import ChannelStatus, FarmStatus
from dreamstream.web.metrics import render as show_figures
from tests.web.show import FakeShow

ALERTS = Path(__file__).parents[2] / "docker" / "figures" / "alerts.yml"


def test_every_alarm_is_about_a_figure_that_there_is() -> None:
    """A figure that is renamed would silence its alarm for ever."""
    show = FakeShow(title=("bee",))
    channel = ChannelStatus(name="owls", phase=Phase.PARKED, why="", since=0.0, starts=1, page="")
    there = show_figures(show.status(), {})[0].decode() + farm_figures(FarmStatus(channels=(channel,)))[0].decode()
    asked = set(re.findall(r"dreamstream_\w+", " ".join(re.findall(r"expr: (.*)", ALERTS.read_text()))))
    assert len(asked) >= 6
    assert {name for name in asked if f"\n{name}{{" not in there} == set()
