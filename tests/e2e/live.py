"""What a viewer of a live stream gets: read by ffprobe, decoded by FFmpeg."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.conftest import need_program

LIVE = ["-v", "error", "-rtmp_live", "live"]


def probe(url: str, seconds: int) -> dict[str, Any]:
    """What ffprobe reads in `seconds` of the stream: `streams`, and `packets` with their kind, time and flags."""
    (ffprobe,) = need_program("ffprobe")
    command = [ffprobe, *LIVE, "-read_intervals", f"%+{seconds}", "-show_streams"]
    command += ["-show_entries", "packet=codec_type,pts_time,flags", "-of", "json", url]
    result = subprocess.run(command, capture_output=True, timeout=seconds + 60, check=True)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def video_packets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The packets of its pictures, in the order they came."""
    return [packet for packet in found["packets"] if packet["codec_type"] == "video"]


def begins_with_a_key_frame(url: str) -> bool:
    """Whether a newcomer gets pictures, and the first of them whole.

    A server hands a newcomer sound at once and pictures from the next key frame on, 2 s later at most: whoever reads
    for a fixed time may see none, so this waits for the first.
    """
    with av.open(url, options={"rtmp_live": "live"}, timeout=60) as stream:
        return next(stream.demux(video=0)).is_keyframe


def pictures(url: str, count: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The next decoded pictures, uint8 [count, H, W, 3], of a stream whose pictures are `size` (W, H)."""
    (ffmpeg,) = need_program("ffmpeg")
    command = [ffmpeg, *LIVE, "-i", url, "-frames:v", str(count), "-an"]
    command += ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    seen = np.frombuffer(raw, np.uint8).reshape(-1, size[1], size[0], 3)
    assert len(seen) == count
    return seen
