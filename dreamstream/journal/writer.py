"""The log that a show can be dreamed again from: JSON lines in the state folder, bounded, without secrets.

The first line of a file says what the show was made of; then come dreams ("dream"), titles ("title") and restarts of
the dreamer ("restart"), with the show time at which they came; and, for films that several workers make, the names of
files with all that the next dream depends on ("checkpoint"). Cost, programme and controls of every dream are kept as
they were, since they depend on how fast the machine was; with a programme come the strokes of the drawings in it.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from dreamstream.core.drawing import Drawing
from dreamstream.core.dream import Dream
from dreamstream.core.programme import Programme
from dreamstream.support import files

log = logging.getLogger(__name__)

VERSION = 2
FOLDER = "replay"
# A day of dreams is about 20 MB; older files give way, and first of all those of shows that ended as they began.
MOST_BYTES, MOST_FILES = 8 << 20, 12
SHORT = 64 << 10
# A checkpoint is a few canvases in full precision; when all take more than this, the oldest ones give way.
MOST_CHECKPOINT_BYTES = 1 << 30
# Seconds between two looks at whether the file is still there.
LOOK = 20.0
# Lines that wait for a slow disk; past this some are lost, which is written down.
MOST_WAITING = 2000


class ShowLog:
    """Writes the log in a thread of its own; nothing that a show does waits for it.

    folder: holds the files; made when the first line is written. about: makes what the first line says, in that thread.
    start: the state that the first dreamer goes on from. drawings: what wishes of that kind speak of, by key. Methods
    may be called from any thread.
    """

    def __init__(
        self,
        folder: Path,
        about: Callable[[], Mapping[str, Any]],
        start: bytes | None = None,
        most_bytes: int = MOST_BYTES,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        drawings: Mapping[str, Drawing] | None = None,
    ) -> None:
        self._drawings = {} if drawings is None else drawings
        self._folder, self._about, self._start, self._most, self._wall = folder, about, start, most_bytes, wall
        self._clock = clock
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue(MOST_WAITING)
        self._programme: Programme | None = None
        self._controls: Mapping[str, float] = {}
        self._applied: object = None
        self._preset = ""
        self._title: dict[str, Any] = {}
        self._taken = 0
        self._unwritten: dict[int, bytes] = {}
        self._lost = 0
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="show log", daemon=True)
        self._thread.start()

    def dream(self, dream: Dream, at: float, applied: Mapping[str, float], preset: str = "") -> None:
        """A dream that was handed over at show time `at`; applied: the controls that it was made with.

        `applied` belongs to one dreamer: another object means that the dreamer was started again, or that another took
        over with a preset (`preset`) that it was not begun with.
        """
        changed = preset != self._preset
        if self._applied is not None and applied is not self._applied:
            self._controls = {}
            if not changed:
                self._add({"restart": dream.number})
        self._applied, self._preset = applied, preset
        line: dict[str, Any] = {"dream": dream.number, "at": _short(at), "time": dream.time, "cost": dict(dream.cost)}
        if changed:
            line["look"] = preset
        if dream.change != 1.0:
            line["change"] = dream.change
        if dream.things != 1.0:
            line["things"] = dream.things
        if dream.programme != self._programme:
            self._programme = dream.programme
            line["programme"] = programme_to_json(dream.programme)
            line |= self._strokes(dream.programme)
        if dict(applied) != self._controls:
            self._controls = dict(applied)
            line["controls"] = dict(applied)
        self._add(line)

    def checkpoint(self, data: bytes, machine: str) -> None:
        """All that the dreams after the one before depend on; machine: the kind on which they come out the same.

        One that comes while another waits for a slow disk is left out.
        """
        if self._unwritten:
            return
        self._taken += 1
        self._unwritten[self._taken] = data
        if not self._add({"checkpoint": self._taken, "machine": machine}):
            self._unwritten.clear()

    def title(self, title: str, who: str, coming: str, at: float) -> None:
        """What the titles say from show time `at` on; repeated calls write nothing."""
        title_record = {"title": title, "who": who, "coming": coming}
        if title_record != self._title:
            self._title = title_record
            self._add({**title_record, "at": _short(at)})

    def close(self, timeout: float = 2.0) -> None:
        """Write what waits and end the thread."""
        try:
            self._lines.put(None, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _strokes(self, programme: Programme) -> dict[str, Any]:
        """The drawings of a programme, where it has some."""
        drawn = {wish.drawing: self._drawings.get(wish.drawing) for wish in programme.wanted() if wish.drawing}
        found = {key: drawing.to_json() for key, drawing in drawn.items() if drawing is not None}
        return {"drawings": found} if found else {}

    def _add(self, line: dict[str, Any]) -> bool:
        """Have a line written; False where there is no room for it."""
        try:
            if self._lost:
                self._lines.put_nowait({"lost": self._lost})
                self._lost = 0
            self._lines.put_nowait(line)
        except queue.Full:
            self._lost += 1
            return False
        return True

    def _run(self) -> None:
        file: IO[str] | None = None
        about: dict[str, Any] = {}
        last: dict[str, Any] = {}
        size, looked = 0, self._clock()
        while (line := self._lines.get()) is not None:
            if self._failed:
                continue
            try:
                about = about or dict(self._about())
                # What was said once and holds on is said again at the head of another file.
                last |= {key: line[key] for key in ("programme", "drawings", "controls", "look") if key in line}
                vanished = False
                if file is not None and self._clock() - looked > LOOK and "dream" in line:
                    looked, vanished = self._clock(), not _is_there(file)
                if vanished:
                    log.warning("The show's log was taken away; it goes on in a new file.")
                if file is None or vanished or (size > self._most and "dream" in line):
                    if file is not None:
                        file.close()
                        line |= last
                    file, size = self._open(about, continued=file is not None), 0
                if "checkpoint" in line and not self._keep(line, Path(file.name)):
                    continue
                size += file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
                if self._lines.empty():
                    file.flush()
            except OSError as error:
                self._failed = True
                log.warning("The show's log cannot be written (%s); it cannot be replayed.", error.strerror)
        if file is not None and not self._failed:
            file.close()

    def _keep(self, line: dict[str, Any], path: Path) -> bool:
        """Write a checkpoint beside its log, and its name into the line; whether that could be done."""
        kept = path.with_suffix(f".{line['checkpoint']:06d}.checkpoint")
        data = self._unwritten.pop(line["checkpoint"], b"")
        line["checkpoint"] = kept.name
        try:
            files.write(kept, data)
            found = sorted(self._folder.glob("show-*.checkpoint"), key=lambda each: each.stat().st_mtime)
            size = sum(each.stat().st_size for each in found)
            for old in found[:-1]:
                if size <= MOST_CHECKPOINT_BYTES:
                    break
                size -= old.stat().st_size
                old.unlink(missing_ok=True)
        except OSError as error:
            # The log is worth more, and goes on.
            log.warning("A checkpoint of the show cannot be written: %s.", error.strerror)
            return False
        return True

    def _open(self, about: Mapping[str, Any], continued: bool) -> IO[str]:
        self._folder.mkdir(parents=True, exist_ok=True)
        now = self._wall()
        path = self._folder / f"show-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}.jsonl"
        number = 1
        while path.exists():
            path, number = path.with_stem(f"{path.stem.partition('_')[0]}_{number}"), number + 1
        head: dict[str, Any] = {"show": VERSION, "began": _short(now), **about}
        if continued:
            head["continued"] = True
        elif self._start is not None:
            files.write(path.with_suffix(".start"), self._start)
            head["start"] = path.with_suffix(".start").name
        file = path.open("w", encoding="utf-8")
        file.write(json.dumps(head, ensure_ascii=False) + "\n")
        self._make_room(path)
        return file

    def _make_room(self, new: Path) -> None:
        """Have at most MOST_FILES logs: the oldest short ones go first, so that crashes push out no real show."""
        logs = sorted(each for each in self._folder.glob("show-*.jsonl") if each != new)
        spare = sorted(logs, key=lambda each: each.stat().st_size >= SHORT)[: max(0, len(logs) + 1 - MOST_FILES)]
        for old in spare:
            old.with_suffix(".start").unlink(missing_ok=True)
            # No pattern of its own for each log: Python keeps thousands of patterns that it has compiled.
            for checkpoint in self._folder.glob("show-*.checkpoint"):
                if checkpoint.name.startswith(f"{old.stem}."):
                    checkpoint.unlink(missing_ok=True)
            old.unlink(missing_ok=True)


def _is_there(file: IO[str]) -> bool:
    try:
        return os.path.samestat(Path(file.name).stat(), os.fstat(file.fileno()))
    except OSError:
        return False


def programme_to_json(programme: Programme) -> list[dict[str, Any]]:
    """The wishes, each with what differs from a plain one."""
    plain = {field.name: field.default for field in dataclasses.fields(programme.wishes[0])} if programme.wishes else {}
    return [
        {key: value for key, value in dataclasses.asdict(wish).items() if value != plain[key]}
        for wish in programme.wishes
    ]


def _short(seconds: float) -> float:
    return round(seconds, 4)
