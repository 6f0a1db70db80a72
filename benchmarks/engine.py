"""Compares the dream step with the same step written plainly in PyTorch (`torch_step.py`), on this machine.

    pip install '.[parity]'
    python -m benchmarks.engine --json engine.json     # every case: about 10 minutes on 2 cores
    python -m benchmarks.engine builtin --no-compile   # one case, PyTorch without torch.compile
    python -m benchmarks.engine vgg16 --only compile   # one case, of PyTorch's rows those whose name has this word

    python -m benchmarks.engine vgg16-bf16 --size 1280x720   # on an accelerator

A case is a network and a compute type. Both sides compute the same objective with the same weights (VGG-16's are
random: speed does not depend on them) on the same device. A step is a quarter of a dream of four: the warp, four times
objective, gradient and update, and the picture as bytes on the host; begun one ahead, the next dream is asked for
before that picture is fetched. The share of the machine's matrix rate counts the network's multiplications only,
against a large product of matrices in the same type. Gradients are compared on noise: in float32, where they must
agree, and in the case's type, where both should be equally far from float32's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import torch

from benchmarks import torch_step
from dreamstream import AscentDreamer, Effort
from dreamstream.core.arguments import size_of
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent.objective import StepWindows
from dreamstream.dreamers.ascent.presets import Mixture, Preset
from dreamstream.networks.vgg.architecture import POOLED
from dreamstream.networks.vgg.model import TORCHVISION, Model
from dreamstream.networks.vgg.network import Architecture
from dreamstream.support import machine
from dreamstream.weights.catalog import load_model, load_prior

STEPS = 4
SIDE = {"cpu": 2048}  # of the matrices multiplied to learn the machine's rate; larger on an accelerator
WISH = 3


def random_vgg16() -> Model:
    """VGG-16 with random weights (He et al. 2015), so that activations keep their size from layer to layer."""
    architecture = Architecture()
    rng = np.random.default_rng(0)
    params = {
        name: {
            "kernel": rng.standard_normal(shape, np.float32) * np.float32((2 / np.prod(shape[:3])) ** 0.5),
            "bias": np.zeros(shape[3], np.float32),
        }
        for name, shape in architecture.layers().items()
    }
    return Model("vgg16", architecture, params, tuple(f"class {i}" for i in range(1000)), TORCHVISION)


def builtin() -> Model:
    """The network that ships with the program."""
    return load_model("builtin")


WHOLE = Mixture(objects=0.0, texture=1.0, pools=(1,))
CASES: dict[str, tuple[Callable[[], Model], Mixture, str]] = {
    "builtin": (builtin, Mixture(), "float32"),
    "builtin-bf16": (builtin, Mixture(), "bfloat16"),
    "vgg16": (random_vgg16, WHOLE, "float32"),
    "vgg16-bf16": (random_vgg16, WHOLE, "bfloat16"),
}


def per_step(dream: Callable[[], Any], budget: float) -> float:
    """Median seconds per step over dreams of STEPS steps, at least two, after one that is not counted."""
    dream()
    times: list[float] = []
    while len(times) < 2 or (sum(times) < budget and len(times) < 50):
        began = time.perf_counter()
        dream()
        times.append(time.perf_counter() - began)
    return statistics.median(times) / STEPS


def ahead(dreamer: AscentDreamer, programme: Any, clock: Iterator[int]) -> Callable[[], Any]:
    """A dream, of which the next is begun before it is fetched."""
    effort = Effort(cost={"steps": STEPS})
    coming = [dreamer.begin(programme, 0.2 * next(clock), effort)]

    def dream() -> Any:
        coming.append(dreamer.begin(programme, 0.2 * next(clock), effort))
        return coming.pop(0)()

    return dream


def matrix_rate(dtype: str) -> float:
    """Operations per second of a large product of random matrices in XLA, on this machine: the median of ten."""
    side = SIDE.get(jax.default_backend(), 8192)
    a, b = (jax.random.normal(jax.random.key(i), (side, side), dtype) for i in range(2))
    product = jax.jit(lambda a, b: a @ b)
    product(a, b).block_until_ready()
    times = []
    for _ in range(10):
        began = time.perf_counter()
        for _ in range(4):
            result = product(a, b)
        result.block_until_ready()
        times.append((time.perf_counter() - began) / 4)
    return 2 * side**3 / statistics.median(times)


def layer_operations(model: Model, mixture: Mixture, size: tuple[int, int]) -> dict[str, float]:
    """Of each layer in one step: its multiplications and additions forward; the gradient of its input takes as many."""
    side = model.architecture.window
    pictures = [(side, side)] * mixture.windows if mixture.objects else []
    pictures += [(size[0] // pool, size[1] // pool) for pool in mixture.pools if mixture.texture or mixture.focus]
    work = dict.fromkeys(model.architecture.layers(), 0.0)
    for width, height in pictures:
        for name, (kh, kw, before, out) in model.architecture.layers().items():
            if name in (*POOLED, "fc6"):
                width, height = width // 2, height // 2
            if name.startswith("fc"):
                width, height = width - kw + 1, height - kh + 1
            work[name] += 2 * width * height * kh * kw * before * out
    return work


def ours(model: Model, mixture: Mixture, dtype: str, size: tuple[int, int]) -> AscentDreamer:
    """The dreamer as it is, with the look of the case."""
    dreamer = AscentDreamer(model, size, seed=1, preset=Preset(mixture=mixture), dtype=dtype, prior=load_prior())
    dreamer.dream(split([model.classes[WISH]]), 0.0, Effort(cost={"steps": 1}))
    return dreamer


def glimpse_of(dreamer: AscentDreamer, programme: Any) -> StepWindows:
    """What a step looks at."""
    crowd, rng = dreamer._crowds.get(1.0, waits=False), dreamer._rng
    glimpses = dreamer._maker.glimpses(crowd, dreamer._wants, dreamer._anchors, programme, rng)
    first: StepWindows = jax.tree.map(lambda leaf: leaf[0], glimpses)
    return first


def gradient_of(dreamer: AscentDreamer, programme: Any, canvas: np.ndarray, glimpse: StepWindows) -> np.ndarray:
    """On a canvas [H, W, 3]."""
    slope = jax.jit(jax.grad(dreamer._ascent._objective, argnums=1))
    return np.asarray(slope(dreamer._params, canvas, dreamer._wanted(programme), glimpse), np.float64)


def round_to_tf32(yes: bool) -> None:
    """Whether both sides may round float32 products to TF32, as XLA does unasked where there is such a unit."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = yes
    jax.config.update("jax_default_matmul_precision", None if yes else "highest")


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """How long the difference of two gradients is, as a share of the second's length."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def distances(
    name: str, dreamer: AscentDreamer, programme: Any, canvas: np.ndarray, glimpse: StepWindows
) -> Iterator[tuple[str, float]]:
    """How far apart the gradients of both sides are in float32, and each in the case's type from PyTorch's there."""
    make, mixture, dtype = CASES[name]
    model = make()
    round_to_tf32(False)
    exact = ours(model, mixture, "float32", dreamer.size) if dtype != "float32" else dreamer
    wanted = torch_step.Dream(model, mixture, "float32", glimpse, canvas, WISH).gradient()
    yield "float32: gradients apart by", apart(gradient_of(exact, programme, canvas, glimpse), wanted)
    if dtype != "float32":
        rounded = gradient_of(dreamer, programme, canvas, glimpse)
        theirs = torch_step.Dream(model, mixture, dtype, glimpse, canvas, WISH).gradient()
        yield f"{dtype}: dreamstream's from float32's", apart(rounded, wanted)
        yield f"{dtype}: PyTorch's from float32's", apart(theirs, wanted)
        yield f"{dtype}: one from the other", apart(rounded, theirs)
    round_to_tf32(True)


def compare(name: str, size: tuple[int, int], compiled: bool, only: str, budget: float) -> Iterator[tuple[str, float]]:
    """Milliseconds per step of a case, ours first, then PyTorch's (those with `only` in their label)."""
    make, mixture, dtype = CASES[name]
    model = make()
    dreamer = ours(model, mixture, dtype, size)
    programme = split([model.classes[WISH]])
    glimpse, canvas = glimpse_of(dreamer, programme), np.array(dreamer._state.canvas)
    clock = iter(range(1, 10**9))
    step_time = per_step(lambda: dreamer.dream(programme, 0.2 * next(clock), Effort(cost={"steps": STEPS})), budget)
    yield "dreamstream", 1000 * step_time
    step_time = min(step_time, per_step(ahead(dreamer, programme, clock), budget))
    yield "dreamstream, begun one ahead", 1000 * step_time
    work = 2 * sum(layer_operations(model, mixture, size).values())
    yield "share of the matrix rate", work / step_time / matrix_rate(dtype)
    if used := (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use"):
        yield "GiB on the device at most", used / 2**30
    yield from distances(name, dreamer, programme, canvas, glimpse)
    theirs = torch_step.Dream(model, mixture, dtype, glimpse, canvas, WISH)
    for dense in (False, True):
        for compile_it in (False, True) if compiled else (False,):
            for channels_last in (False, True):
                mode = "compile" if compile_it else "eager"
                label = f"torch {mode}, {'dense' if dense else 'grid'} prior, {'NHWC' if channels_last else 'NCHW'}"
                if only not in label:
                    continue
                step: Any = theirs.step(dense, channels_last)
                if compile_it:
                    torch.compiler.reset()
                    step = torch.compile(step)
                yield label, 1000 * per_step(theirs.dream(step, channels_last, STEPS), budget)
            if dense and name != "builtin":
                break  # minutes for nothing: the dense prior is as slow there, beside a far larger network


def main() -> None:
    """Print the comparison of each case, and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)} (default: all)")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--only", default="", metavar="TEXT", help="only PyTorch's rows whose label has this text")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long to time each (default 4)")
    parser.add_argument("--size", default="640x360", metavar="WxH", help="the canvas (default 640x360)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if unknown := set(arguments.cases) - set(CASES):
        parser.error(f"there is no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    size = size_of(arguments.size)
    torch.set_num_threads(machine.cores())
    round_to_tf32(True)
    figures: dict[str, Any] = {
        "machine": machine.name(),
        "threads": machine.cores(),
        "jax": jax.__version__,
        "torch": torch.__version__,
        "device": jax.devices()[0].device_kind,
        "size": arguments.size,
        "cases": {},
    }
    print(f"{machine.name()}, {figures['device']}; jax {jax.__version__}, torch {torch.__version__}, {arguments.size}")
    for name in arguments.cases or CASES:
        found: dict[str, float] = {}
        print(f"\n{name} ({CASES[name][2]})")
        for label, figure in compare(name, size, not arguments.no_compile, arguments.only, arguments.seconds):
            found[label] = figure
            if ": " in label:
                print(f"  {label:<38}{figure:9.1e}", flush=True)
            elif "torch" not in label and "dreamstream" not in label:
                print(f"  {label:<38}{figure:9.3f}", flush=True)
            else:
                ratio = figure / found["dreamstream"]
                print(f"  {label:<38}{figure:9.1f} ms per step{ratio:8.2f}x", flush=True)
        figures["cases"][name] = {"dtype": CASES[name][2], **found}
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
