"""The ascent dreamer: holds the network and the canvas, and makes one dream after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.card import Word
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Effort
from dreamstream.core.programme import Programme
from dreamstream.dreamers.ascent import anchors as life
from dreamstream.dreamers.ascent.anchors import Anchor
from dreamstream.dreamers.ascent.ascent import MAX_STEPS
from dreamstream.dreamers.ascent.card import STEPS, card_of, check_size, preset_named
from dreamstream.dreamers.ascent.checkpoint import Checkpoint
from dreamstream.dreamers.ascent.checkpoint import unpack as unpack_checkpoint
from dreamstream.dreamers.ascent.crowd import Crowd, Crowds
from dreamstream.dreamers.ascent.effort import StepPlan
from dreamstream.dreamers.ascent.initial_canvas import fitted, noise
from dreamstream.dreamers.ascent.laying import cut, laid
from dreamstream.dreamers.ascent.making import DreamMaker
from dreamstream.dreamers.ascent.objective import Target
from dreamstream.dreamers.ascent.presets import Preset
from dreamstream.dreamers.ascent.sight import Sight
from dreamstream.dreamers.ascent.snapshot import Snapshot, unpack
from dreamstream.dreamers.ascent.targets import TargetEncoder
from dreamstream.networks.device import place
from dreamstream.networks.prior import Prior
from dreamstream.networks.vgg.model import Model

LAID = 1.1  # the side in picture heights at which a thing that was laid on the canvas is released


class AscentDreamer:
    """Makes dreams by gradient ascent on a network's class evidence under a patch prior, while the camera moves.

    model: what `--model` takes, or a loaded network. size: the canvas (width, height), even. seed: same seed,
    programmes, costs and device give the same dreams. preset: a look by name, or one of your own. start: a
    photograph, uint8 [h, w, 3] RGB, to begin with. prior: by default the one that goes with the model. dtype: what the
    network computes in: auto (bfloat16 on an accelerator, else float32), float32, bfloat16. devices: how many share the
    canvas.
    Raises UserError for an impossible size, an unknown preset, a file that is no model, or devices that are not there.
    """

    def __init__(
        self,
        model: str | Path | Model = "auto",
        size: tuple[int, int] = (640, 360),
        *,
        seed: int = 0,
        preset: str | Preset = "auto",
        start: NDArray[np.uint8] | None = None,
        prior: Prior | None = None,
        dtype: str = "auto",
        devices: int = 1,
    ) -> None:
        from dreamstream.weights.catalog import load_model, load_prior

        check_size(size)
        self._model = model if isinstance(model, Model) else load_model(model)
        suits = self._model.preprocessing, self._model.typical is not None
        name, self._preset = preset_named(preset, *suits) if isinstance(preset, str) else ("", preset)
        self._prior = prior or load_prior(self._model.name)
        self._size = size
        self._rng = np.random.default_rng([seed, 3170])
        self._place = place(dtype, devices, size[1])
        self._params = self._place.params(self._model.params)
        # What was read from the file is not held a second time beside what the device has.
        self._model = replace(self._model, params=self._params, mesh=self._place.mesh)
        self._wants = TargetEncoder(self._model, self._params, size)
        self.card = card_of(self._model.name, map(Word, self._model.classes), self._preset, name)
        self._values = {control.name: control.default for control in self.card.controls}
        self.pace = 1.0  # of the camera: a share of what its controls say
        canvas = self._place.canvas(noise(size, self._rng) if start is None else fitted(start, size))
        # A photograph keeps its own ground, as long as the camera rests on it.
        self._on_photograph = start is not None and self._preset.ground is not None
        self._photograph = jnp.copy(canvas) if self._on_photograph else None
        whole = self._model, self._params, self._prior, self._preset
        self._maker = DreamMaker(*whole, size, self._place, self._on_photograph)
        usual = self._maker.crowd(1.0)
        self._ascent, self._crowds = usual.ascent, Crowds(usual, self._maker.crowd, self._compile)
        self._sight = Sight(self._model, self._params)
        self._anchors: list[Anchor] = []
        self._leaving: list[Anchor] = []
        self._climbed = 0.0  # usual dreams in the last one
        self._programme: Programme | None = None
        self._asked: tuple[Programme, float] | None = None  # what `_told` was made for
        self._told: Target
        self._time: float | None = None
        self._number = 0
        self._plan = StepPlan(self._preset.steps)
        self._state = self._ascent.begin(canvas)

    # -- what a person sees and turns -------------------------------------------------------------------------

    def add_picture(self, name: str, picture: NDArray[np.uint8]) -> None:
        """Give a picture, uint8 [h, w, 3] RGB, a name by which wishes can speak of it, as a guide or as a mask.

        A picture of the same name is replaced. A mask is cropped about its middle to the canvas's shape.
        """
        self._wants.add_picture(name, picture)
        self._asked = None

    def show(self, name: str, picture: NDArray[np.uint8]) -> None:
        """Show a picture uint8 [s, s, 3] as it is now, which lives under this name: wishes of that kind speak of it."""
        self._wants.show(name, picture)
        self._asked = None

    def set(self, control: str, value: float) -> None:
        """Turn a control. Raises ValueError that names the controls, or the control's range."""
        self._values[control] = float(self.card.control(control).check(value))

    @property
    def size(self) -> tuple[int, int]:
        """The canvas's (width, height) in pixels."""
        return self._size

    @property
    def preset(self) -> Preset:
        """The look."""
        return self._preset

    @property
    def motion(self) -> Motion:
        """The camera's motion from the last dream on."""
        v = self._values
        usual = Motion(v["zoom"], v["rotation"], v["pan_x"], v["pan_y"])
        return usual if self.pace == 1.0 else usual.slowed(self.pace)

    @property
    def dtype(self) -> str:
        """What the network computes in."""
        return str(self._place.dtype)

    @property
    def things(self) -> list[tuple[float, float, float]]:
        """Where things are, also those that leave: x and y from the picture's middle, and side, in picture heights."""
        return [(each.centre.real, each.centre.imag, each.side) for each in (*self._anchors, *self._leaving)]

    @property
    def compilations(self) -> int:
        """How often the ascent step has been compiled so far."""
        return self._ascent.compilations

    # -- dreaming ---------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Compile what `dream` runs for classes; nothing that is seen changes."""
        self._compile(self._crowds.get(1.0, waits=False))

    def _compile(self, crowd: Crowd) -> None:
        """May be called from any thread."""
        self._maker.compile(crowd, self._wants, self._values["prior"], self._values["step"])

    def dream(self, programme: Programme, time: float, effort: Effort = USUAL) -> Dream:
        """Move the camera from the last dream's time to `time` (seconds of show time), then climb.

        A programme with other kinds of wishes than those so far (its layers count) takes seconds to be compiled.
        Raises UserError when it asks for what the model does not know, or for nothing.
        """
        began = perf_counter()
        dream = self.begin(programme, time, effort)()
        seconds = perf_counter() - began
        self._plan.took(seconds, round(dream.cost[STEPS]))
        return replace(dream, seconds=seconds)

    def begin(self, programme: Programme, time: float, effort: Effort = USUAL) -> Callable[[], Dream]:
        """`dream`, without waiting: what it returns waits for the dream when it is called.

        The next dream may be begun before: the device then never waits for the host. One ahead is enough.
        """
        steps = self._plan.steps(effort)
        crowd = self._crowds.get(effort.things, waits=effort.seconds is not None)
        habits = crowd.preset.habits
        self._wants.check(programme)
        wanted = self._wanted(programme)
        elapsed = 0.0 if self._time is None else max(0.0, time - self._time)
        pose = self.motion.over(elapsed) if elapsed else Pose()
        if self._preset.optimiser == "adam 2015" and pose != Pose():
            self._state = self._ascent.forget(self._state)
        changed = self._programme != programme
        masks = self._wants.masks
        before, aspect, rng = self._anchors, self._aspect, self._rng
        self._anchors = life.advance(before, pose, programme, aspect, habits, rng, changed, masks, self._climbed)
        self._leaving = life.leaving(before, self._anchors, self._leaving, pose, aspect)
        matrix = pose.inverse().matrix(self._size, self._size)
        if pose != Pose():
            self._photograph = None
        climb = steps.count * steps.strength * self._values["step"]
        self._climbed = climb / self._preset.steps
        grounds = self._anchors, self._leaving, programme, time, elapsed, self._climbed, self._photograph
        backdrop, pace = self._maker.backdrop(*grounds), self._maker.pace(self._anchors, programme)
        factor = steps.strength * self._values["step"]
        climbed = 0
        picture = None
        while climbed < steps.count:
            part = min(steps.count - climbed, MAX_STEPS)
            glimpses = self._maker.glimpses(crowd, self._wants, self._anchors, programme, self._rng)
            climbed += part
            last = backdrop if climbed == steps.count else None
            told = matrix, wanted, glimpses, part, factor, last, pace
            self._state, picture = self._maker.make(crowd, self._state, *told)
            matrix = np.eye(2, 3)
        assert picture is not None
        picture.copy_to_host_async()  # as soon as it is there
        facts = time, self.motion, programme, self._number, {STEPS: steps.count}, steps.strength
        self._programme, self._time = programme, time
        self._number += 1
        least = steps.quickest
        return lambda: Dream(np.asarray(jax.device_get(picture)), *facts, quickest=least, things=crowd.share)

    @property
    def _aspect(self) -> float:
        return self._size[0] / self._size[1]

    def _wanted(self, programme: Programme) -> Target:
        """On the device, and made anew only when something else is wanted."""
        asked = programme, self._values["prior"]
        if self._asked != asked:
            self._told = self._place.everywhere(self._wants.wanted(programme, self._preset.always, asked[1]))
            self._asked = asked
        return self._told

    # -- what a viewer drew -----------------------------------------------------------------------------------

    def lay(self, picture: NDArray[np.uint8], centre: complex, side: float, thing: float = 0.0) -> None:
        """Lay a picture uint8 [s, s, 4], straight alpha, on the canvas as the last dream left it.

        centre, side: where, in picture heights from the middle (see camera.py). thing: the side of the thing that it
        shows, which is dreamed on from then on; 0 for none.
        """
        canvas = np.array(self._ascent.picture(self._state))
        self._state = self._ascent.begin(self._place.canvas(laid(canvas, picture, centre, side)))
        if thing:
            # What was there makes room.
            others = [each for each in self._anchors if abs(each.centre - centre) > 0.4 * (each.side + thing)]
            self._anchors = [Anchor(centre, thing, largest=LAID), *others]

    def part(self, centre: complex, side: float) -> NDArray[np.uint8]:
        """What `lay` would lay to have a part of the canvas again, uint8 [s, s, 4], as the last dream left it."""
        canvas = np.asarray(self._ascent.picture(self._state))
        return cut(canvas, centre, side, max(2, round(side * self._size[1])))

    def seen(self, pictures: Sequence[NDArray[np.uint8]]) -> list[dict[str, float]]:
        """How much of each class the network sees in pictures uint8 [s, s, 3] of one thing each: log probabilities."""
        return self._sight.things(pictures)

    # -- looking at a picture ---------------------------------------------------------------------------------

    def score(self, picture: NDArray[np.uint8], name: str) -> float:
        """How much of `name` the network sees in a picture uint8 [H, W, 3]: its mean probability, 0 to 1.

        The mean is taken over windows at object scale: 0.3 and 0.45 of the height, half overlapping.
        """
        return self._sight.score(picture, self._wants.ids[name])

    # -- another look ------------------------------------------------------------------------------------------

    def with_preset(self, name: str) -> AscentDreamer:
        """A new dreamer of the same model, prior and size with another look; this one is not touched.

        Raises UserError for an unknown preset.
        """
        dtype, devices = self.dtype, self._place.count
        return AscentDreamer(self._model, self._size, preset=name, prior=self._prior, dtype=dtype, devices=devices)

    def take_over(self, other: AscentDreamer) -> None:
        """Go on where another dreamer of the same size is, as if this one had dreamed what that one did."""
        self._state = self._ascent.begin(jnp.copy(other._ascent.picture(other._state)))
        self._anchors, self._leaving = other._anchors[: self._preset.habits.count], []
        self._wants, self._asked = other._wants, None
        self._programme, self._time, self._number, self._rng = other._programme, other._time, other._number, other._rng

    # -- beginning and going on -------------------------------------------------------------------------------

    def state(self) -> bytes:
        """The canvas (8 bits) and the objects, to be restored later, maybe by another process."""
        return Snapshot(self.picture(), self._anchors, self._number).pack()

    def picture(self) -> NDArray[np.uint8]:
        """The canvas, in 8 bits."""
        return np.round(np.asarray(self._ascent.picture(self._state)) * 255).astype(np.uint8)

    def restore(self, state: bytes) -> None:
        """Go on from a `state()`; another canvas size is resampled, and the camera starts anew from now.

        Raises ValueError when the data is no such state; nothing is changed then.
        """
        found = unpack(state)
        self._state = self._ascent.begin(self._place.canvas(fitted(found.canvas, self._size)))
        self._anchors = [replace(a, wish=0) for a in found.anchors][: self._preset.habits.count]
        self._leaving, self._climbed, self.pace = [], 0.0, 1.0
        self._programme, self._time, self._number = None, None, found.number

    def checkpoint(self) -> bytes:
        """Everything that the next dreams depend on but the controls, in full precision."""
        held = self._photograph
        return Checkpoint(
            self._ascent.parts(self._state),
            self._rng.bit_generator.state,
            self._anchors,
            self._leaving,
            self._climbed,
            self._programme,
            self._time,
            self._number,
            None if held is None else np.asarray(held),
        ).pack()

    def resume(self, checkpoint: bytes) -> None:
        """Go on exactly where a `checkpoint()` of a dreamer of the same model, size and look was.

        Raises ValueError when the data is no such checkpoint; nothing is changed then.
        """
        found = unpack_checkpoint(checkpoint)
        rng = np.random.default_rng()
        try:
            rng.bit_generator.state = found.random
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"its random numbers are none: {error}") from None
        self._state = self._ascent.joined(found.parts, self._state)
        self._photograph = None if found.photograph is None else self._place.canvas(jnp.array(found.photograph))
        self._anchors, self._leaving, self._climbed = list(found.anchors), list(found.leaving), found.climbed
        self._rng = rng
        self._programme, self._time, self._number = found.programme, found.time, found.number
