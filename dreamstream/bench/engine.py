"""`dreamstream bench engine`: dreams alone, without a show: steps, dreams, compile times, memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamstream.bench.report import tell
from dreamstream.core.arguments import within
from dreamstream.core.dreamer import DreamerRequest, Effort
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.version import __version__
from dreamstream.dreamers.ascent import factory
from dreamstream.support import machine
from dreamstream.wishes.sentence import NO_CLASSES

if TYPE_CHECKING:
    from dreamstream.dreamers.ascent.dreamer import AscentDreamer

STEPS = 4
CARD = (1280, 720)  # the canvas whose memory is estimated with VGG-16
# A process that starts, makes its first dream, and says how long it took from its first line on.
FIRST_DREAM = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from dreamstream import DreamerRequest, open_dreamer
cache, model, size, preset, dtype = sys.argv[1:]
width, height = map(int, size.split("x"))
request = DreamerRequest(model, (width, height), preset=preset, dtype=dtype, cache=Path(cache))
dreamer = open_dreamer("ascent", request)
ready = time.perf_counter()
dreamer.prepare()
print(ready - began, time.perf_counter() - ready)
"""


def run(seconds: float, output: Path | None, model: str, size: tuple[int, int], preset: str, dtype: str) -> int:
    """Measure for about `seconds` and print the figures; `output` also gets them as JSON. Raises UserError."""
    within("seconds", seconds, 1, 3600)
    print(f"Measuring the engine of dreamstream {__version__} on {machine.name()}.", flush=True)
    figures = measure(seconds, model, size, preset, dtype)
    return tell(figures, in_words(figures), output)


def measure(seconds: float, model: str, size: tuple[int, int], preset: str, dtype: str) -> dict[str, Any]:
    """All figures, ready for JSON: times in seconds, memory in bytes."""
    figures: dict[str, Any] = {"version": __version__, "machine": machine.name(), "model": model, "preset": preset}
    figures["size"] = "x".join(map(str, size))
    with tempfile.TemporaryDirectory(prefix="dreamstream-bench-", ignore_cleanup_errors=True) as home:
        for name in ("cold", "warm"):
            figures[name] = _first_dream(Path(home), model, figures["size"], preset, dtype)
        request = DreamerRequest(model, size, seed=1, preset=preset, dtype=dtype, cache=Path(home))
        dreamer = factory.open_dreamer(request)
        figures |= _steady(dreamer, seconds)
    figures["vgg16_memory"] = vgg16_memory(CARD)
    return figures


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    what = f"{figures['model']}, {figures['preset']}, {figures['size']}, {figures['dtype']}, {figures['platform']}"
    yield f"{'what':<26}{what}"
    yield f"{'a step':<26}{1000 * figures['step']:.1f} ms, {1 / figures['step']:.1f} per second"
    dream = figures["dream"]
    yield f"{f'a dream of {STEPS} steps':<26}{1000 * dream:.1f} ms, {1 / dream:.1f} per second"
    yield f"{'the same, begun one ahead':<26}{1000 * figures['ahead']:.1f} ms, {1 / figures['ahead']:.1f} per second"
    for name in ("cold", "warm"):
        start = figures[name]
        yield f"{f'{name} start':<26}{start['ready']:.1f} s to load, {start['compiled']:.1f} s to compile"
    yield f"{'resident memory':<26}{figures['resident'] / 2**20:.0f} MiB"
    yield (
        f"{'VGG-16 on a card':<26}{figures['vgg16_memory'] / 2**30:.2f} GiB at {CARD[0]}x{CARD[1]} in bfloat16, "
        "as XLA plans it here"
    )


