"""An RTMP target: a process that sends, a thread that watches over it, and reconnects for as long as the show runs.

    starting -> (process opens) -> live --planned renewal--> (the spare process opens) -> live
                  |                 |
                  +---- it ended ---+--> waiting (back-off) -> starting       close() -> closed, from anywhere
Packets are taken from "open" on, and only from a key frame on; all others are counted as missed. Only a connection
that was accepted starts the back-off anew, so a wrong key is not hammered. Every connection has one process, which is
killed when the connection is over, whatever it does. Nothing here waits longer than `RtmpTimeouts` says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from dreamstream.core.packet import Packet, StreamInfo
from dreamstream.outputs import address
from dreamstream.outputs.kind import OutputKind, ShowStream
from dreamstream.outputs.packet_queue import PacketQueue
from dreamstream.outputs.rtmp import wire
from dreamstream.outputs.rtmp.process import explain, farewell, greeting, kill, start
from dreamstream.outputs.status import CLOSED, FAILED, STARTING, WAITING, SinkStatus
from dreamstream.support import redaction
from dreamstream.support.backoff import Backoff

log = logging.getLogger(__name__)

# How long before a planned renewal its process is started, in seconds.
SPARE_AHEAD = 8.0


@dataclass(frozen=True)
class RtmpTimeouts:
    """How long one RTMP target waits for what, in seconds.

    connect: for the server to accept the stream. stall: for it to take what is sent. first, longest: between attempts.
    renew: a broadcast is ended and begun anew after this long; Twitch cuts one off at 48 h.
    """

    connect: float = 12.0
    stall: float = 10.0
    first: float = 1.0
    longest: float = 30.0
    renew: float = 47.5 * 3600


class Broadcast:
    """Counts planned renewals, and the seconds without packets that the last one cost. Pure: times are passed in."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._renewing = False
        self._renewals = 0
        self._gap: float | None = None

    def sent(self, now: float) -> float | None:
        """A packet went out; returns the gap when it is the first of a renewed broadcast."""
        gap = now - self._last if self._renewing and self._last is not None else None
        if gap is not None:
            self._gap, self._renewals, self._renewing = gap, self._renewals + 1, False
        self._last = now
        return gap

    def renewed(self) -> None:
        """The broadcast was ended as planned."""
        self._renewing = True

    def show(self) -> dict[str, object]:
        """The figures, ready for JSON."""
        return {"renewals": self._renewals, "renewal_gap": None if self._gap is None else round(self._gap, 2)}


class _EndedError(Exception):
    """A connection ended; the text says why, to a person."""


