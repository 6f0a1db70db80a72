"""The latent dreamer: each picture is the generator's own, of latents that walk; never a fade of two pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion
from dreamstream.core.card import Card
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Dreamer, Effort
from dreamstream.core.points import LETTERS, Blend
from dreamstream.core.programme import MAX_WISHES, Programme, Wish
from dreamstream.dreamers.latent.card import WILD, aim_of, card_of, check_size, points_of
from dreamstream.dreamers.latent.layout import arranged
from dreamstream.dreamers.latent.named import coded, decoded
from dreamstream.dreamers.latent.state import State, pack, unpack
from dreamstream.dreamers.latent.walk import Walker, advance, drawn, far_apart, square
from dreamstream.networks.generators import generator_of
from dreamstream.networks.stylegan2.layers import applied
from dreamstream.weights.generators import Subject

STILL = Motion(1.0, 0.0)
SAMPLES = 512  # latents whose mean style is the mean picture
NUMBERS_SEED = 3  # of the matrix by which three numbers are a latent
STRANGERS = 64  # random latents to walk among, of a subject that knows no frame by heart


class LatentDreamer(Dreamer):
    """Walks in the space of a subject: to what is wished, and about where nothing is.

    model: where the subject was read from. size: the canvas (width, height), even. seed: same seed, programmes and
    times give the same dreams on the same machine. Raises UserError for an impossible size.
    """

    def __init__(self, subject: Subject, model: Path, size: tuple[int, int] = (640, 360), seed: int = 0) -> None:
        check_size(size)
        self._card = card_of(subject.name, model)
        self._size, self._seed = size, seed
        self._values = {control.name: control.default for control in self.card.controls}
        generator = generator_of(subject.shape)
        self._params = jax.tree.map(jnp.asarray, subject.generator)
        points = subject.points
        self._by_heart = points is not None
        if points is None:
            points = np.random.default_rng(7).normal(size=(STRANGERS, subject.shape.latent)).astype(np.float32)
        self._points = _normalised(points.astype(np.float64))
        self._three = np.random.default_rng(NUMBERS_SEED).normal(size=(subject.shape.latent, 3))
        self._named = self._points[far_apart(self._points, len(LETTERS))]

        def middle(params: object, latents: jax.Array) -> jax.Array:
            return jnp.mean(applied(generator, params, latents, method="style"), axis=0)  # type: ignore[arg-type]

        def make(params: object, mean: jax.Array, latents: jax.Array, wild: jax.Array) -> jax.Array:
            style = applied(generator, params, latents, method="style")  # type: ignore[arg-type]
            style = mean[None] + wild * (style - mean[None])
            made = applied(generator, params, style, method="picture")  # type: ignore[arg-type]
            return jnp.clip(jnp.round((made + 1) * 127.5), 0, 255).astype(jnp.uint8)

        self._make = jax.jit(make)
        chosen = np.random.default_rng(5).integers(len(points), size=SAMPLES)
        self._mean = jax.jit(middle)(self._params, jnp.asarray(self._points[chosen], jnp.float32))
        first = self._points[0]
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
        self.card.check_wishes(programme)
        wishes = programme.wanted()
        aims = [aim_of(wish) for wish in wishes]
        held = [points_of(wish) for wish in wishes]
        dt = 0.0 if self._time is None else time - self._time
        pace = self._values["speed"]
        for slot, aim in enumerate(aims):
            walker = self._walkers[slot]
            wished = None if aim is None else self._place(aim, held[slot], walker.lived)
            self._walkers[slot] = advance(walker, self._points, (self._seed, slot), wished, dt, pace)
        made = self._pictures(self._walkers[: len(wishes)])
        self._seen = arranged(list(made), [wish.region for wish in wishes], self._size)
        self._time, self._number = time, self._number + 1
        seconds = perf_counter() - began
        return Dream(self._seen, time, STILL, programme, self._number - 1, seconds=seconds)

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
        if {walker.place.shape for walker in found.walkers} != {self._points[0].shape}:
            raise ValueError("this is the state of another subject")
        self._walkers = list(found.walkers)
        self._number, self._seen, self._time = found.number, found.picture, found.time

    def picture(self) -> NDArray[np.uint8] | None:
        """What was seen last."""
        return self._seen

    def still(self, wish: Wish) -> NDArray[np.uint8] | None:
        """The picture uint8 [s, s, 3] of the point that a wish aims at, with untouched controls; None for no point.

        May be called from any thread: nothing changes. Raises UsageError for what is no wish for points.
        """
        aim = aim_of(wish)
        if aim is None or aim.square:
            return None
        latents = jnp.asarray(self._place(aim, points_of(wish), 0.0)[None], jnp.float32)
        made: NDArray[np.uint8] = np.asarray(self._make(self._params, self._mean, latents, jnp.float32(WILD.default)))
        return np.asarray(made[0])

    def here(self) -> str | None:
        """The point that the first of its walkers is at, as wishes hold it; None before the first dream."""
        return None if self._seen is None else coded(self._walkers[0].place)

    def _place(self, aim: Blend, held: Mapping[str, str], lived: float) -> NDArray[np.float64]:
        """The latent that is meant, by a walker that has lived so many seconds. held: what names stand for."""
        if aim.seed is not None:
            return np.asarray(_normalised(drawn(self._points, aim.seed, self._by_heart)[None])[0])
        if aim.numbers:
            return np.asarray(_normalised((self._three @ aim.numbers)[None])[0])
        named = np.stack(
            [
                decoded(held[name], self._points.shape[1]) if name in held else self._named[LETTERS.index(name)]
                for name in aim.names
            ]
        )
        if len(named) == 1:  # the point itself, to the last bit
            return np.asarray(named[0])
        shares = square(lived) if aim.square else np.asarray(aim.shares)
        blended: NDArray[np.float64] = _normalised((shares @ named)[None])[0]
        return blended

    def _pictures(self, walkers: list[Walker]) -> NDArray[np.uint8]:
        latents = jnp.asarray(np.stack([walker.place for walker in walkers]), jnp.float32)
        return np.asarray(self._make(self._params, self._mean, latents, jnp.float32(self._values["wild"])))


def _normalised(latents: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of mean square 1 each, as the generator takes them in any case."""
    return np.asarray(latents / np.sqrt((latents**2).mean(axis=1, keepdims=True) + 1e-12))
