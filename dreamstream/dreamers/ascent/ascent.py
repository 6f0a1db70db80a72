"""Gradient ascent on a canvas: one compiled function makes a whole dream, whatever is wanted and however many steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from dreamstream.dreamers.ascent.canvas import USUAL, Canvas
from dreamstream.dreamers.ascent.presets import Preset
from dreamstream.networks.pixels import affine, to_bytes

# canvas, what is told, gate and tint to canvas and tint; see `Ascent`.
Settle = Callable[[jax.Array, Any, jax.Array | None, jax.Array], tuple[jax.Array, jax.Array]]

LONGEST = 8  # waves along the canvas's longer side; see `filter_spectrum`
STEADY_LIMIT = 9.0  # root mean squares; the gradients that are carried on were bent at 3 already
MAX_STEPS = 32  # steps that are told at once where to look; more are made by asking again


def scale_by_squashed_rms(limit: float = 3.0) -> optax.GradientTransformation:
    """Scale updates to a root mean square of 1 and bend outliers smoothly below `limit`.

    One step size then serves any objective, and no single pixel runs ahead of its neighbours.
    """

    def update(updates: Any, state: optax.EmptyState, params: Any = None) -> tuple[Any, optax.EmptyState]:
        del params

        def scale(g: jax.Array) -> jax.Array:
            return limit * jnp.tanh(g / (jnp.sqrt(jnp.mean(g * g)) + 1e-12) / limit)

        return jax.tree.map(scale, updates), state

    return optax.GradientTransformation(lambda _: optax.EmptyState(), update)


def filter_spectrum(power: float) -> optax.GradientTransformation:
    """Filter updates [H, W, 3] by 1 / f^power, f the spatial frequency: forms before grain.

    The spectrum of pictures falls with frequency; a gradient with respect to single pixels does not know that. What is
    longer than a LONGEST-th of the longer side is not raised further, or all would drift. The border wraps around.
    Source: Olah, Mordvintsev & Schubert 2017, "Feature Visualization", on preconditioning.
    """

    def update(updates: Any, state: optax.EmptyState, params: Any = None) -> tuple[Any, optax.EmptyState]:
        del params

        def filtered(g: jax.Array) -> jax.Array:
            rows, columns = g.shape[:2]
            frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None])
            gain = (np.maximum(frequency, LONGEST / max(rows, columns)) ** -power).astype(np.complex64)
            # Plane by plane: XLA:CPU cannot transform all at once where their rows are spread over several devices.
            planes = (jnp.fft.rfft2(g[..., colour]) * gain for colour in range(g.shape[-1]))
            return jnp.stack([jnp.fft.irfft2(plane, s=(rows, columns)) for plane in planes], axis=-1)

        return jax.tree.map(filtered, updates), state

    return optax.GradientTransformation(lambda _: optax.EmptyState(), update)


def momentum_ascent(
    step: float, momentum: float, power: float = 0.0, steady: bool = False
) -> optax.GradientTransformation:
    """RMS-normalised gradient ascent with momentum; step is the RMS change of a pixel in the range 0 to 1.

    power: of `filter_spectrum`. steady: what is carried on is normalised as well, so that each step is as large where
    successive gradients differ, as those of jittered looks do.
    """
    shaped = [filter_spectrum(power)] if power else []
    if steady:
        carried = optax.trace(momentum), scale_by_squashed_rms(STEADY_LIMIT), optax.scale(step)
        return optax.chain(*shaped, scale_by_squashed_rms(), *carried)
    return optax.chain(*shaped, scale_by_squashed_rms(), optax.trace(momentum), optax.scale(step * (1 - momentum)))


def adam_2015(rate: float) -> optax.GradientTransformation:
    """Adam (Kingma & Ba 2014) with the constants of the 2015 stream, climbing; rate: its step in the range 0 to 1.

    Its betas weigh what is new by 0.9 and 0.999, where the paper weighs the past by them; so they are 0.1 and 0.001
    here, and nearly every pixel moves by the whole rate at each step. Its epsilon belongs to pixels from 0 to 255.
    """
    return optax.chain(optax.scale_by_adam(b1=1 - 0.9, b2=1 - 0.999, eps=255 * 1e-8), optax.scale(rate))


def optimiser_of(preset: Preset) -> optax.GradientTransformation:
    """The optimiser that a look asks for."""
    if preset.optimiser == "adam 2015":
        return adam_2015(preset.step)
    return momentum_ascent(preset.step, preset.momentum, preset.power, preset.steady)


class State(NamedTuple):
    """What one dream hands to the next: the canvas [H, W, 3], as it is held, the optimiser's state, and what the ground
    remembers [2] (see `ground.settled`).
    """

    canvas: jax.Array
    optimiser: Any
    tint: jax.Array


def warp(state: State, matrix: jax.Array) -> State:
    """Move the canvas, and every part of the optimiser's state that lies on it, by an output-to-input affine [2, 3]."""
    leaves, tree = jax.tree.flatten(state)
    on_canvas = [i for i, leaf in enumerate(leaves) if getattr(leaf, "shape", ()) == state.canvas.shape]
    with jax.named_scope("warp"):
        moved = affine(jnp.concatenate([leaves[i] for i in on_canvas], axis=-1), matrix)
    for place, i in enumerate(on_canvas):
        leaves[i] = moved[..., 3 * place : 3 * place + 3]
    result: State = jax.tree.unflatten(tree, leaves)
    return result


