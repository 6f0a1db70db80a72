"""An output: a picture of the show every minute, for a time-lapse of the night or for somebody's printer.

    pip install ./examples/an_output
    dreamstream serve --output timelapse:pictures

Every key frame is a picture by itself, so nothing but those is decoded, in the sink's own thread.
"""

import time
from collections.abc import Callable
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext
from PIL import Image

from dreamstream.core.packet import VIDEO, Packet, StreamInfo
from dreamstream.outputs.kind import OutputKind, ShowStream
from dreamstream.outputs.thread_sink import ThreadSink
from dreamstream.support import files

EVERY = 60.0


class Timelapse(ThreadSink):
    """Writes dream-0001.jpg, dream-0002.jpg, ... into a folder. A full disk is reported, and tried again later."""

    kind = "timelapse"

    def __init__(
        self, folder: Path, info: StreamInfo, name: str, every: float = EVERY, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._info, self._every, self._now = folder, info, every, now
        self._next = now()
        super().__init__(name, str(folder), queue_bytes=8 << 20)
        self._start()

    def _session(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for packets in self._batches():
            for packet in packets:
                if packet.kind == VIDEO and packet.keyframe and self._now() >= self._next:
                    self._next = self._now() + self._every
                    self._keep(packet)

    def _keep(self, packet: Packet) -> None:
        decoder = VideoCodecContext.create("h264", "r")
        decoder.extradata = self._info.video_extradata
        frame = next(iter([*decoder.decode(av.Packet(packet.data)), *decoder.decode(None)]))
        number = 1 + max((int(path.stem[6:]) for path in self._folder.glob("dream-[0-9]*.jpg")), default=0)
        path = self._folder / f"dream-{number:04d}.jpg"
        with files.replacing(path) as partial:
            Image.fromarray(frame.to_ndarray(format="rgb24")).save(partial, quality=92)
        self.status.connected(f"writing to {self._folder}")
        self.status.sent(path.stat().st_size)


def _open(target: str, stream: ShowStream, name: str) -> Timelapse:
    return Timelapse(Path(target), stream.info, name)


KIND = OutputKind(name="timelapse", example="timelapse:FOLDER", open=_open)
