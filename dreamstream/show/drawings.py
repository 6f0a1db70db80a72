"""Viewers' drawings in a show: taken, kept in the state folder with what became of them, and shown on the page."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.chat.bot import Bot
from dreamstream.core.card import Card
from dreamstream.core.drawing import MAX_BYTES, Drawing
from dreamstream.core.message import Message, Receive
from dreamstream.core.programme import DRAWING, Wish
from dreamstream.requests.drawings import Drawn, from_record
from dreamstream.support import files
from dreamstream.video.drawn import draw_lines

log = logging.getLogger(__name__)

FOLDER = "drawings"
# The side of each of the two pictures in the file that a viewer keeps, and the colour under the filled one.
SIDE, GROUND = 480, (24, 20, 34)
_KEY = re.compile(r"[0-9a-f]{16}")


class DrawingFolder:
    """Keeps drawings (KEY.json), and pictures of those that were filled (KEY.png), as many as the store has.

    A disk that takes nothing costs the keeping, never the show. `filled` may be called from any thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._drawings: dict[str, Drawing] = {}
        self._seen: dict[str, str] = {}
        self._failed = False

    def load(self) -> list[Drawn]:
        """What was kept, the oldest first; what cannot be read is left out."""
        found = []
        for path in sorted(self._path.glob("*.json"), key=_age):
            try:
                if path.stat().st_size > 2 * MAX_BYTES:
                    raise ValueError("too large")
                record = from_record(json.loads(path.read_text(encoding="utf-8")))
                if record.key != path.stem:
                    raise ValueError("another drawing's name")
            except (OSError, ValueError, RecursionError):
                log.warning("%s is no drawing of a show; it is left out.", path)
                continue
            found.append(record)
        self._drawings = {record.key: record.drawing() for record in found}
        return found

    def keep(self, key: str, drawn: Drawn | None) -> None:
        """Write a drawing that came, or remove one that went, with its picture."""
        with self._guard, self._trouble():
            if drawn is None:
                self._drawings.pop(key, None)
                self._seen.pop(key, None)
                for ending in ("json", "png"):
                    (self._path / f"{key}.{ending}").unlink(missing_ok=True)
                return
            self._drawings[key] = drawn.drawing()
            self._path.mkdir(parents=True, exist_ok=True)
            text = json.dumps(drawn.to_json(), ensure_ascii=False, separators=(",", ":"))
            files.write(self._path / f"{key}.json", text.encode(), private=True)

    def filled(self, key: str, picture: NDArray[np.uint8], seen: str = "") -> None:
        """Write what a drawing was filled with, uint8 [s, s, 4], beside its lines; nothing for one that went.

        seen: what it was taken for, where nobody had said.
        """
        drawing = self._drawings.get(key)
        if drawing is None:
            return
        coded = cv2.imencode(".png", side_by_side(drawing, picture)[..., ::-1])[1].tobytes()
        with self._guard, self._trouble():
            if key in self._drawings:
                self._seen[key] = seen
                files.write(self._path / f"{key}.png", coded, private=True)

    def seen(self, key: str) -> str:
        """What a drawing was taken for, "" where its author had said it."""
        return self._seen.get(key, "")

    def picture(self, key: str) -> Path | None:
        """The file with a drawing and what it was filled with; None where there is none."""
        path = self._path / f"{key}.png"
        return path if _KEY.fullmatch(key) and path.is_file() else None

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
            self._failed = False
        except OSError as error:
            if not self._failed:
                log.warning("Drawings cannot be kept (%s); the show goes on.", error.strerror)
            self._failed = True


def side_by_side(drawing: Drawing, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The lines on paper and what they were filled with, uint8 [SIDE, 2 SIDE, 3] RGB."""
    lines = draw_lines(drawing.framed(), SIDE)
    large = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    matte = large[..., 3:] / 255
    filled = large[..., :3] * matte + np.array(GROUND, np.float32) * (1 - matte)
    paper = np.repeat(lines[..., None], 3, axis=2)
    return np.hstack([paper, np.clip(filled + 0.5, 0, 255).astype(np.uint8)])


class Drawings:
    """Meets the web's DrawingsView; called in the event loop that owns the queue.

    receive: takes messages, as from chat. card: of the dreamer that the show has. soon: is called when somebody is
    about to draw.
    """

    def __init__(
        self,
        bot: Bot,
        folder: DrawingFolder,
        card: Card,
        receive: Receive,
        soon: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bot, self._folder, self._card, self._receive = bot, folder, card, receive
        self._soon, self._clock = soon, clock

    @property
    def able(self) -> bool:
        """Whether the dreamer takes drawings."""
        return DRAWING in self._card.kinds

    def words(self) -> list[tuple[str, str]]:
        """What a drawing may be said to be of, with emoji: first of all what the painter knows."""
        vocabulary, blocked = self._bot.vocabulary, self._bot.queue.idle.blocked
        names = self._card.drawable or tuple(entry.name for entry in vocabulary)
        return [(name, vocabulary[name].emoji) for name in names if name in vocabulary and name not in blocked]

    def asked(self, wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
        """Wishes as the dreamer is told them: no drawing is to be taken for what a moderator blocked."""
        blocked = self._bot.queue.idle.blocked
        barred = sorted(blocked & set(self._card.drawable) if self._card.drawable else blocked)
        return tuple(wish.barring(barred) for wish in wishes)

    @property
    def held(self) -> bool:
        """Whether a moderator looks at each drawing first."""
        return self._bot.desk.store.hold

    def expect(self) -> None:
        """Somebody is about to draw: what fills drawings gets ready."""
        self._soon()

    def draw(self, drawing: Drawing, text: str, who: str, id: str, visitor: str) -> tuple[str, bool]:
        """Take a drawing of `text`; the reply, and whether it was taken."""
        self.expect()  # also for who draws without the page
        message = Message(text, who, "page", id, at=self._clock(), user=visitor, drawing=drawing)
        replies = self._receive(message)
        return " ".join(reply.text for reply in replies), any(reply.kind == "accepted" for reply in replies)

    def gallery(self) -> list[tuple[str, str, str]]:
        """Key, title and author of each drawing that was filled, the newest first."""
        records = [record for record in map(self._bot.desk.store.record, self._bot.desk.store) if record]
        shown = [record for record in records if not record.held and self._folder.picture(record.key)]
        return [(record.key, record.programme().title(), record.who) for record in reversed(shown)]

    def seen(self, key: str) -> str:
        """What a drawing was taken for, with its emoji; "" where its author had said it."""
        name, vocabulary = self._folder.seen(key), self._bot.vocabulary
        return f"{name} {vocabulary[name].emoji}".strip() if name in vocabulary else name

    def picture(self, key: str) -> Path | None:
        """The picture of a drawing that was filled."""
        return self._folder.picture(key) if key in self._bot.desk.store else None


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
