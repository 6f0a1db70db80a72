"""Compares the dream step with the same step written plainly in PyTorch (`torch_step.py`), on this machine.

    pip install '.[parity]'
    python benchmarks/engine.py --json engine.json     # every case: about 10 minutes on 2 cores
    python benchmarks/engine.py builtin --no-compile   # one case, PyTorch without torch.compile
    python benchmarks/engine.py vgg16 --only compile   # one case, of PyTorch's rows those whose name has this word

    python benchmarks/engine.py vgg16-bf16 --size 1280x720   # on an accelerator

A case is a network and a compute type. Both sides compute the same objective with the same weights (VGG-16's are
random: speed does not depend on them) on the same device, and their gradients are compared before anything is timed. A
step is a quarter of a dream of four: the warp, four times objective, gradient and update, and the picture as bytes on
the host. The share of the machine's matrix rate counts the network's multiplications only, against a large product of
matrices in the same type.
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
import torch_step

from dreamstream import Dreamer, machine
from dreamstream.dream.architecture import POOLED
from dreamstream.dream.model import TORCHVISION, Model
from dreamstream.dream.objective import Glimpse, Mixture
from dreamstream.dream.presets import Preset
from dreamstream.dream.programme import split
from dreamstream.dream.vgg import Architecture
from dreamstream.given import size_of
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
            if name in POOLED:
                width, height = width // 2, height // 2
            if name.startswith("fc"):
                width, height = width - kw + 1, height - kh + 1
            work[name] += 2 * width * height * kh * kw * before * out
    return work


def ours(model: Model, mixture: Mixture, dtype: str, size: tuple[int, int]) -> Dreamer:
    """The dreamer as it is, with the look of the case."""
    dreamer = Dreamer(model, size, seed=1, preset=Preset(mixture=mixture), dtype=dtype, prior=load_prior())
    dreamer.advance(split([model.classes[WISH]]), 0.0, 1)
    return dreamer


def first_gradient(dreamer: Dreamer, programme: Any) -> tuple[np.ndarray, Glimpse, np.ndarray]:
    """The canvas [H, W, 3], what a step looks at, and the gradient on the canvas."""
    glimpse = jax.tree.map(lambda leaf: leaf[0], dreamer._glimpses(dreamer._anchors, programme, dreamer._rng))
    canvas = dreamer._state.canvas
    gradient = jax.jit(jax.grad(dreamer._ascent._objective, argnums=1))(
        dreamer._params, canvas, dreamer._wanted(programme), glimpse
    )
    return np.array(canvas), glimpse, np.asarray(gradient, np.float64)


class Theirs:
    """The same dream in PyTorch."""

    def __init__(self, model: Model, mixture: Mixture, dtype: str, glimpse: Glimpse, canvas: np.ndarray) -> None:
        self.device = "cpu" if jax.default_backend() == "cpu" else "cuda"
        self.network = torch_step.network_of(model, getattr(torch, dtype)).to(self.device)
        self.mixture, self.side = mixture, model.architecture.window
        boxes = [tuple(map(float, box)) for box in np.asarray(glimpse.boxes)]
        classes = torch.from_numpy(np.array(glimpse.classes, np.int64)).to(self.device)
        offset = tuple(map(int, np.asarray(glimpse.offset)))
        weights = torch.from_numpy(np.array(glimpse.weights)).to(self.device)
        self.look = torch_step.Look(boxes, classes, weights, offset)
        self.reach = int(np.ceil(Preset().habits.largest * 1.1 * canvas.shape[0]))
        self.canvas = torch.from_numpy(canvas).permute(2, 0, 1)[None].contiguous().to(self.device)

    def step(self, dense: bool, channels_last: bool) -> torch_step.Step:
        """The step with one prior and memory format."""
        form = torch.channels_last if channels_last else torch.contiguous_format
        network = self.network.to(memory_format=form)
        step = torch_step.Step(network, torch_step.PatchPrior(load_prior(), dense), self.mixture, self.side)
        return step.to(self.device)

    def told(self) -> tuple[Any, ...]:
        """What a step is told besides canvas and momentum, made anew for each as the dreamer does."""
        height, width = self.canvas.shape[2:]
        down, across, corners = torch_step.matrices(self.look, height, width, self.side, self.reach)
        told = self.look.classes, self.look.weights, down.to(self.device), across.to(self.device)
        return *told, corners, WISH, *self.look.offset

    def gradient(self) -> np.ndarray:
        """On the canvas, as [H, W, 3]."""
        canvas = self.canvas.clone().requires_grad_(True)
        value = self.step(False, False).value(canvas, *self.told())
        return torch.autograd.grad(value, canvas)[0][0].permute(1, 2, 0).double().cpu().numpy()

    def dream(self, step: Callable[..., tuple[torch.Tensor, torch.Tensor]], channels_last: bool) -> Callable[[], Any]:
        """A dream of STEPS steps, each time from the same canvas."""
        form = torch.channels_last if channels_last else torch.contiguous_format
        state = torch.cat([self.canvas, torch.zeros_like(self.canvas)], 1)

        def run() -> torch.Tensor:
            moved = torch_step.warp(state, 1.01, 0.05)
            canvas, momentum = (part.contiguous(memory_format=form) for part in moved.split(3, 1))
            for _ in range(STEPS):
                canvas, momentum = step(canvas, momentum, *self.told())
            return (canvas[0].permute(1, 2, 0) * 255).round().to(torch.uint8).contiguous().cpu()

        return run


def compare(name: str, size: tuple[int, int], compiled: bool, only: str, budget: float) -> Iterator[tuple[str, float]]:
    """Milliseconds per step of a case, ours first, then PyTorch's (those with `only` in their label)."""
    make, mixture, dtype = CASES[name]
    model = make()
    dreamer = ours(model, mixture, dtype, size)
    programme = split([model.classes[WISH]])
    canvas, glimpse, gradient = first_gradient(dreamer, programme)
    theirs = Theirs(model, mixture, dtype, glimpse, canvas)
    wanted = theirs.gradient()
    yield "gradient difference", float(np.linalg.norm(gradient - wanted) / np.linalg.norm(wanted))
    clock = iter(range(1, 10**9))
    step_time = per_step(lambda: dreamer.advance(programme, 0.2 * next(clock), STEPS), budget)
    yield "dreamstream", 1000 * step_time
    work = 2 * sum(layer_operations(model, mixture, size).values())
    yield "share of the matrix rate", work / step_time / matrix_rate(dtype)
    if used := (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use"):
        yield "GiB on the device at most", used / 2**30
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
                yield label, 1000 * per_step(theirs.dream(step, channels_last), budget)
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
            if label == "gradient difference":
                print(f"  {label:<38}{figure:9.1e}", flush=True)
            elif "torch" not in label and label != "dreamstream":
                print(f"  {label:<38}{figure:9.3f}", flush=True)
            else:
                ratio = figure / found["dreamstream"]
                print(f"  {label:<38}{figure:9.1f} ms per step{ratio:8.2f}x", flush=True)
        figures["cases"][name] = {"dtype": CASES[name][2], **found}
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
