"""Damaged sound: `python -m benchmarks.sound [COUNT]` damages COUNT (20000) files, plays them, and says what came.

Files of five kinds, damaged as `benchmarks.fuzz` damages the others; the last file of the folder is whole. It must be
heard: nothing before it may end the sound, hold it up, or take memory that is not given back.
"""

from __future__ import annotations

import io
import logging
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from benchmarks.fuzz import damaged
from dreamstream.support import machine
from dreamstream.video.soundtrack import SAMPLE_RATE, Soundtrack

# Container, encoder, sample format and layout of what is damaged.
KINDS = {
    "wav": ("wav", "pcm_s16le", "s16", "stereo"),
    "flac": ("flac", "flac", "s16", "mono"),
    "ogg": ("ogg", "libopus", "s16", "stereo"),
    "mp3": ("mp3", "libmp3lame", "fltp", "stereo"),
    "m4a": ("mp4", "aac", "fltp", "mono"),
}
WHOLE, LAST = 440.0, 1000.0  # Hz
SECONDS = 0.3
# No file of so many seconds may keep the sound so long from what comes next.
LONGEST = 120.0


def sound_of(kind: str, hertz: float, seconds: float) -> bytes:
    """A tone as a file of one of KINDS."""
    container, encoder, form, layout = KINDS[kind]
    channels = 2 if layout == "stereo" else 1
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    planes = np.tile(wave.astype(np.float32), (channels, 1))
    data = planes if form == "fltp" else (planes.T.reshape(1, -1) * 32767).astype(np.int16)
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(encoder, rate=SAMPLE_RATE, layout=layout)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(data, format=form, layout=layout)
        frame.sample_rate = SAMPLE_RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    return file.getvalue()


def fill(folder: Path, count: int) -> None:
    """Put `count` damaged files into a folder, and a whole one after them."""
    whole = {kind: sound_of(kind, WHOLE, SECONDS) for kind in KINDS}
    for seed in range(count):
        kind = list(KINDS)[seed % len(KINDS)]
        (folder / f"{seed:06d}.{kind}").write_bytes(damaged(whole[kind], seed))
    (folder / "whole.wav").write_bytes(sound_of("wav", LAST, 2.0))


def is_last(sound: np.ndarray) -> bool:
    """Whether a second of sound is the whole file's."""
    spectrum = np.abs(np.fft.rfft(sound))
    return bool(spectrum.max() > 100 and abs(int(spectrum.argmax()) - LAST) < 20)


def play(folder: Path, most: float) -> tuple[float, int, float]:
    """Play a folder until its last file is heard: seconds of sound before that, files left out, the longest wait.

    most: seconds of sound after which it will not be heard any more. Raises TimeoutError then.
    """
    track, heard, longest = Soundtrack(folder, wait=LONGEST), 0.0, 0.0
    try:
        while heard < most:
            began = time.perf_counter()
            second = track.read(SAMPLE_RATE)[0]
            longest = max(longest, time.perf_counter() - began)
            if is_last(second):
                return heard, track.state().left_out, longest
            heard += 1
    finally:
        track.close()
    raise TimeoutError(f"the last file was not heard in {most:.0f} s of sound")


def main(count: int) -> int:
    """Damage, play, and say what came of it."""
    logging.getLogger("libav").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, min(count, 200))
        play(folder, 1e6)  # what libraries keep for good is there now
        fill(folder, count)
        before, began = machine.resident_bytes(), time.perf_counter()
        heard, left_out, longest = play(folder, 10.0 * count)
        grown = (machine.resident_bytes() - before) / 2**20
    print(f"{count} damaged files: {left_out} left out, {heard:.0f} s of sound of the others, then the whole one")
    print(
        f"{time.perf_counter() - began:.0f} s, the longest wait for a second of sound {longest:.2f} s, {grown:+.0f} MiB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
