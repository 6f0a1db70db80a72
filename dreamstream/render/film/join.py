"""Parts of a film put one behind the other, as they are: nothing is encoded again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from dreamstream.core.errors import UserError
from dreamstream.render.video_file import FORMATS
from dreamstream.support.files import replacing


def join(parts: Sequence[Path], output: Path, fps: int) -> int:
    """Write the frames of all parts into one file; returns how many. Raises UserError.

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
            stream, header = None, b""
            for part in parts:
                with av.open(f"file:{part}") as container:
                    (video,) = container.streams.video
                    extradata = bytes(video.codec_context.extradata or b"")
                    if stream is None:
                        stream, header = whole.add_stream_from_template(video), extradata
                        stream.time_base = Fraction(1, fps)
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
    except av.error.FFmpegError as error:
        raise UserError(f"{output} cannot be joined from its parts: {error.strerror}.") from None
    return frames
