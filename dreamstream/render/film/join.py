"""Parts of a film put one behind the other, as they are: nothing is encoded again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.codec.context import Flags
from av.container import OutputContainer

from dreamstream.core.errors import UserError
from dreamstream.render.video_file import FORMATS
from dreamstream.support.files import replacing
from dreamstream.video.encoder import AUDIO_BITRATE
from dreamstream.video.soundtrack import SAMPLE_RATE, Soundtrack


def join(parts: Sequence[Path], output: Path, fps: int, sound: Soundtrack | None = None) -> int:
    """Write the frames of all parts into one file, with sound if there is one; returns how many. Raises UserError.

    Each part begins with a key frame and has its frames in the order in which they are seen, so that a frame's number
    is all that its time depends on.
    """
    format, options = FORMATS[output.suffix.lower()]
    frames = 0
    try:
        # The same parts give the same bytes: no number that is drawn, no date.
        with (
            replacing(output) as partial,
            av.open(f"file:{partial}", "w", format=format, options=options | {"fflags": "+bitexact"}) as whole,
        ):
            stream, header, heard = None, b"", None
            for part in parts:
                with av.open(f"file:{part}") as container:
                    (video,) = container.streams.video
                    extradata = bytes(video.codec_context.extradata or b"")
                    if stream is None:
                        stream, header = whole.add_stream_from_template(video), extradata
                        stream.time_base = Fraction(1, fps)
                        heard = None if sound is None else _Sound(whole, sound)
                    if extradata != header:
                        raise UserError(f"{part} was encoded in another way than the parts before; remove it.")
                    for packet in container.demux(video):
                        if packet.dts is None:
                            continue  # the end, as FFmpeg says it
                        packet.time_base = Fraction(1, fps)
                        packet.pts = packet.dts = frames
                        packet.duration = 1
                        packet.stream = stream
                        whole.mux(packet)
                        frames += 1
                        if heard is not None:
                            heard.up_to(Fraction(frames, fps))
            if heard is not None:
                heard.end()
    except av.error.FFmpegError as error:
        raise UserError(f"{output} cannot be joined from its parts: {error.strerror}.") from None
    return frames


class _Sound:
    """The sound of a film as AAC, encoded between its frames."""

    def __init__(self, whole: OutputContainer, soundtrack: Soundtrack) -> None:
        self._whole, self._soundtrack, self._samples = whole, soundtrack, 0
        self._stream = whole.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        self._stream.bit_rate = AUDIO_BITRATE
        self._stream.codec_context.flags |= Flags.bitexact
        self._stream.codec_context.open()

    def up_to(self, time: Fraction) -> None:
        """Write what is heard up to a time, in seconds."""
        while Fraction(self._samples, SAMPLE_RATE) < time:
            block = self._soundtrack.read(self._stream.codec_context.frame_size)
            frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._samples, Fraction(1, SAMPLE_RATE)
            self._samples += block.shape[1]
            self._whole.mux(self._stream.encode(frame))

    def end(self) -> None:
        """Write what the encoder still has."""
        self._whole.mux(self._stream.encode(None))
