"""A process that makes parts of a film: `python -m dreamstream.render.film.worker FOLDER`.

It is told parts on its standard input, one as a line of JSON, and answers in lines of JSON:

    {"machine": KIND}      it is ready
    {"frames": COUNT}      so many more are made
    {"gave": NUMBER}       this checkpoint is there, with which the part after this one begins
    {"made": NUMBER}       a part is there, NUMBER.mkv and NUMBER.json
    {"error": SENTENCE}    it cannot go on, and ends

When its input ends it ends at once, whatever it is at: whoever told it is gone, and parts are whole or not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import Dreamer
from dreamstream.core.errors import UserError
from dreamstream.journal.reader import DreamRecord, ShowRecord
from dreamstream.render.film.order import FilmOrder
from dreamstream.render.film.parts import Part
from dreamstream.render.replay import Player, open_dreamer
from dreamstream.render.video_file import write_video
from dreamstream.support import files
from dreamstream.support.machine_kind import kind_of_machine
from dreamstream.video.yuv import Picture

# Frames are told at most so often, in seconds.
TELL_EVERY = 0.5


class _HashingPlayer(Player):
    """A player that notes what its dreams are, one after the other, and can make some before they are seen."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self.hashes: list[str] = []
        self._ahead: deque[Dream] = deque()
        super().__init__(*args, **more)

    def dream(self, record: DreamRecord) -> Dream:
        """The dream of a record, made now if it was not before."""
        if self._ahead:
            return self._ahead.popleft()
        made = super().dream(record)
        self.hashes.append(hashlib.sha256(made.picture.tobytes()).hexdigest())
        return made

    def checkpoint_after(self, records: Sequence[DreamRecord]) -> bytes:
        """Make the first dreams now, which takes their memory until they are seen; what `resume` needs after them."""
        made = [self.dream(record) for record in records]
        self._ahead.extend(made)
        return self._dreamer.checkpoint()


class Worker:
    """Makes parts of one film. folder: has the order; parts are written there. tell: takes its answers."""

    def __init__(self, folder: Path, tell: Any, make: Any = open_dreamer) -> None:
        order = FilmOrder.load(folder)
        if order is None:
            raise UserError(f"There is no film to be made in {folder}.")
        self._folder, self._order, self._tell, self._make = folder, order, tell, make
        self._show: ShowRecord = order.show(folder)
        self._dreamer: Dreamer | None = make(self._show, order.canvas)
        self._fresh = True
        tell({"machine": kind_of_machine()})

    def make(self, part: Part) -> None:
        """Make a part's video, and then the file that says what it is made of. Raises UserError."""
        order, show, span = self._order, self._show, self._order.span
        checkpoint = None if part.checkpoint is None else show.checkpoints[part.checkpoint]
        player = _HashingPlayer(
            show,
            self._ready(part),
            order.size,
            run_up=None,
            titled=order.titled,
            finish=order.finish,
            checkpoint=checkpoint,
        )

        if part.gives is not None:
            self._give(player, part.first, part.gives)

        def frames() -> Iterator[Picture]:
            for index in range(part.warm, part.begin):
                player.frame(span.time(index))
            for index in range(part.begin, part.end):
                yield player.frame(span.time(index))

        said, count = time.monotonic(), 0

        def advance(more: int) -> None:
            nonlocal said, count
            count += more
            if time.monotonic() - said >= TELL_EVERY:
                self._tell({"frames": count})
                said, count = time.monotonic(), 0

        path = self._folder / f"{part.number:04d}.mkv"
        write_video(path, frames(), order.size, order.fps, advance, repeatable=True)
        self._tell({"frames": count})
        about = {"first": part.first, "dreams": player.hashes, "machine": kind_of_machine()}
        files.write(self._folder / f"{part.number:04d}.json", json.dumps(about).encode())
        self._tell({"made": part.number})

    def _give(self, player: _HashingPlayer, first: int, number: int) -> None:
        """Have the checkpoint for the part after this one; so another worker goes on while this one makes frames."""
        checkpoint = self._show.checkpoints[number]
        if not checkpoint.path.is_file():
            taken = player.checkpoint_after(self._show.dreams[first : checkpoint.after])
            if not taken:
                raise UserError("This dreamer keeps no checkpoints, with which a film's parts begin.")
            files.write(checkpoint.path, taken)
        self._tell({"gave": number})

    def _ready(self, part: Part) -> Dreamer:
        """A dreamer for a part: a new one for the beginning of a show, else any one, as if it had done nothing."""
        if self._dreamer is None or (part.checkpoint is None and not self._fresh):
            self._dreamer = self._make(self._show, self._order.canvas)
        self._fresh = False
        for control in self._dreamer.card.controls:
            self._dreamer.set(control.name, control.default)
        return self._dreamer


def main() -> int:
    """Make what the standard input tells, until it ends."""

    def tell(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), flush=True)

    told: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            told.put(line)
        os._exit(0)

    threading.Thread(target=listen, name="orders", daemon=True).start()
    try:
        worker = Worker(Path(sys.argv[1]), tell)
        while True:
            worker.make(Part(**json.loads(told.get())))
    except UserError as error:
        tell({"error": str(error)})
    except OSError as error:
        tell({"error": f"A part of the film cannot be written: {error.strerror or error}."})
    return 1


if __name__ == "__main__":
    sys.exit(main())