class Ascent:
    """The compiled functions that make a dream.

    objective(params, canvas, wanted, glimpse) -> scalar is raised. All that a programme says is data, so nothing is
    ever compiled again for another programme or number of steps.
    The loop over the steps is the host's, which asks for one after the other and waits for none, so that a device never
    waits for it. (In a loop on the device, an accelerator waits for the host before each step, which reads there
    whether to go on; and XLA:CPU runs the convolutions of a loop's body several times slower.)
    wanted may have an attribute `gate` [H, W], from 0 to 1: how much of each pixel may be changed.
    held: what the canvas is held as while it is climbed on.
    sharding: how the canvas, and what of the optimiser's state lies on it, is spread over several devices.
    settle(canvas, backdrop, gate, tint) -> canvas, tint, if any, makes what lies between things (see `ground.settled`
    and `photograph.kept`). options: of the compiler.
    `compilations` counts how often the step has been compiled.
    """

    def __init__(
        self,
        objective: Callable[[Any, jax.Array, Any, Any], jax.Array],
        optimiser: optax.GradientTransformation,
        held: Canvas = USUAL,
        sharding: jax.sharding.Sharding | None = None,
        options: Mapping[str, Any] | None = None,
        settle: Settle | None = None,
    ) -> None:
        self._objective = objective
        self._optimiser = optimiser
        self._held = held
        self.compilations = 0
        self._sharding = sharding
        self._warp = jax.jit(self._warped, donate_argnums=0)
        self._begin = jax.jit(lambda held: self._spread(State(held, optimiser.init(held), jnp.zeros(2))))
        self._place = jax.jit(self._spread)
        self._encode, self._picture = jax.jit(held.begin), jax.jit(held.picture)
        self._step = jax.jit(self._climb, donate_argnums=1, compiler_options=dict(options) if options else None)
        self._settle = jax.jit(partial(self._settled, settle), donate_argnums=0) if settle is not None else None
        self._finish = jax.jit(lambda canvas: to_bytes(held.picture(canvas)))
        self._indices = jax.device_put(list(np.arange(MAX_STEPS, dtype=np.int32)))

    def begin(self, canvas: jax.Array) -> State:
        """The state of a picture [H, W, 3] on which nothing has been done."""
        state: State = self._begin(self._encode(canvas))
        return state

    def picture(self, state: State) -> jax.Array:
        """The picture [H, W, 3] of a state."""
        picture: jax.Array = self._picture(state.canvas)
        return picture

    def parts(self, state: State) -> list[NDArray[Any]]:
        """Everything that a state is made of, as it is; see `joined`."""
        return [np.array(leaf) for leaf in jax.tree.leaves(state)]

    def joined(self, parts: Sequence[NDArray[Any]], like: State) -> State:
        """The state that `parts` were taken of. Raises ValueError where they are not as those of `like`."""
        leaves, tree = jax.tree.flatten(like)
        if [(leaf.shape, leaf.dtype) for leaf in leaves] != [(part.shape, part.dtype) for part in parts]:
            raise ValueError("it is of a canvas of another size, or of a look that climbs in another way")
        # Copies: a step takes its state's buffers for its own.
        state: State = self._place(jax.tree.unflatten(tree, [jnp.array(part) for part in parts]))
        return state

    def _spread(self, state: State) -> State:
        """The same state, its canvas-shaped parts spread over the devices."""
        if self._sharding is None:
            return state
        shape = state.canvas.shape

        def spread(leaf: jax.Array) -> jax.Array:
            return jax.lax.with_sharding_constraint(leaf, self._sharding) if leaf.shape == shape else leaf

        result: State = jax.tree.map(spread, state)
        return result

    def forget(self, state: State) -> State:
        """The same canvas with an optimiser that has not begun yet."""
        fresh: State = self._begin(state.canvas)
        return fresh

    def dream(
        self,
        params: Any,
        state: State,
        matrix: jax.Array,
        wanted: Any,
        glimpses: Any,
        count: int,
        step: Any,
        backdrop: Any = None,
        pace: Any = None,
    ) -> tuple[State, jax.Array]:
        """Warp by `matrix`, then make `count` (at most MAX_STEPS) steps: the new state, and the picture uint8 [H, W,
        3].

        glimpses: arrays with a leading axis of MAX_STEPS, an entry for each step. step: a scalar, a factor on
        every update. backdrop: what the ground then settles to; None leaves it alone. pace: a raster [h, w] of further
        factors, enlarged to the canvas; None: 1 everywhere. The state passed in is donated: its buffers are reused.
        """
        if not 1 <= count <= MAX_STEPS:
            raise ValueError(f"a dream takes 1 to {MAX_STEPS} steps, not {count}")
        state, pace = self._warp(state, matrix, pace)
        for index in self._indices[:count]:
            state = self._step(params, state, wanted, glimpses, index, step, pace)
        if backdrop is not None and self._settle is not None:
            state = self._settle(state, backdrop, getattr(wanted, "gate", None))
        return state, self._finish(state.canvas)

    def _settled(self, settle: Settle, state: State, backdrop: Any, gate: jax.Array | None) -> State:
        with jax.named_scope("ground"):
            picture, tint = settle(self._held.picture(state.canvas), backdrop, gate, state.tint)
            return self._spread(state._replace(canvas=self._held.begin(picture), tint=tint))

    def _warped(self, state: State, matrix: jax.Array, pace: jax.Array | None) -> tuple[State, jax.Array | None]:
        """The state under the camera, and the pace of each pixel [H, W, 1]."""
        if pace is not None:
            pace = jax.image.resize(pace, state.canvas.shape[:2], "linear")[..., None]
        return self._spread(warp(state, matrix)), pace

    def lower(self, *arguments: Any) -> Any:
        """A step, lowered for the shapes of what `_climb` takes; to look at its plan."""
        return self._step.lower(*arguments)

    def _climb(
        self,
        params: Any,
        state: State,
        wanted: Any,
        glimpses: Any,
        index: jax.Array,
        step: jax.Array,
        pace: jax.Array | None = None,
    ) -> State:
        glimpse = jax.tree.map(lambda leaf: jax.lax.dynamic_index_in_dim(leaf, index, keepdims=False), glimpses)
        self.compilations += 1  # runs while tracing only

        def value(canvas: jax.Array) -> jax.Array:
            return self._objective(params, self._held.picture(canvas), wanted, glimpse)

        gradient = jax.grad(value)(state.canvas)
        gate = getattr(wanted, "gate", None)
        share = 1.0 if gate is None else gate[..., None]
        with jax.named_scope("update"):
            update, following = self._optimiser.update(gradient * share, state.optimiser, state.canvas)
            update = step * update if pace is None else step * pace * update
            canvas = self._held.moved(state.canvas, update, share)
        return self._spread(State(canvas, following, state.tint))
