"""How a look's dreams are made: its compiled programs, and what each of their steps is told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Pose
from dreamstream.core.programme import THINGS, Programme, Wish
from dreamstream.dreamers.ascent import anchors as life
from dreamstream.dreamers.ascent import ground, photograph, windows
from dreamstream.dreamers.ascent.anchors import Anchor
from dreamstream.dreamers.ascent.ascent import MAX_STEPS, Ascent, Settle, State, optimiser_of
from dreamstream.dreamers.ascent.canvas import canvas_of
from dreamstream.dreamers.ascent.crowd import Crowd, fewer
from dreamstream.dreamers.ascent.objective import StepWindows, Target, value
from dreamstream.dreamers.ascent.presets import Preset
from dreamstream.dreamers.ascent.targets import TargetEncoder
from dreamstream.networks import runtime
from dreamstream.networks.device import ComputeTarget
from dreamstream.networks.prior import Prior
from dreamstream.networks.vgg.model import Model

Backdrop = ground.Backdrop | photograph.Kept


class DreamMaker:
    """Makes the dreams of a look with a network, on a canvas of one size.

    params: the network's, on the device. place: where it computes. on_photograph: the canvas began as a photograph,
    which keeps its own ground, as long as the camera rests on it.
    """

    def __init__(
        self,
        model: Model,
        params: Any,
        prior: Prior,
        preset: Preset,
        size: tuple[int, int],
        place: ComputeTarget,
        on_photograph: bool,
    ) -> None:
        self._model, self._params, self._prior, self._preset = model, params, prior, preset
        self._size, self._place, self._on_photograph = size, place, on_photograph
        self._aspect = size[0] / size[1]

    def crowd(self, share: float) -> Crowd:
        """A share of the look's things, and the programs that dream them, not compiled."""
        preset = fewer(self._preset, share)
        reach = int(np.ceil(preset.habits.largest * 1.1 * self._size[1]))
        prior = self._prior.published() if preset.published else self._prior
        objective, place = partial(value, self._model, prior, preset.mixture, reach), self._place
        return Crowd(
            share,
            preset,
            Ascent(objective, optimiser_of(preset), canvas_of(preset), place.rows, place.options, self._settle()),
        )

    def _settle(self) -> Settle | None:
        """How the look's ground is made, or kept where it is a photograph's; None for a look without."""
        own = self._preset.ground
        if self._on_photograph:
            return photograph.kept
        return None if own is None else lambda *told: ground.settled(own, *told)

    def compile(
        self, crowd: Crowd, wants: TargetEncoder, prior: float, factor: float, wish: Wish | None = None
    ) -> None:
        """Compile what dreams of such a wish run for a crowd, on an empty canvas; may be called from any thread.

        wish: by default for a class, or of a network without classes for a layer.
        """
        classes = self._model.classes
        programme = Programme((wish or (Wish(classes[0]) if classes else Wish("relu4_3", kind="layer")),))
        anchors = life.advance([], Pose(), programme, self._aspect, crowd.preset.habits, np.random.default_rng(0))
        glimpses = self.glimpses(crowd, wants, anchors, programme, np.random.default_rng(0))
        empty = crowd.ascent.begin(self._place.canvas(np.zeros((self._size[1], self._size[0], 3), np.float32)))
        backdrop = self.backdrop(anchors, (), programme, 0.0, 0.0, 0.0)
        # What is wanted is encoded here, beside the dreams' own, which another thread may be at.
        wanted = self._place.everywhere(wants.wanted(programme, self._preset.always, prior))
        pace = self.pace(anchors, programme)
        jax.device_get(self.make(crowd, empty, np.eye(2, 3), wanted, glimpses, 1, factor, backdrop, pace))
        runtime.forget_traces()

    def make(
        self,
        crowd: Crowd,
        state: State,
        matrix: NDArray[np.float64],
        wanted: Target,
        glimpses: StepWindows,
        count: int,
        factor: float,
        backdrop: Backdrop | None,
        pace: NDArray[np.float32] | None,
    ) -> tuple[State, jax.Array]:
        """A dream of `count` steps, after one transfer of what is new in each; see `Ascent.dream`.

        wanted: on the device. factor: on every update.
        """
        told = np.asarray(matrix, np.float32), glimpses, np.float32(factor), backdrop, pace
        affine, glimpses, step, backdrop, pace = self._place.everywhere(told)
        return crowd.ascent.dream(self._params, state, affine, wanted, glimpses, count, step, backdrop, pace)

    def glimpses(
        self,
        crowd: Crowd,
        wants: TargetEncoder,
        anchors: Sequence[Anchor],
        programme: Programme,
        rng: np.random.Generator,
    ) -> StepWindows:
        """Where MAX_STEPS steps look."""
        return windows.plan(
            anchors, programme, wants.ids, self._size, crowd.preset.mixture, MAX_STEPS, rng, wants.masks
        )

    def backdrop(
        self,
        anchors: Sequence[Anchor],
        leaving: Sequence[Anchor],
        programme: Programme,
        time: float,
        elapsed: float,
        dreams: float,
        held: jax.Array | None = None,
    ) -> Backdrop | None:
        """What the ground is to become, as fast as things do: dreams counts usual ones. None where there is none.

        elapsed: seconds of show time since the dream before. held: the photograph [H, W, 3] that is kept.
        """
        if held is not None:
            # What layers and guides draw has no place of its own, and stays.
            return photograph.plan(held, anchors, self._aspect, dreams if _of_things(programme) else 0.0)
        if self._preset.ground is None or self._on_photograph or not anchors:
            return None
        share = 1 - (1 - self._preset.ground.share) ** dreams
        return ground.plan([*anchors, *leaving], programme, time, self._aspect, share, elapsed)

    def pace(self, anchors: Sequence[Anchor], programme: Programme) -> NDArray[np.float32] | None:
        """How fast each part of the canvas is climbed on; None where the look has no ground of its own."""
        if self._preset.ground is None or self._on_photograph or not anchors:
            return None
        return ground.pace(anchors if _of_things(programme) else [], self._aspect)


def _of_things(programme: Programme) -> bool:
    """Whether all that is wanted has places: what layers and guides draw has none."""
    return all(wish.kind in THINGS for wish in programme.wishes)
