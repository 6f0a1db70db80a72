"""The guided dreamer: an ascent dreamer with a subject among its things, which are guided by its walk as it goes on.

Before each dream the subject's generator makes a picture of where its walk is, and windows on the things that are
wanted of it are climbed on until the network finds the same in them. Nothing of a picture is ever laid on the canvas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Effort
from dreamstream.core.programme import LIVING, MAX_WISHES, Programme, Wish
from dreamstream.dreamers.ascent.crowd import Crowd
from dreamstream.dreamers.ascent.dreamer import AscentDreamer
from dreamstream.dreamers.guided.card import CONTROLS, beside, check_look, is_of, name_beside
from dreamstream.dreamers.latent.dreamer import LatentDreamer
from dreamstream.networks.vgg.model import Model
from dreamstream.weights.generators import Subject

KIND = "guided checkpoint 1"


class GuidedDreamer(AscentDreamer):
    """Dreams of classes and of a subject: same seed, programmes, times and machine give the same dreams.

    subject: its name gives way to the model's words (see `name_beside`). path: where it was read from. The others are
    those of an ascent dreamer. Raises UserError as that one does, and for a look without things.
    """

    def __init__(
        self,
        subject: Subject,
        path: Path,
        model: Model,
        size: tuple[int, int] = (640, 360),
        *,
        seed: int = 0,
        preset: str = "auto",
        start: NDArray[np.uint8] | None = None,
        dtype: str = "auto",
        devices: int = 1,
    ) -> None:
        super().__init__(model, size, seed=seed, preset=preset, start=start, dtype=dtype, devices=devices)
        check_look(self._preset, self._model.architecture.head, self.card.preset)
        known = [word.name for word in self.card.words]
        self._subject = replace(subject, name=name_beside(subject.name, known))
        self._path, self._seed = path, seed
        self.card = beside(self.card, self._subject.name, str(path))
        self._walk = LatentDreamer(self._subject, path, seed=seed)
        side = self._model.architecture.window
        for slot in range(MAX_WISHES):
            self.show(self._called(slot), np.zeros((side, side, 3), np.uint8))

    def prepare(self) -> None:
        """Compile what dreams of classes, of the subject, and of both run."""
        self._walk.prepare()
        super().prepare()

    def _compile(self, crowd: Crowd) -> None:
        super()._compile(crowd)
        wish = Wish(self._called(0), kind=LIVING)
        self._maker.compile(crowd, self._wants, self._values["prior"], self._values["step"], wish)

    def set(self, control: str, value: float) -> None:
        """Turn a control, of the dreams or of the walk. Raises ValueError."""
        if control in [each.name for each in CONTROLS]:
            self._walk.set(control, value)
        else:
            super().set(control, value)

    def begin(self, programme: Programme, time: float, effort: Effort = USUAL) -> Callable[[], Dream]:
        """`dream`, without waiting. Raises UserError for what neither the model nor the subject knows."""
        dream = super().begin(self._led(programme, time), time, effort)
        return lambda: replace(dream(), programme=programme)

    def _led(self, programme: Programme, time: float) -> Programme:
        """The programme with pictures that live in place of wishes for the subject, which walks on to `time`."""
        of_subject = [wish for wish in programme.wanted() if is_of(wish, self._subject.name)]
        if of_subject:
            for slot, picture in enumerate(self._walk.walk(Programme(tuple(of_subject)), time)):
                self.show(self._called(slot), picture)
        slots = iter(range(MAX_WISHES))
        told = []
        for wish in programme.wishes:
            if not is_of(wish, self._subject.name):
                told.append(wish)
            elif wish.weight > 0:
                what = self._called(next(slots))
                told.append(Wish(what, wish.region, wish.weight, wish.who, LIVING, wish.mask))
            # What is not wanted of a subject is in no network's words, so that nothing could be lowered.
        return Programme(tuple(told))

    def _called(self, slot: int) -> str:
        """The name under which a picture of the subject lives."""
        return f"{self._subject.name} {slot + 1}"

    # -- points -----------------------------------------------------------------------------------------------

    def still(self, wish: Wish) -> NDArray[np.uint8] | None:
        """The picture uint8 [s, s, 3] of the point that a wish aims at; None for no point. Raises UsageError."""
        return self._walk.still(wish) if is_of(wish, self._subject.name) else None

    def here(self) -> str | None:
        """The point that the first of its walks is at, as wishes hold it; None before it was wished."""
        return self._walk.here()

    def score(self, picture: NDArray[np.uint8], name: str) -> float:
        """How much of `name` the network sees in a picture, from 0 to 1; of a subject it knows nothing, and sees 0."""
        return super().score(picture, name) if name in self._wants.ids else 0.0

    # -- beginning and going on -------------------------------------------------------------------------------

    def with_preset(self, name: str) -> GuidedDreamer:
        """A new dreamer of the same model and subject with another look. Raises UserError."""
        dtype, devices = self.dtype, self._place.count
        told = self._subject, self._path, self._model, self._size
        return GuidedDreamer(*told, seed=self._seed, preset=name, dtype=dtype, devices=devices)

    def take_over(self, other: AscentDreamer) -> None:
        """Go on where another one is, walks and all."""
        super().take_over(other)
        if isinstance(other, GuidedDreamer):
            self._walk = other._walk

    def checkpoint(self) -> bytes:
        """Everything that the next dreams depend on but the controls, in full precision."""
        packed = BytesIO()
        dreams, walk = (np.frombuffer(part, np.uint8) for part in (super().checkpoint(), self._walk.checkpoint()))
        np.savez(packed, kind=np.array(KIND), dreams=dreams, walk=walk)
        return packed.getvalue()

    def resume(self, checkpoint: bytes) -> None:
        """Go on exactly where a checkpoint was taken. Raises ValueError, without changes, when it is none."""
        try:
            with np.load(BytesIO(checkpoint), allow_pickle=False) as found:
                kind = str(found["kind"])
                dreams, walk = bytes(found["dreams"]), bytes(found["walk"])
        except Exception as error:  # NumPy's and zip's own errors are many
            raise ValueError(f"this is no checkpoint of a guided dreamer: {error}") from None
        if kind != KIND:
            raise ValueError("this is the checkpoint of another kind of dreamer")
        before = self._walk.checkpoint()
        self._walk.resume(walk)
        try:
            super().resume(dreams)
        except ValueError:
            self._walk.resume(before)
            raise
