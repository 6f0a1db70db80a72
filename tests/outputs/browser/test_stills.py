"""Still pictures for browsers without live video, and the sound beside the picture."""

from __future__ import annotations

import asyncio
import io
import math
import wave
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from dreamstream.core.packet import AUDIO, VIDEO, StreamInfo
from dreamstream.outputs.browser.fmp4 import FormatError
from dreamstream.outputs.browser.fmp4_sound import SoundFragmenter
from dreamstream.outputs.browser.preview import Preview, PreviewFullError
from dreamstream.outputs.browser.stills import Stills
from dreamstream.video.encoder import Encoder
from dreamstream.video.soundtrack import Soundtrack
from tests.polling import until
from tests.video.plasma import encode, plasma

INFO, PACKETS = encode(40, gop=10)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine with a deadline."""
    asyncio.run(asyncio.wait_for(main(), 20))


def test_everyone_gets_the_same_jpeg_of_the_newest_picture() -> None:
    """A picture is encoded once for all, and looks like the frame that it was made of."""

    async def main() -> None:
        asked: list[int] = []
        stills = Stills(INFO, lambda: asked.append(1), rate=1000)
        one, two = stills.subscribe(), stills.subscribe()
        stills.put(PACKETS[0])
        first, second = await anext(one), await anext(two)
        assert first is second
        assert asked
        decoded = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None
        shown = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
        wanted = plasma(160, 96, 0)
        assert np.abs(shown.astype(int) - wanted).mean() < 12
        stills.close()

    run(main)


def test_nobody_looks_and_nothing_is_decoded() -> None:
    """Packets of an unseen show are thrown away at once, without a thread."""
    stills = Stills(INFO)
    for packet in PACKETS:
        stills.put(packet)
    assert (stills.made, stills._thread, stills._queue.take()) == (0, None, [])
    stills.close()


def test_a_slow_one_gets_the_newest_and_the_rate_is_kept() -> None:
    """What was not fetched is replaced, and no more are made than asked for."""

    async def main() -> None:
        stills = Stills(INFO, rate=0.001)
        look = stills.subscribe()
        for packet in PACKETS:
            stills.put(packet)
        await anext(look)
        await asyncio.to_thread(until, lambda: not stills._queue._packets, 5, "the queue being read")
        assert stills.made == 1
        look.offer(b"old")
        look.offer(b"new")
        assert await anext(look) == b"new"
        stills.close()
        with pytest.raises(StopAsyncIteration):
            await anext(look)

    run(main)


def test_places_are_limited_and_broken_packets_survived() -> None:
    """A place is given back; garbage costs the pictures up to the next key frame."""

    async def main() -> None:
        stills = Stills(INFO, rate=1000, max_viewers=1)
        look = stills.subscribe()
        with pytest.raises(PreviewFullError, match="All 1 places"):
            stills.subscribe()
        broken = PACKETS[0].__class__(VIDEO, b"\x00\x00\x01\x65junk", 0, 0, 1, PACKETS[0].time_base, True)
        stills.put(broken)
        for packet in PACKETS[10:12]:
            stills.put(packet)
        assert (await anext(look))[:2] == b"\xff\xd8"
        stills.unsubscribe(look)
        stills.unsubscribe(stills.subscribe())
        assert stills.viewers == 0
        await asyncio.to_thread(stills.close)
        assert stills.state()["state"] == "closed"

    run(main)


def test_wide_pictures_are_made_smaller() -> None:
    """A phone without H.264 needs no 4K; sides stay even."""
    wide = StreamInfo(3840, 2160, 30, INFO.video_extradata, b"")
    assert Stills(wide).size == (960, 540)
    assert Stills(StreamInfo(1000, 333, 30, b"", b"")).size == (960, 320)


@pytest.fixture
def humming(tmp_path: Path) -> tuple[StreamInfo, list[Any]]:
    """Two seconds of picture and tone by the show's encoder."""
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 48000, 0, "NONE", ""))
        file.writeframes((9000 * np.sin(np.arange(96000) * 440 * math.tau / 48000)).astype("<i2").tobytes())
    track = Soundtrack(path, wait=5)
    encoder = Encoder((160, 96), 30, preset="ultrafast", audio=track)
    packets = [p for i in range(60) for p in encoder.encode(plasma(160, 96, i / 30), i)]
    track.close()
    return encoder.info, packets


def test_sound_comes_back_as_it_was(humming: tuple[StreamInfo, list[Any]]) -> None:
    """FFmpeg decodes the fragments to the tone, on the same time line as the picture."""
    info, packets = humming
    fragmenter = SoundFragmenter(info)
    assert fragmenter.codec == "mp4a.40.2"
    sound = [packet for packet in packets if packet.kind == AUDIO]
    data = fragmenter.init + b"".join(fragmenter.fragment(packet) for packet in sound)
    with av.open(io.BytesIO(data), "r") as container:
        frames = list(container.decode(audio=0))
    heard = np.concatenate([frame.to_ndarray()[0] for frame in frames])[4800:52800]
    loudest = np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard)))))
    assert abs(loudest * 48000 / len(heard) - 440) < 2
    times = [frame.time for frame in frames if frame.time is not None]
    assert len(times) == len(frames)
    assert times == sorted(times)
    assert abs(times[-1] - 2) < 0.1
    with pytest.raises(FormatError):
        SoundFragmenter(INFO)


def test_sound_goes_to_those_who_listen_alone(humming: tuple[StreamInfo, list[Any]]) -> None:
    """One listens, one does not; pictures come to both, without a gap in either."""
    info, packets = humming

    async def main() -> None:
        preview = Preview(info)
        deaf, hearing = preview.subscribe(), preview.subscribe()
        preview.listen(hearing, True)
        for packet in packets[:50]:
            preview.put(packet)
        await asyncio.sleep(0)
        pictures = sum(packet.kind == VIDEO for packet in packets[:50])
        assert (len(deaf._queue), len(hearing._queue)) == (pictures, 50)
        preview.unsubscribe(hearing)
        assert preview._listeners == 0
        silent = Preview(info, sound=False)
        viewer = silent.subscribe()
        silent.listen(viewer, True)
        assert (silent.sound, viewer.sound) == (None, False)

    run(main)