def _steady(dreamer: AscentDreamer, seconds: float) -> dict[str, Any]:
    import jax

    from dreamstream.core.programme import split

    if not dreamer.card.words:
        raise UsageError(f"The bench dreams a class, and {NO_CLASSES}.")
    programme = split([dreamer.card.words[0].name])
    effort = Effort(cost={"steps": STEPS})
    clock = iter(range(1, sys.maxsize))

    def median(steps: int, budget: float) -> float:
        times: list[float] = []
        while not times or sum(times) < budget:
            began = time.perf_counter()
            dreamer.dream(programme, 0.2 * next(clock), Effort(cost={"steps": steps}))
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    def ahead(budget: float) -> float:
        """Seconds per dream when each is begun before the one before it is fetched."""
        coming = dreamer.begin(programme, 0.2 * next(clock), effort)
        began, count = time.perf_counter(), 0
        while not count or time.perf_counter() - began < budget:
            following = dreamer.begin(programme, 0.2 * next(clock), effort)
            coming()
            coming, count = following, count + 1
        coming()
        return (time.perf_counter() - began) / (count + 1)

    dreamer.dream(programme, 0.0, effort)
    dream, longer = median(STEPS, seconds / 3), median(3 * STEPS, seconds / 3)
    return {
        "platform": jax.default_backend(),
        "dtype": dreamer.dtype,
        "dream": dream,
        "ahead": ahead(seconds / 3),
        "step": max(1e-9, longer - dream) / (2 * STEPS),
        "resident": machine.resident_bytes(),
    }


def _first_dream(cache: Path, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-c", FIRST_DREAM, str(cache), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise UserError(f"The engine did not start: {done.stderr.strip().splitlines()[-1]}")
    ready, compiled = map(float, done.stdout.split())
    return {"ready": ready, "compiled": compiled}


def vgg16_memory(size: tuple[int, int]) -> int:
    """Bytes that a dream by VGG-16 in bfloat16 takes on a device: parameters, canvas and temporaries of a step.

    Nothing is allocated: the step is compiled and asked for its plan.
    """
    from functools import partial

    import jax
    import jax.numpy as jnp
    import numpy as np

    from dreamstream.core.programme import MAX_WISHES
    from dreamstream.dreamers.ascent.ascent import MAX_STEPS, Ascent, momentum_ascent
    from dreamstream.dreamers.ascent.canvas import Pixels
    from dreamstream.dreamers.ascent.objective import StepWindows, Target, value
    from dreamstream.dreamers.ascent.presets import BALANCE, Mixture
    from dreamstream.dreamers.ascent.regions import raster_of
    from dreamstream.networks.vgg.architecture import Architecture
    from dreamstream.networks.vgg.model import TORCHVISION, Model
    from dreamstream.weights.catalog import load_prior

    architecture = Architecture()

    def shape(dimensions: tuple[int, ...], dtype: Any = jnp.float32) -> Any:
        return jax.ShapeDtypeStruct(dimensions, dtype)

    params = {
        name: {part: shape(s, jnp.bfloat16) for part, s in (("kernel", kernel), ("bias", kernel[3:]))}
        for name, kernel in architecture.layers().items()
    }
    model = Model("vgg16", architecture, {}, tuple(map(str, range(architecture.classes))), TORCHVISION)
    mixture = Mixture(objects=0.0, texture=1.0, pools=(1,))
    ascent = Ascent(partial(value, model, load_prior(), mixture, size[1]), momentum_ascent(0.01, 0.6), Pixels(BALANCE))
    state = jax.eval_shape(ascent.begin, shape((size[1], size[0], 3)))
    whole, ids = shape((MAX_STEPS, 1)), shape((MAX_STEPS, 1), np.int32)
    against, offset = shape((MAX_STEPS, 1, MAX_WISHES)), shape((MAX_STEPS, 2), np.int32)
    glimpses = StepWindows(shape((MAX_STEPS, 1, 3)), ids, whole, against, offset, shape((MAX_STEPS, 2, 3)))
    classes = shape((MAX_WISHES,), np.int32)
    target = Target(classes, shape((MAX_WISHES,)), shape((MAX_WISHES, *raster_of("whole").shape)), shape(()), {})
    index = shape((), np.int32)
    plan = ascent.lower(params, state, target, glimpses, index, shape(())).compile().memory_analysis()
    return int(plan.argument_size_in_bytes + plan.temp_size_in_bytes + plan.output_size_in_bytes)
