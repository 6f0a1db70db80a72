"""The latent dreamer: each picture is the generator's own, of latents that walk; never a fade of two pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion
from dreamstream.core.card import Card
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Dreamer, Effort
from dreamstream.core.points import LETTERS, Blend
from dreamstream.core.programme import MAX_WISHES, Programme, Wish
from dreamstream.dreamers.latent.card import TURNS, WILD, aim_of, card_of, check_size, points_of
from dreamstream.dreamers.latent.enlarge import enlarged
from dreamstream.dreamers.latent.knowledge import few, knowledge_of
from dreamstream.dreamers.latent.layout import arranged
from dreamstream.dreamers.latent.named import coded, decoded
from dreamstream.dreamers.latent.state import State, pack, unpack
from dreamstream.dreamers.latent.walk import Walker, advance, drawn, square
from dreamstream.networks.generators import kind_of
from dreamstream.weights.generators import Subject

STILL = Motion(1.0, 0.0)
STILL_SCALE = 2
NUMBERS_SEED = 3  # of the matrix by which three numbers are a latent


class LatentDreamer(Dreamer):
    """Walks in the space of a subject: to what is wished, and about where nothing is.

    model: where the subject was read from. size: the canvas (width, height), even. seed: same seed, programmes and
    times give the same dreams on the same machine. fixed: among how many of a training's fixed latents it walks
    where the subject knows no frame by heart. Raises UserError for an impossible size.
    """

    def __init__(
        self, subject: Subject, model: Path, size: tuple[int, int] = (640, 360), seed: int = 0, fixed: int = 0
    ) -> None:
        check_size(size)
        self._card = card_of(subject.name, model, kind_of(subject.shape))
        self._size, self._seed = size, seed
        self._values = {control.name: control.default for control in self.card.controls}
        self.knows = knowledge_of(subject, fixed)
        latent = subject.shape.latent
        # A latent of three numbers is these; a longer one what a fixed matrix makes of them.
        self._three = np.eye(3) if latent == 3 else np.random.default_rng(NUMBERS_SEED).normal(size=(latent, 3))
        first = self.knows.points[0]
        self._walkers = [Walker(first, np.zeros_like(first)) for _ in range(MAX_WISHES)]
        self._time: float | None = None
        self._number = 0
        self._seen: NDArray[np.uint8] | None = None

    @property
    def card(self) -> Card:
        """Its words are the subject's name and those of the named points."""
        return self._card

    def prepare(self) -> None:
        """Compile for every number of wishes."""
        for count in range(1, MAX_WISHES + 1):
            self._pictures([self._walkers[0]] * count)

    def dream(self, programme: Programme, time: float, effort: Effort = USUAL) -> Dream:
        """Walk on to `time` (seconds of show time). Raises UserError for a mixture that there is not."""
        began = perf_counter()
        regions = [wish.region for wish in programme.wanted()]
        self._seen = arranged(self.walk(programme, time), regions, self._size, self._values["crisp"])
        seconds = perf_counter() - began
        return Dream(self._seen, time, STILL, programme, self._number - 1, seconds=seconds)

    def walk(self, programme: Programme, time: float) -> list[NDArray[np.uint8]]:
        """Walk on to `time` (seconds of show time): the picture uint8 [s, s, 3] of each thing that is wanted.

        Raises UserError for a mixture that there is not.
        """
        self.card.check_wishes(programme)
        wishes = programme.wanted()
        aims = [aim_of(wish) for wish in wishes]
        held = [points_of(wish) for wish in wishes]
        dt = 0.0 if self._time is None else time - self._time
        pace = self._values["speed"]
        for slot, aim in enumerate(aims):
            walker = self._walkers[slot]
            wished = None if aim is None else self._place(aim, held[slot], walker.lived)
            self._walkers[slot] = advance(walker, self.knows.points, (self._seed, slot), wished, dt, pace)
        self._time, self._number = time, self._number + 1
        return list(self._pictures(self._walkers[: len(wishes)]))

    def set(self, control: str, value: float) -> None:
        """Turn a control. Raises ValueError that names the controls, or the control's range."""
        self._values[control] = float(self.card.control(control).check(value))

    def state(self) -> bytes:
        """Where the walkers are, and what is seen."""
        return pack(State(tuple(self._walkers), self._number, self._seen, self._time))

    def restore(self, state: bytes) -> None:
        """Go on from a `state()` of a subject with latents of the same length; time begins anew."""
        self.resume(state)
        self._time = None

    def resume(self, checkpoint: bytes) -> None:
        """Go on exactly from a `checkpoint()`, which is a state: its numbers are exact."""
        found = unpack(checkpoint)
        if {walker.place.shape for walker in found.walkers} != {self.knows.points[0].shape}:
            raise ValueError("this is the state of another subject")
        self._walkers = list(found.walkers)
        self._number, self._seen, self._time = found.number, found.picture, found.time

    def picture(self) -> NDArray[np.uint8] | None:
        """What was seen last."""
        return self._seen

    def still(self, wish: Wish) -> NDArray[np.uint8] | None:
        """The picture of the point that a wish aims at, with untouched controls; None for no point.

        As uint8 [s, s, 3], STILL_SCALE times as large as the generator makes it, which is as small as it can be seen.

        May be called from any thread: nothing changes. Raises UsageError for what is no wish for points.
        """
        aim = aim_of(wish)
        if aim is None or aim.square:
            return None
        place = self._place(aim, points_of(wish), 0.0)
        made = np.asarray(self.knows.pictures(place[None], WILD.default)[0])
        return enlarged(made, STILL_SCALE * len(made), self.card.control("crisp").default)

    def here(self) -> str | None:
        """The point that the first of its walkers is at, as wishes hold it; None before the first dream."""
        return coded(self._walkers[0].place) if self._number else None

    def _place(self, aim: Blend, held: Mapping[str, str], lived: float) -> NDArray[np.float64]:
        """The latent that is meant, by a walker that has lived so many seconds. held: what names stand for."""
        if aim.seed is not None:
            anywhere = drawn(self.knows.points, aim.seed, self.knows.by_heart, few(self.knows.shape))
            return np.asarray(self.knows.placed(anywhere[None])[0])
        if aim.numbers:
            return np.asarray(self.knows.placed((self._three @ aim.numbers)[None])[0])
        named = np.stack([self._point(name, held) for name in aim.names])
        if len(named) == 1:  # the point itself, to the last bit
            return np.asarray(named[0])
        shares = square(lived) if aim.square else np.asarray(aim.shares)
        blended: NDArray[np.float64] = self.knows.placed((shares @ named)[None])[0]
        return blended

    def _point(self, name: str, held: Mapping[str, str]) -> NDArray[np.float64]:
        if name in held:
            return decoded(held[name], self.knows.points.shape[1])
        return np.asarray(self.knows.letters[LETTERS.index(name)])

    def _pictures(self, walkers: list[Walker]) -> NDArray[np.uint8]:
        turns = [self._values.get(control.name, control.default) for control in TURNS]
        return self.knows.pictures(np.stack([walker.place for walker in walkers]), self._values["wild"], turns)
