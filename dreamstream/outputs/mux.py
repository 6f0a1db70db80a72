"""Putting packets into a container, from a key frame on and with times from zero."""

from __future__ import annotations

import io
import itertools
from fractions import Fraction
from types import TracebackType
from typing import Any, Protocol, cast

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from dreamstream.core.packet import VIDEO, Packet, StreamInfo


class Writable(Protocol):
    """What a container can be written to."""

    def write(self, data: bytes, /) -> int | None:
        """Take all of `data`. Raises OSError or ValueError, which comes out of the muxer's own call."""


class _Courier:
    """Carries what FFmpeg writes to an object, and keeps the first error: out of FFmpeg it would come as another."""

    def __init__(self, target: Writable) -> None:
        self._target = target
        self.fault: Exception | None = None
        seek, tell = getattr(target, "seek", None), getattr(target, "tell", None)
        if seek is not None and tell is not None:
            self.seek, self.tell = seek, tell

    def write(self, data: bytes) -> int:
        if self.fault is None:
            try:
                self._target.write(data)
            except (OSError, ValueError) as error:
                self.fault = error
        return len(data)

    def check(self) -> None:
        """Raise what went wrong, if anything has."""
        if self.fault is not None:
            raise self.fault


class Muxer:
    """Writes one container; packets before the first key frame are left out.

    target: what the format takes as its address, or an object with write(), and with seek() where it can.
    The object's own writing does not hold the interpreter up, whereas FFmpeg's opening and closing of an address does.
    format: FFmpeg's name of the muxer ("mp4", "matroska", "tee"). options: the muxer's options.
    Raises av.error.FFmpegError (an OSError for input and output) when it cannot be opened or written, and ValueError
    for audio extradata that is not what the built-in AAC encoder makes.
    """

    def __init__(
        self, target: str | Writable, info: StreamInfo, format: str, options: dict[str, str] | None = None
    ) -> None:
        self._start: Fraction | None = None
        self._courier = None if isinstance(target, str) else _Courier(target)
        self._container = av.open(cast(Any, self._courier or target), "w", format=format, options=dict(options or {}))
        try:
            self._video = self._add_video(info)
            self._audio = self._add_audio(info) if info.audio_extradata else None
            self._container.start_encoding()
            self._check()
            if self._audio is not None and self._audio.codec_context.extradata != info.audio_extradata:
                raise ValueError("the audio track was made by another AAC encoder than this container knows")
        except BaseException:
            self._drop()
            raise

    def _add_video(self, info: StreamInfo) -> VideoStream:
        # Reading the parameter sets as a file of raw H.264 is how FFmpeg is told a stream's extradata without
        # opening a second encoder.
        parameters = io.BytesIO(info.video_extradata)
        with av.open(parameters, "r", format="h264") as template:
            stream = self._container.add_stream_from_template(template.streams.video[0])
        stream.width, stream.height = info.width, info.height
        stream.codec_context.framerate = Fraction(info.fps)
        stream.codec_context.time_base = Fraction(1, info.fps)
        stream.time_base = Fraction(1, info.fps)
        return stream

    def _add_audio(self, info: StreamInfo) -> AudioStream:
        stream = self._container.add_stream("aac", rate=info.sample_rate)
        stream.codec_context.layout = "stereo" if info.channels == 2 else "mono"
        stream.codec_context.time_base = Fraction(1, info.sample_rate)
        return stream

    @property
    def started(self) -> bool:
        """Whether the first key frame has been written."""
        return self._start is not None

    def write(self, packet: Packet) -> bool:
        """Write one packet; returns False when it was left out (before the first key frame, or no such track)."""
        stream = self._video if packet.kind == VIDEO else self._audio
        if stream is None:
            return False
        if self._start is None:
            if packet.kind != VIDEO or not packet.keyframe:
                return False
            self._start = packet.dts * packet.time_base
        # Audio that began before the picture would make the times negative, and every muxer mends that differently.
        if packet.dts * packet.time_base < self._start:
            return False
        shift = round(self._start / packet.time_base)
        copy = av.Packet(len(packet.data))
        copy.update(packet.data)
        copy.pts = packet.pts - shift
        copy.dts = max(0, packet.dts - shift)
        copy.duration = packet.duration
        copy.time_base = packet.time_base
        copy.is_keyframe = packet.keyframe
        copy.stream = stream
        self._container.mux(copy)
        self._check()
        return True

    def close(self) -> None:
        """Write the trailer and close; raises av.error.FFmpegError when that fails."""
        self._container.close()
        self._check()

    def _check(self) -> None:
        if self._courier is not None:
            self._courier.check()

    def _drop(self) -> None:
        try:
            self._container.close()
        except (OSError, ValueError, av.error.FFmpegError):
            return

    def __enter__(self) -> Muxer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close() if error is None else self._drop()


def escape(text: str, special: str) -> str:
    """`text` with a backslash before each special character, as FFmpeg's option parser undoes it."""
    return "".join(itertools.chain.from_iterable(("\\", char) if char in special else (char,) for char in text))
