"""A pretty moving test picture, and H.264 packets of it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.packet import VIDEO, Packet, StreamInfo

LOW_DELAY = {"preset": "ultrafast", "tune": "zerolatency"}


def plasma(width: int, height: int, time: float) -> NDArray[np.uint8]:
    """RGB uint8 [height, width, 3]: slow coloured waves, different at every time (seconds)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    warp_x = x + 0.22 * np.sin(3.1 * y + 0.9 * time) + 0.09 * np.sin(9 * y - 4 * x + 0.5 * time)
    warp_y = y + 0.22 * np.sin(2.7 * x - 0.7 * time) + 0.09 * np.cos(8 * x + 5 * y - 0.6 * time)
    rings = np.sin(14 * np.hypot(warp_x - 0.9, warp_y - 0.5) - 1.8 * time)
    waves = np.sin(6 * warp_x + 0.6 * time) + np.sin(7 * warp_y - 0.4 * time) + rings
    phase = waves[..., None] * 0.9 + np.array([0.2, 2.1, 3.6], np.float32) + 0.25 * time
    shade = 0.62 + 0.38 * np.sin(5 * warp_y - 3 * warp_x + waves)
    colour = (0.5 + 0.5 * np.cos(phase)) * shade[..., None]
    picture: NDArray[np.uint8] = np.clip(colour * 255, 0, 255).astype(np.uint8)
    return picture


class Encoder:
    """H.264 packets of pictures, the way the show's encoder makes them (global header, one encode)."""

    def __init__(
        self, width: int = 160, height: int = 96, fps: int = 30, gop: int = 60, options: dict[str, str] | None = None
    ) -> None:
        self._container = av.open("-", "w", format="null")
        stream = self._container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = dict(LOW_DELAY if options is None else options)
        context = stream.codec_context
        context.time_base = Fraction(1, fps)
        context.gop_size = gop
        context.thread_count = 1
        context.flags |= av.codec.context.Flags.global_header
        self._container.start_encoding()
        self._stream = stream
        self._number = 0
        assert context.extradata is not None
        self.info = StreamInfo(width, height, fps, bytes(context.extradata), b"")

    def encode(self, picture: NDArray[np.uint8] | None) -> Iterator[Packet]:
        """The packets that come out when `picture` goes in (None: the last ones)."""
        frame = None
        if picture is not None:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = self._number, Fraction(1, self.info.fps)
            self._number += 1
        for packet in self._stream.encode(frame):
            assert packet.pts is not None
            assert packet.dts is not None
            base = packet.time_base
            duration = packet.duration or 1
            yield Packet(VIDEO, bytes(packet), packet.pts, packet.dts, duration, base, packet.is_keyframe)

    def close(self) -> None:
        """Free the encoder."""
        self._container.close()


def encode(
    frames: int, *, gop: int = 60, options: dict[str, str] | None = None, width: int = 160, height: int = 96
) -> tuple[StreamInfo, list[Packet]]:
    """Stream information and the packets of `frames` plasma pictures at 30 a second."""
    encoder = Encoder(width, height, gop=gop, options=options)
    packets = [p for i in range(frames) for p in encoder.encode(plasma(width, height, i / 30))]
    packets += encoder.encode(None)
    encoder.close()
    return encoder.info, packets
