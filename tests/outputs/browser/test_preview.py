"""What viewers get, above all those who read too slowly."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Coroutine
from fractions import Fraction
from typing import Any

import av
import pytest

from dreamstream.core.packet import AUDIO, Packet
from dreamstream.outputs.browser import preview as module
from dreamstream.outputs.browser import viewer as viewers
from dreamstream.outputs.browser.preview import Preview, PreviewFullError
from dreamstream.outputs.browser.viewer import Viewer
from tests.video.plasma import encode

INFO, PACKETS = encode(40, gop=10)


class Clock:
    """A clock that stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine with a deadline."""
    asyncio.run(asyncio.wait_for(main(), 20))


async def take(viewer: Viewer, count: int) -> list[bytes]:
    """The next `count` fragments."""
    return [await anext(viewer) for _ in range(count)]


async def settle() -> None:
    """Let the loop run what was handed over to it."""
    await asyncio.sleep(0)


def frames_of(preview: Preview, fragments: list[bytes]) -> list[Fraction]:
    """The times, in seconds, of the pictures that FFmpeg decodes from fragments."""
    with av.open(io.BytesIO(preview.init + b"".join(fragments)), "r") as container:
        return [
            frame.pts * frame.time_base
            for frame in container.decode(video=0)
            if frame.pts is not None and frame.time_base is not None
        ]


def test_a_newcomer_gets_the_current_gop_at_once_and_then_what_follows() -> None:
    """A viewer that joins in the middle of a GOP starts at its key frame, without a gap or a repeat."""

    async def main() -> None:
        preview = Preview(INFO)
        for packet in PACKETS[:16]:
            preview.put(packet)
        viewer = preview.subscribe()
        fragments = await take(viewer, 6)
        for packet in PACKETS[16:24]:
            preview.put(packet)
        fragments += await take(viewer, 8)
        assert frames_of(preview, fragments) == [Fraction(i, 30) for i in range(10, 24)]

    run(main)


def test_frames_handed_over_before_joining_are_not_given_twice() -> None:
    """Frames that wait for the loop when someone joins come once, though the GOP holds them too."""

    async def main() -> None:
        preview = Preview(INFO)
        first = preview.subscribe()
        for packet in PACKETS[:5]:
            preview.put(packet)
        second = preview.subscribe()  # The loop has not yet run _deliver.
        await settle()
        one, two = await take(first, 5), await take(second, 5)
        assert one == two
        preview.put(PACKETS[5])
        assert await anext(first) == await anext(second)

    run(main)


def test_all_viewers_get_the_same_bytes_object() -> None:
    """A frame is wrapped once, whoever watches."""

    async def main() -> None:
        preview = Preview(INFO)
        viewers = [preview.subscribe() for _ in range(5)]
        preview.put(PACKETS[0])
        assert len({id(await anext(viewer)) for viewer in viewers}) == 1

    run(main)


def test_a_slow_viewer_skips_to_the_next_key_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """When its queue is full a viewer loses it and goes on at a key frame; others lose nothing."""
    monkeypatch.setattr(viewers, "MAX_FRAMES", 12)

    async def main() -> None:
        preview = Preview(INFO)
        slow, quick = preview.subscribe(), preview.subscribe()
        seen = []
        for packet in PACKETS[:25]:
            preview.put(packet)
            await settle()
            seen.append(await anext(quick))
        assert frames_of(preview, seen) == [Fraction(i, 30) for i in range(25)]
        # 0..11 filled the queue; 12 emptied it; 13..19 were passed over; 20 is a key frame.
        assert frames_of(preview, await take(slow, 5)) == [Fraction(i, 30) for i in range(20, 25)]
        assert slow.dropped == 20
        assert quick.dropped == 0

    run(main)


def test_the_bound_on_bytes_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A viewer that never reads keeps no more bytes than the bound."""
    monkeypatch.setattr(viewers, "MAX_BYTES", 6000)

    async def main() -> None:
        preview = Preview(INFO)
        viewer = preview.subscribe()
        for packet in PACKETS:
            preview.put(packet)
            await settle()
            assert sum(len(fragment.data) for fragment in viewer._queue) <= max(6000, len(packet.data) + 200)
        assert viewer.dropped > 0

    run(main)