class RtmpSink:
    """Sends packets to one RTMP server, whatever the server does.

    url: rtmp(s)://host[:port]/app/key; the key is never shown. request_keyframe: asked when a connection opens, so that
    the stream begins at once. name: what it is called in states and metrics, by default the host.
    clock: monotonic seconds, by which a broadcast is renewed.
    Raises UserError when the address cannot be one.
    """

    kind = "rtmp"
    # Some 8 s at Twitch's highest rate; a hiccup is bridged, a longer stall drops to the next key frame.
    QUEUE_BYTES = 6 << 20

    def __init__(
        self,
        url: str,
        info: StreamInfo,
        request_keyframe: Callable[[], None] | None = None,
        name: str | None = None,
        timeouts: RtmpTimeouts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = address.check(url)
        self._info = info
        self._request_keyframe = request_keyframe
        self._timeouts = timeouts or RtmpTimeouts()
        self._clock = clock
        # Of a text about this address alone, so even a short key is hidden wherever it stands.
        secrets = redaction.secrets_of(self._url, shortest=3)
        shown = redaction.hide_key(self._url)
        self.name = name or shown
        self.status = SinkStatus(self.name, self.kind, shown, lambda text: redaction.redact(text, secrets))
        self.status.say(STARTING, "connecting")
        self._queue = PacketQueue(self.QUEUE_BYTES)
        self._broadcast = Broadcast()
        self._taking = False
        self._spare: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._loop = asyncio.new_event_loop()
        self._more, self._stop = asyncio.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"rtmp {self.name}", daemon=True)
        self._thread.start()

    def put(self, packet: Packet) -> None:
        """Offer one packet; dropped while unconnected, and up to the next key frame when the server is slow."""
        if not self._taking:
            self._queue.miss()
        elif self._queue.put(packet):
            self._wake(self._more)

    def state(self) -> dict[str, object]:
        """The state in the common form, and how often and with what gap a broadcast was renewed as planned."""
        return self.status.show(self._queue.dropped, **self._broadcast.show())

    def close(self, timeout: float = 5.0) -> None:
        """Say goodbye to the server and end the process and the thread, by force when `timeout` seconds are over."""
        self._taking = False
        self._queue.close()
        self._wake(self._stop)
        self._thread.join(timeout)

    def _wake(self, event: asyncio.Event) -> None:
        # The loop is closed when the thread is through, and then nobody waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(event.set)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
            self.status.say(CLOSED, "the stream has ended")
        except Exception as error:
            # Its text may hold anything; its kind says enough for a report.
            self.status.say(FAILED, f"the output broke down ({type(error).__name__})")
        finally:
            self._taking = False
            self._loop.run_until_complete(self._dismiss_spare())
            self._loop.close()

    async def _serve(self) -> None:
        backoff = Backoff(self._timeouts.first, self._timeouts.longest)
        while not self._stop.is_set():
            connections = self.status.connections
            try:
                await self._connection()
                backoff.reset()
                continue
            except _EndedError as ended:
                reason = str(ended)
            except OSError as error:
                reason = f"the sending process could not be started ({error.strerror})"
            finally:
                self._taking = False
            if self._stop.is_set():
                break
            # Only a connection that was accepted starts the back-off anew; a wrong key must not be hammered.
            if self.status.connections > connections:
                backoff.reset()
            delay = backoff.next()
            self.status.say(WAITING, reason, f"; trying again in {delay:.0f} s")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._stop.wait()

    async def _connection(self) -> None:
        """One connection from its opening to its planned end; raises _EndedError when it ends by itself."""
        process = await self._process()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.transport.set_write_buffer_limits(high=256 << 10)
        tasks: list[asyncio.Task[None]] = []
        try:
            process.stdin.write(greeting(self._url, self._info))
            opened = asyncio.Event()
            listener = asyncio.create_task(self._listen(process.stdout, opened))
            sender = asyncio.create_task(self._send(process.stdin, opened))
            stopper = asyncio.create_task(self._wait_stop())
            tasks = [listener, sender, stopper]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            # What the process says is the better reason than that its pipe broke.
            if listener not in done and sender in done and sender.exception() is not None:
                await asyncio.wait([listener], timeout=1.0)
                done = {listener} if listener.done() else done
            for task in (listener, sender, stopper):
                if task in done:
                    task.result()
                    break
            await farewell(process)
        finally:
            self._taking = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await kill(process)

    async def _process(self) -> asyncio.subprocess.Process:
        """A process ready to be greeted: the spare one, or one started now."""
        spare, self._spare = self._spare, None
        if spare is not None:
            process = await spare
            if process.returncode is None:
                return process
        return await start()

    async def _dismiss_spare(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            with contextlib.suppress(OSError):
                await kill(await spare)

    async def _listen(self, stdout: asyncio.StreamReader, opened: asyncio.Event) -> None:
        while line := (await stdout.readline()).decode("utf-8", "replace").strip():
            word, _, rest = line.partition(" ")
            if word == "open":
                self._queue.restart()
                self._taking = True
                opened.set()
                if self._request_keyframe is not None:
                    self._request_keyframe()
            elif word == "live":
                self.status.connected("sending")
            elif word == "error":
                raise _EndedError(explain(rest, opened.is_set(), self._url.lower().startswith("rtmps:")))
        raise _EndedError("the server stopped answering" if opened.is_set() else "the connection could not be made")

    async def _send(self, stdin: asyncio.StreamWriter, opened: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._timeouts.connect):
                await opened.wait()
        except TimeoutError:
            raise _EndedError(f"the server did not answer within {self._timeouts.connect:.0f} s") from None
        until = self._clock() + self._timeouts.renew
        while (now := self._clock()) < until:
            # A process takes a second to start; the next broadcast should not have to wait for that.
            if until - now < SPARE_AHEAD and self._spare is None:
                self._spare = asyncio.create_task(start())
            with contextlib.suppress(TimeoutError):
                # Not wait_for: before Python 3.12 it may swallow the cancellation that ends this task.
                async with asyncio.timeout(1.0):
                    await self._more.wait()
            self._more.clear()
            for packet in self._queue.take():
                stdin.write(wire.pack(packet))
                try:
                    async with asyncio.timeout(self._timeouts.stall):
                        await stdin.drain()
                except TimeoutError:
                    raise _EndedError(f"the server has taken nothing for {self._timeouts.stall:.0f} s") from None
                except OSError:
                    raise _EndedError("the connection broke") from None
                self.status.sent(len(packet.data))
                if (gap := self._broadcast.sent(self._clock())) is not None:
                    log.info("%s: the new broadcast began %.1f s after the old one", self.name, gap)
        self._broadcast.renewed()
        log.info("%s: ending the broadcast after %.1f h to begin a new one", self.name, self._timeouts.renew / 3600)

    async def _wait_stop(self) -> None:
        await self._stop.wait()


def _open(target: str, stream: ShowStream, name: str) -> RtmpSink:
    return RtmpSink(target, stream.info, stream.request_keyframe, name, RtmpTimeouts(renew=stream.renew))


KIND = OutputKind(
    name="rtmp",
    example="rtmp://HOST/APP/KEY, rtmps://HOST/APP/KEY",
    open=_open,
    check=address.check,
    schemes=("rtmp", "rtmps"),
    shown=redaction.hide_key,
    called=lambda target: urlsplit(target).hostname or "",
)
