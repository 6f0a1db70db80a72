"""How the processes of a farm are started: their command, their environment, their share of an accelerator. Pure."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from dreamstream.farm.backends.backend import ACCELERATOR_SHARE, Launch
from dreamstream.farm.plan import ChannelPlan, Plan
from dreamstream.settings.field import PREFIX
from dreamstream.support.resources import OFFLINE_VARIABLE

# Of the environment a process gets no setting: its file, or its command, says them all.
_KEPT = (OFFLINE_VARIABLE, f"{PREFIX}CACHE")


def channel_launch(
    plan: Plan,
    channel: ChannelPlan,
    settings: Path,
    log: Path,
    environ: Mapping[str, str],
    *,
    node: str = "",
    avoid: frozenset[str] = frozenset(),
) -> Launch:
    """How a channel is started. settings: the file of them. environ: the farm's own."""
    made = without_settings(environ)
    if channel.devices is not None:
        made |= _share(plan, channel.devices)
    return Launch(
        [sys.executable, "-P", "-m", "dreamstream", "serve", "--config", str(settings)],
        made,
        plan.home,
        log,
        channel.cpus,
        channel.gpus,
        node,
        avoid,
        elsewhere=channel.restart != "never",
    )


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without settings of the farm's own."""
    return {key: value for key, value in environ.items() if not key.startswith(PREFIX) or key in _KEPT}


def _share(plan: Plan, devices: tuple[int, ...]) -> dict[str, str]:
    """The environment that gives a channel its accelerators, and of their memory its share."""
    sharing = max(sum(device in (other.devices or ()) for other in plan.channels.values()) for device in devices)
    shown = ",".join(str(device) for device in devices)
    return {
        "CUDA_VISIBLE_DEVICES": shown,
        "XLA_PYTHON_CLIENT_MEM_FRACTION": f"{ACCELERATOR_SHARE / max(sharing, 1):.2f}",
    }