def test_a_viewer_that_stays_slow_is_closed_and_one_that_recovers_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience runs from the first loss to the moment the queue is empty again."""
    monkeypatch.setattr(viewers, "MAX_FRAMES", 4)

    async def main() -> None:
        clock = Clock()
        preview = Preview(INFO, patience=15, clock=clock)
        stuck, recovered = preview.subscribe(), preview.subscribe()
        for packet in PACKETS[:11]:
            preview.put(packet)
            await settle()
        assert stuck.dropped
        assert recovered.dropped
        await take(recovered, 1)  # The key frame at 10: it has caught up.
        clock.now = 15.1
        preview.put(PACKETS[11])
        await settle()
        assert stuck.slow
        with pytest.raises(StopAsyncIteration):
            await anext(stuck)
        await take(recovered, 1)
        assert not recovered.closed.is_set()
        preview.unsubscribe(stuck)
        assert preview.state()["closed_slow"] == 1
        assert preview.viewers == 1

    run(main)


def test_an_endless_gop_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without key frames the GOP is given up, and newcomers wait for the next one."""
    monkeypatch.setattr(module, "MAX_FRAMES", 5)

    async def main() -> None:
        preview = Preview(INFO)
        for packet in PACKETS[:8]:
            preview.put(packet)
        assert preview._gop == []
        viewer = preview.subscribe()
        for packet in PACKETS[8:12]:
            preview.put(packet)
        assert frames_of(preview, await take(viewer, 2)) == [Fraction(10, 30), Fraction(11, 30)]

    run(main)


def test_put_is_bounded_and_returns_while_the_loop_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that does not run costs a bounded queue; afterwards viewers go on at a key frame."""
    monkeypatch.setattr(module, "MAX_FRAMES", 8)

    async def main() -> None:
        preview = Preview(INFO)
        viewer = preview.subscribe()

        def put() -> None:
            for packet in PACKETS[:33]:
                preview.put(packet)

        thread = threading.Thread(target=put)
        thread.start()
        thread.join(5)  # The loop stands still meanwhile.
        assert not thread.is_alive()
        assert len(preview._handover) <= 8
        await settle()
        for packet in PACKETS[33:]:
            preview.put(packet)
        await settle()
        assert viewer._skipping
        preview.put(PACKETS[0])
        await anext(viewer)

    run(main)


def test_places_are_limited_and_given_back() -> None:
    """One viewer too many is refused with the number; a place that is left can be taken."""

    async def main() -> None:
        preview = Preview(INFO, max_viewers=2)
        first, _ = preview.subscribe(), preview.subscribe()
        with pytest.raises(PreviewFullError, match="2"):
            preview.subscribe()
        preview.unsubscribe(first)
        preview.unsubscribe(first)
        preview.subscribe()
        assert preview.viewers == 2

    run(main)


def test_audio_and_broken_packets_change_nothing_but_the_state() -> None:
    """put() never raises; a packet that is no H.264 shows in state()."""
    preview = Preview(INFO)
    preview.put(Packet(AUDIO, b"x", 0, 0, 1024, Fraction(1, 48000), True))
    assert preview.state()["state"] == "starting"
    preview.put(Packet("video", b"nonsense", 0, 0, 1, Fraction(1, 30), True))
    assert preview.state()["state"] == "failed"
    assert "8 bytes" in str(preview.state()["detail"])
    preview.put(PACKETS[0])
    assert preview.state() | {"state": "live", "detail": "", "frames": 1} == preview.state()


def test_close_ends_every_viewer_and_later_puts_are_harmless() -> None:
    """After close() iterations end and nobody can join."""

    async def main() -> None:
        preview = Preview(INFO)
        viewer = preview.subscribe()
        preview.put(PACKETS[0])
        await anext(viewer)
        preview.close()
        with pytest.raises(StopAsyncIteration):
            await anext(viewer)
        preview.put(PACKETS[1])
        with pytest.raises(PreviewFullError):
            preview.subscribe()
        assert preview.state()["state"] == "closed"

    run(main)


def test_put_after_the_loop_has_ended_is_harmless() -> None:
    """A web server that has gone away does not stop the frame thread."""
    preview = Preview(INFO)

    async def main() -> None:
        preview.subscribe()

    run(main)
    for packet in PACKETS:
        preview.put(packet)
    preview.close()
    assert preview.viewers == 0
