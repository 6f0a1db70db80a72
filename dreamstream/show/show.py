"""The show: the one place that wires the parts together and owns their threads and tasks (`build*.py` make some).

Threads: this one runs the asyncio loop (page, chat, queue); "frames" makes a picture at every tick of the clock;
"dreamer" dreams. Sinks have their own. Only packets and dreams pass between them, and each way has a bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import uvicorn

from dreamstream.chat.paid_requests import PaidRequests
from dreamstream.core.card import Card
from dreamstream.core.dream import Cost, Dream
from dreamstream.core.dreamer import Dreamer, Pointed
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.histogram import DREAM_TIME, Histogram
from dreamstream.dreamers import registry
from dreamstream.dreamers.finishing import where_dreams_are_made
from dreamstream.journal.writer import FOLDER, ShowLog
from dreamstream.requests.drawings import DrawingStore
from dreamstream.settings.ready import check_show, dreamer_of, request_of
from dreamstream.settings.show import Settings
from dreamstream.show.announcer import Announcer
from dreamstream.show.build import (
    about,
    control_lock,
    cost_of,
    finish_of,
    last_picture,
    make_app,
    make_visitors,
    restore,
)
from dreamstream.show.build_inputs import make_bot, make_sources
from dreamstream.show.build_outputs import SINKS_STOP, Lightening, make_outputs, undrawn
from dreamstream.show.control_room import ControlRoom
from dreamstream.show.controls import Answer, ControlCommands
from dreamstream.show.drawings import FOLDER as DRAWINGS
from dreamstream.show.drawings import DrawingFolder, Drawings
from dreamstream.show.dream_thread import DreamThread
from dreamstream.show.frame_thread import FrameThread
from dreamstream.show.greeting import Greeting
from dreamstream.show.lab import Lab
from dreamstream.show.signals import ending
from dreamstream.show.state import StateFolder
from dreamstream.show.status import StatusView
from dreamstream.support import logs, machine, redaction
from dreamstream.support.logs import RecentErrors
from dreamstream.support.machine_kind import kind_of_machine
from dreamstream.support.service_manager import ServiceManager
from dreamstream.video.clock import FrameClock
from dreamstream.video.titles.overlay import Overlay
from dreamstream.video.tween import Tweener
from dreamstream.web.server import SignallessServer, hear_accept_errors, listen, serve_config
from dreamstream.weights.catalog import model_hash
from dreamstream.wishes.sentence import NO_CLASSES
from dreamstream.wishes.vocabulary import Vocabulary

log = logging.getLogger(__name__)

TICK = 0.1
# How long the parts may take to end, in seconds; they end at the same time or one after the other, below 5 s in all.
WEB_STOP, SOURCES_STOP, FRAMES_STOP, DREAMS_STOP = 0.5, 1.0, 0.7, 1.5

# Names of the tasks that a show cannot do without.
QUEUE, WEB = "queue", "page"

MakeDreamer = Callable[[], Dreamer]


def run(settings: Settings, *, verbose: bool = False) -> int:
    """Run a show until it is told to stop; returns its exit code. Raises UserError for what leaves no show."""
    logs.setup(settings.channel, settings.secrets(), verbose=verbose, file=settings.log_file)
    check_show(settings)
    with contextlib.ExitStack() as undo:
        show = Show(settings, undo)
        asyncio.run(show.run())
    return 0


class Show:
    """All parts of one show, made but not yet running.

    undo: is given what is to be closed at the very end. make_dreamer: for tests; by default the settings say which.
    Raises UserError for what a person can mend.
    """

    def __init__(self, settings: Settings, undo: contextlib.ExitStack, make_dreamer: MakeDreamer | None = None) -> None:
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._failure: UserError | None = None
        self._service = ServiceManager()
        seed = random.SystemRandom().randrange(2**31) if settings.seed is None else settings.seed
        dreamer = dreamer_of(settings)
        card = registry.describe(dreamer, request_of(settings, seed))
        if not card.words:
            raise UsageError(f"The model {settings.model} is nothing for a show yet: {NO_CLASSES}.")
        cost = cost_of(settings, card)
        vocabulary = Vocabulary.of(card.words)
        self._socket = listen(settings.host, settings.port)
        undo.callback(self._socket.close)
        self.port: int = self._socket.getsockname()[1]
        self._state = StateFolder(settings.state_folder())
        undo.callback(self._state.close)
        self._recent_errors = undo.enter_context(RecentErrors(tuple(settings.secrets())))
        self._lock, token = control_lock(settings, self._state)
        self._greeting = Greeting(settings, self.port, token, self._state)

        self._outputs = outputs = make_outputs(settings, undo)
        self.encoder, self.hub, self.preview = outputs.encoder, outputs.hub, outputs.preview
        self.sinks = outputs.sinks

        size = settings.output_size()
        self._clock = FrameClock(settings.fps, time.monotonic)
        state = self._state.load_canvas()
        self._finish = finish_of(settings, card)
        still = last_picture(dreamer, state)
        self._tweener = Tweener(size, still if still is None else self._finish(still), between=card.between)
        self._overlay = Overlay(size)
        self.frames = self._frame_thread()

        folder = DrawingFolder(self._state.path / DRAWINGS)
        drawings = DrawingStore(hold=settings.drawings == "held", keep=folder.keep)
        drawings.restore(folder.load())
        self._bot = make_bot(
            settings,
            vocabulary,
            card,
            random.Random(seed),
            keep=self._keep,
            control=self._turn_control,
            drawings=drawings,
            here=self._here,
        )
        self.queue = self._bot.queue
        restore(self._bot, self._state)
        self._paid_requests = PaidRequests(self._bot, least_bits=settings.twitch_bits, words=self._bot.words)
        drawing_soon = threading.Event()
        self._drawings = Drawings(self._bot, folder, card, self._paid_requests.receive, drawing_soon.set)
        self._dream_times = Histogram(DREAM_TIME)
        self._log = ShowLog(self._state.path / FOLDER, partial(about, settings, card, seed), state, drawings=drawings)
        self._announcer = Announcer(self._bot, self._drawings, self._overlay, self._log)
        request = request_of(settings, seed, drawings, folder.filled, drawing_soon.is_set)
        undo.callback(self._log.close)
        self.dreams = self._dream_thread(make_dreamer or partial(registry.open_dreamer, dreamer, request), cost, state)
        self._lab = Lab(
            lambda: self.dreams.dreamer,
            card,
            lambda: model_hash(card.subject or card.model, settings.cache),
            self._bot.points,
        )
        self._control_commands = ControlCommands(self.dreams, card.preset)
        self._sources = make_sources(settings, self._bot, self._paid_requests)
        self.control = self._control_room()
        for rule in self._bot.rules.out_of_sight([source.name for source in self._sources]):
            log.warning("%s; nobody there can use it.", rule)
        self.view = self._status_view()
        # Last of all: nothing is called or written by a show that cannot be made.
        for address in settings.outputs():
            self.sinks.add(address)

    # -- parts of which the others must be there ------------------------------------------------------------------

    def _frame_thread(self) -> FrameThread:
        return FrameThread(
            self._clock,
            self._tweener.frame_yuv,
            self._overlay.draw if self._settings.titled() else undrawn,
            self.encoder,
            self.hub.publish,
            on_fatal=self._fail,
            on_overload=Lightening(self.encoder),
        )

    def _dream_thread(self, make: MakeDreamer, cost: Cost, state: bytes | None) -> DreamThread:
        return DreamThread(
            make,
            lambda: self._announcer.wanted,
            self._take,
            lambda: self._clock.show_time,
            cost=cost,
            frame=1 / self._settings.fps,
            controls=self._settings.controls,
            state=state,
            save=self._state.save_canvas,
            checkpoint=lambda data: self._log.checkpoint(data, kind_of_machine()),
            checkpoint_every=self._settings.checkpoints,
            on_ready=self._ready,
            on_fatal=self._fail,
        )

    def _control_room(self) -> ControlRoom:
        return ControlRoom(
            self._bot,
            self.dreams,
            self.sinks,
            self._recent_errors,
            self._state.path / "recordings",
            lambda: self._control_commands.preset,
            lambda: self._control_commands.card,
            _hide_key,
            self._outputs.soundtrack.state,
        )

    def _status_view(self) -> StatusView:
        return StatusView(
            self._settings.channel,
            self.queue,
            self._paid_requests.receive,
            self.dreams,
            self.frames,
            self.sinks,
            self.preview,
            self._outputs.stills,
            self._sources,
            self._dream_times.status,
            titled=self._settings.titled(),
            unread=lambda: self._bot.counts["unread"],
            points=self._bot.points,
            disk_free=lambda: machine.free_bytes(self._state.path),
        )

    # -- running ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run until a signal, `stop`, or a failure that leaves no show. Raises UserError for the latter."""
        self._loop = asyncio.get_running_loop()
        visitors = make_visitors(self._settings)
        hear_accept_errors(self._loop, visitors)
        app = make_app(
            self._settings,
            self.view,
            self._outputs,
            self.queue.vocabulary,
            self.port,
            self.control,
            self._lock,
            visitors,
            self._drawings,
            self._lab,
        )
        config = serve_config(app, self._settings.host, self.port, visitors, self._settings.trusted_proxy)
        server = SignallessServer(config)
        with ending(self.stop):
            self.frames.start()
            self.dreams.start()
            tasks = [asyncio.create_task(self._keep_time(), name=QUEUE)]
            hear = self._paid_requests.receive
            tasks += [asyncio.create_task(source.run(hear), name=source.name) for source in self._sources]
            serving = asyncio.create_task(server.serve(sockets=[self._socket]), name=WEB)
            self._greeting.hello()
            self._service.ready()
            for task in [*tasks, serving]:
                task.add_done_callback(self._note_end)
            await self._stopping.wait()
            await self._close(server, serving, tasks)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End the show; may be called from any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def _close(self, server: uvicorn.Server, serving: asyncio.Task[None], tasks: list[asyncio.Task[Any]]) -> None:
        """End everything in order: the audience, the dreamer, the pictures, the files."""
        log.info("Stopping.")
        self._service.ending()
        began = time.monotonic()
        dreams = asyncio.create_task(asyncio.to_thread(self.dreams.stop, DREAMS_STOP))
        server.should_exit = True
        self._lab.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=SOURCES_STOP)
        await asyncio.to_thread(self.frames.stop, FRAMES_STOP)
        await asyncio.to_thread(self.sinks.close, SINKS_STOP)
        await asyncio.wait([serving], timeout=WEB_STOP)
        server.force_exit = True
        await asyncio.wait([serving, dreams], timeout=WEB_STOP)
        self._keep()
        log.info("Stopped in %.1f s.", time.monotonic() - began)

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        """A task has ended: a chat source can be done without, the queue and the page cannot."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("The task %s failed.", task.get_name(), exc_info=error)
        if task.get_name() in (QUEUE, WEB) and not self._stopping.is_set():
            self._fail(f"The show cannot go on without its {task.get_name()}; see the log.")

    # -- what the parts call ----------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        """Move the queue on, and tell the dreamer and the titles what is wanted now."""
        while True:
            moved = self.queue.advance(time.monotonic())
            self._paid_requests.look()
            self._announcer.tell(time.monotonic(), self._clock.show_time)
            if moved:
                self._keep()
            self._state.look()
            if self.view.healthy:
                self._service.alive()
            await asyncio.sleep(TICK)

    def _take(self, dream: Dream) -> None:
        """A dream from the dreamer's thread, which also finishes it: so no dream is ever begun while one waits."""
        finished = replace(dream, picture=self._finish(dream.picture))
        now = self._clock.show_time
        self._dream_times.observe(dream.seconds)
        self._tweener.push(finished, now)
        self._log.dream(dream, now, self.dreams.applied, self.dreams.preset)

    def _ready(self, card: Card) -> None:
        """A dreamer is about to dream, maybe one of another preset; from the dreamer's thread."""
        self._control_commands.ready(card)
        self._tweener.between = card.between
        self._finish = where_dreams_are_made(finish_of(self._settings, card))
        if self._greeting.owes_link and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._greeting.link)

    def _turn_control(self, name: str, text: str) -> Answer:
        return self._control_commands.turn(name, text)

    def _here(self) -> str | None:
        return self.dreams.dreamer.here() if isinstance(self.dreams.dreamer, Pointed) else None

    def _keep(self) -> None:
        self._state.save_queue(self._bot.snapshot())

    def _fail(self, why: UserError | str) -> None:
        """There can be no show any more; from any thread."""
        self._failure = why if isinstance(why, UserError) else UserError(why)
        self.stop()


def _hide_key(url: str) -> None:
    """Keep an RTMP address's secrets out of every log line."""
    redaction.hide(*redaction.secrets_of(url))
