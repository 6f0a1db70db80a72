"""FFmpeg's own frame-rate filters on the same pictures: what there is for video whose camera path is unknown."""

from __future__ import annotations

import time
from fractions import Fraction

import av
import numpy as np
from av.error import BlockingIOError as NotYet
from av.error import EOFError as AtEnd
from av.filter import Graph
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
# Scene-cut detection is off in both: at long intervals it would take every dream for a cut and hold it.
FILTERS = {
    "minterpolate": "fps={fps}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none",
    "framerate": "fps={fps}:interp_start=0:interp_end=255:scene=100",
}
# Both filters are late by some frames, and swallow the last ones.
PADDING = 3


def converted(name: str, pictures: list[Luma], times: int) -> list[Luma]:
    """The pictures at `times` times their rate: `times` frames from each picture to before the next, the last left out.

    Raises ValueError when the filter does not give as many frames.
    """
    return _run(name, pictures, times)[0]


def middles(name: str, pictures: list[Luma]) -> list[Luma]:
    """The pictures half way between each and the next."""
    return converted(name, pictures, 2)[1::2]


def milliseconds(name: str, pictures: list[Luma], times: int) -> float:
    """Processor time per frame made."""
    frames, seconds = _run(name, pictures, times)
    return 1000 * seconds / len(frames)


def _run(name: str, pictures: list[Luma], times: int) -> tuple[list[Luma], float]:
    height, width = pictures[0].shape
    graph = Graph()
    source = graph.add_buffer(
        width=width, height=height, format=av.VideoFormat("yuv420p", width, height), time_base=Fraction(1, 30)
    )
    filtering = graph.add(name, FILTERS[name].format(fps=30 * times))
    # The rate of the pictures does not matter to the filters, only its ratio to the frames'.
    sink = graph.add("buffersink")
    source.link_to(filtering)
    filtering.link_to(sink)
    graph.configure()
    # Repeated at both ends, since both filters need neighbours.
    padded = [pictures[0]] * PADDING + pictures + [pictures[-1]] * PADDING
    found: dict[int, Luma] = {}
    began = time.process_time()
    for number, picture in enumerate([*padded, None]):
        if picture is None:
            source.push(None)
        else:
            whole = np.full((height * 3 // 2, width), 128, np.uint8)
            whole[:height] = picture
            frame = av.VideoFrame.from_ndarray(whole, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            source.push(frame)
        while True:
            try:
                filtered = sink.pull()
            except (NotYet, AtEnd):
                break
            assert isinstance(filtered, av.VideoFrame)
            assert filtered.time is not None
            found[round(filtered.time * 30 * times)] = np.asarray(filtered.to_ndarray()[:height], np.uint8)
    seconds = time.process_time() - began
    places = range(PADDING * times, (PADDING + len(pictures) - 1) * times)
    if not all(place in found for place in places):
        raise ValueError(f"{name} gave {len(found)} frames, but not all that were wanted")
    return [found[place] for place in places], seconds
