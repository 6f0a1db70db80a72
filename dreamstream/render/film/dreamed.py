"""What a film of a cue list is made of: the record of a show that never was, every dream of it laid down beforehand.

Nothing of it depends on how fast a machine is, so whoever makes a part makes the same dreams. Where the log of a show
has checkpoints, here are the places of some that will be: a part's maker hands them on before it makes its own frames.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dreamstream.core.card import Card
from dreamstream.core.dreamer import DreamerRequest, Effort
from dreamstream.core.errors import UsageError
from dreamstream.core.names import sentence
from dreamstream.core.programme import PICTURED, Programme
from dreamstream.core.version import __version__
from dreamstream.dreamers import registry
from dreamstream.journal.reader import CheckpointRecord, DreamRecord, ShowRecord, TitleRecord
from dreamstream.render.film.cues import Change, changes, read_cues
from dreamstream.render.film.parts import RUN_SECONDS
from dreamstream.render.from_arguments import effort_of, interval_of
from dreamstream.support import files
from dreamstream.support.pictures import load_photo

# A film does not begin with noise: so many seconds of dreams go before its first frame.
RUN_UP = 6.0
# Parts are so long, in seconds: at each seam some four seconds of dreams are made twice.
EVERY = 20.0


@dataclass(frozen=True)
class Asked:
    """How a cue list is dreamed. All but the last are as `dreamstream render` takes them.

    sha256: of what its dreams depend on beside: the weights of the model and of the subject, and the pictures that it
    speaks of.
    """

    model: str
    dreamer: str
    preset: str
    seed: int
    controls: dict[str, float]
    steps: int | None
    subject: str = ""
    sha256: str = ""


def is_cue_list(path: Path) -> bool:
    """Whether a file is no log, which begins as JSON does. Raises UsageError for a file that is not there."""
    try:
        with path.open("rb") as file:
            return not file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


def spelt(key: str) -> str:
    """A flag as it is typed."""
    return "--set" if key == "controls" else f"--{key}"


def card_of(asked: Asked, canvas: tuple[int, int]) -> Card:
    """What dreams it. Raises UserError for what is known beforehand."""
    request = DreamerRequest(asked.model, canvas, seed=asked.seed, preset=asked.preset, subject=asked.subject)
    return registry.describe(asked.dreamer, request)


def show_of(
    path: Path, asked: Asked, size: tuple[int, int], canvas: tuple[int, int], fps: int, folder: Path
) -> ShowRecord:
    """The record of a cue list's film. folder: where its checkpoints will be. Raises UserError, in a sentence."""
    try:
        cues = read_cues(files.read_text(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is neither a show's log nor a cue list: it is no text.") from None
    card = card_of(asked, canvas)
    try:
        controls = {name: card.control(name).check(value) for name, value in asked.controls.items()}
    except ValueError as error:
        raise UsageError(sentence(f"--set: {error}")) from None
    changed = changes(cues, card, asked.seed)
    end = cues[-1].at
    about = {
        "version": __version__,
        "model": asked.model,
        "dreamer": asked.dreamer,
        "preset": asked.preset,
        "subject": asked.subject,
        "seed": asked.seed,
        "size": size,
        "canvas": canvas,
        "fps": fps,
    }
    dreams = _dreams(changed, controls, effort_of(asked.steps, card), interval_of(card, fps), end)
    starts = [
        next(number for number, dream in enumerate(dreams) if dream.at >= at - RUN_SECONDS)
        for at in (EVERY * (n + 1) for n in range(int(end / EVERY)))
    ]
    checkpoints = [CheckpointRecord(start, folder / f"{n:04d}.checkpoint", "") for n, start in enumerate(starts)]
    programmes = [change.programme for change in changed if change.programme is not None]
    pictures = {name: load_photo(path.parent / name) for name in _named(programmes)}
    return ShowRecord(about, tuple(dreams), _titles(changed), None, {}, tuple(checkpoints), pictures, end)


def digest_of_pictures(show: ShowRecord, weights: str) -> str:
    """Of what the dreams of a cue list depend on beside its text."""
    found = hashlib.sha256(weights.encode())
    for name, picture in sorted(show.pictures.items()):
        found.update(name.encode() + str(picture.shape).encode() + picture.tobytes())
    return found.hexdigest()


def _dreams(
    changed: Sequence[Change], controls: dict[str, float], effort: Effort, interval: float, end: float
) -> list[DreamRecord]:
    """All dreams, at regular times: each is begun when the one before is in place."""
    made: list[DreamRecord] = []
    waiting = list(changed)
    programme: Programme | None = None
    count = round(RUN_UP / interval)
    turned, look = dict(controls), ""
    number = -count
    while (at := number * interval) <= end + interval:
        while waiting and waiting[0].at <= max(at, 0.0) + 1e-9:
            change = waiting.pop(0)
            programme = change.programme or programme
            controls = controls | dict(change.controls)
            turned |= dict(change.controls)
            look = change.look or look
        if look:
            turned = dict(controls)  # another look begins with its own
        assert programme is not None
        record = DreamRecord(at, at + interval, dict(effort.cost), programme, turned, preset=look)
        made.append(replace(record, interval=effort.interval))
        turned, look = {}, ""
        number += 1
    return made


def _titles(changed: Sequence[Change]) -> tuple[TitleRecord, ...]:
    said = [(change.at, change.programme.title()) for change in changed if change.programme is not None]
    coming = [title for _, title in said[1:]] + [""]
    return tuple(TitleRecord(at, title, "", after) for (at, title), after in zip(said, coming, strict=True))


def _named(programmes: Sequence[Programme]) -> list[str]:
    """The pictures that wishes speak of."""
    wishes = [wish for programme in programmes for wish in programme.wishes]
    return sorted({wish.picture()[0] for wish in wishes if wish.kind in PICTURED})
