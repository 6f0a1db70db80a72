"""How many bits, and how much work, a picture of a size and rate gets; and what Twitch takes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from urllib.parse import urlsplit

# Twitch's upper limit in kb/s; what it recommends by size and rate is `default_bitrate`.
TWITCH_LIMIT = 6000
TWITCH_RATES = (30, 60)
TWITCH_HOSTS = ("twitch.tv", "live-video.net", "ttvnw.net")
# x264's presets for live video, from careful to fast. The fast one is at the size and rate from which the careful one
# takes more than a third of a core; machines with cores to spare keep the careful one.
PRESETS = ("veryfast", "superfast", "ultrafast")
MANY_PIXELS, MANY_CORES = 1280 * 720 * 30, 8


def default_bitrate(width: int, height: int, fps: int) -> int:
    """The bitrate in kb/s: Twitch's figures (720p30 3000, 720p60 and 1080p30 4500, at most 6000) and between them."""
    kbps = 3000 * math.sqrt(width * height / (1280 * 720)) * math.pow(fps / 30, 0.585)
    return max(300, min(TWITCH_LIMIT, round(kbps / 50) * 50))


def default_preset(width: int, height: int, fps: int, cores: int) -> str:
    """The x264 preset for live video of this size and rate on a machine with so many cores."""
    return PRESETS[1] if width * height * fps >= MANY_PIXELS and cores < MANY_CORES else PRESETS[0]


def twitch_warning(urls: Iterable[str], kbps: int, fps: int) -> str | None:
    """A sentence when one of the targets is Twitch, and it would refuse or spoil this video; without any address."""
    if not any(_is_twitch(url) for url in urls):
        return None
    if kbps > TWITCH_LIMIT:
        return f"Twitch takes at most {TWITCH_LIMIT} kb/s, and may refuse {kbps}: choose a smaller --bitrate."
    if fps not in TWITCH_RATES:
        return f"Twitch wants 30 or 60 frames per second, and may stutter at {fps}: choose another --fps."
    return None


def _is_twitch(url: str) -> bool:
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return False
    return any(host == name or host.endswith(f".{name}") for name in TWITCH_HOSTS)
