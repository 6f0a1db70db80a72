"""A finished HLS stream in a folder, and what its playlist says."""

from __future__ import annotations

from pathlib import Path

from dreamstream.core.packet import Packet
from dreamstream.outputs.hls import HlsSink
from dreamstream.outputs.hls_playlist import MEDIA, Playlist


def named(folder: Path) -> list[str]:
    """The segments that the playlist names now."""
    return [line for line in (folder / MEDIA).read_text().splitlines() if line and not line.startswith("#")]


def lengths(folder: Path) -> list[float]:
    """The segments' lengths as the playlist tells them."""
    lines = (folder / MEDIA).read_text().splitlines()
    return [float(line.removeprefix("#EXTINF:").rstrip(",")) for line in lines if line.startswith("#EXTINF")]


def written(folder: Path, packets: list[Packet], info: object, wall: float = 1.8e9) -> HlsSink:
    """A finished stream of these packets."""
    sink = HlsSink(folder, info, wall=lambda: wall)  # type: ignore[arg-type]
    for packet in packets:
        sink.put(packet)
    sink.close(20)
    return sink


def numbers(folder: Path) -> tuple[int, int, int]:
    """What the playlist says: the first segment's number, how many there are, and the discontinuities before."""
    playlist = Playlist.read((folder / MEDIA).read_text())
    return playlist.number, len(playlist.segments), playlist.discontinuities
