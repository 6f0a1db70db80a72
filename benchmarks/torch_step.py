"""The dream step written plainly in PyTorch: what `engine.py` compares dreamstream's own with.

The same arithmetic, in the way a person who knows PyTorch would write it: modules of the library, autograd from
the canvas only (weights ask for no gradient), in the memory format that the caller chooses. Canvases are [1, 3, H, W].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dreamstream.dreamers.ascent import objective
from dreamstream.dreamers.ascent.presets import BALANCE, Mixture, Preset
from dreamstream.networks.prior import PATCH, Prior
from dreamstream.networks.vgg.architecture import POOLED
from dreamstream.networks.vgg.model import Model, Preprocessing
from dreamstream.networks.vgg.network import Architecture, Params
from dreamstream.weights.catalog import load_prior


class Network(nn.Module):
    """VGG with its dense layers as convolutions; `dtype` is what it computes in, the logits are float32."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self, architecture: Architecture, params: Params, preprocessing: Preprocessing, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.dtype = dtype
        self.bgr, self.scale = preprocessing.bgr, preprocessing.scale
        self.register_buffer("mean", torch.tensor(preprocessing.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(preprocessing.std).view(1, 3, 1, 1))
        layers: list[nn.Module] = []
        for name, (kh, kw, before, out) in architecture.layers().items():
            if name in (*POOLED, "fc6"):
                layers.append(nn.MaxPool2d(2))
            convolution = nn.Conv2d(before, out, (kh, kw), padding="same" if name.startswith("conv") else "valid")
            kernel = np.ascontiguousarray(np.asarray(params[name]["kernel"], np.float32).transpose(3, 2, 0, 1))
            convolution.weight.data = torch.from_numpy(kernel)
            convolution.bias = nn.Parameter(torch.from_numpy(np.array(params[name]["bias"], np.float32)))
            layers.append(convolution)
            if name != "fc8":
                layers.append(nn.ReLU(inplace=True))
        self.layers = nn.Sequential(*layers).to(dtype)
        self.requires_grad_(False)

    def forward(self, canvas: torch.Tensor) -> torch.Tensor:
        """Canvases [N, 3, H, W] to logits [N, classes, h, w]."""
        if self.bgr:
            canvas = canvas.flip(1)
        logits: torch.Tensor = self.layers(((canvas * self.scale - self.mean) / self.std).to(self.dtype))
        return logits.float()


class PatchPrior(nn.Module):
    """The Student-t patch prior: of all patches (`dense`) or of one grid of patches with the offset given."""

    def __init__(self, prior: Prior, dense: bool) -> None:
        super().__init__()
        self.dense = dense
        self.pools = [scale.pool for scale in prior.scales]
        self.nus = [scale.nu for scale in prior.scales]
        for index, scale in enumerate(prior.scales):
            filters = torch.from_numpy(np.ascontiguousarray(scale.filters))
            self.register_buffer(f"filters{index}", filters)
            kernel = filters.view(-1, PATCH, PATCH, 3).permute(0, 3, 1, 2).contiguous()
            self.register_buffer(f"kernel{index}", kernel)
            self.register_buffer(f"mean{index}", torch.from_numpy(np.array(scale.mean)))
            self.register_buffer(f"shift{index}", filters @ torch.from_numpy(np.array(scale.mean)))

    def forward(self, canvas: torch.Tensor, top: int, left: int) -> torch.Tensor:
        """The energy, with the canvas mirrored at its border as dreamstream does it."""
        total = canvas.new_zeros(())
        for index, (pool, nu) in enumerate(zip(self.pools, self.nus, strict=True)):
            pooled = functional.avg_pool2d(canvas, pool) if pool > 1 else canvas
            rows, columns = (-(-(side + PATCH - 1) // PATCH) for side in pooled.shape[2:])
            far = (columns * PATCH - pooled.shape[3], rows * PATCH - pooled.shape[2])
            wide = _mirror(_mirror(pooled, PATCH - 1, far[1], 2), PATCH - 1, far[0], 3)
            if self.dense:
                z = functional.conv2d(wide, getattr(self, f"kernel{index}"))
                z = z - getattr(self, f"shift{index}").view(1, -1, 1, 1)
            else:
                part = wide[0, :, top : top + rows * PATCH, left : left + columns * PATCH]
                patches = part.reshape(3, rows, PATCH, columns, PATCH).permute(1, 3, 2, 4, 0)
                z = (patches.reshape(rows * columns, -1) - getattr(self, f"mean{index}")) @ getattr(
                    self, f"filters{index}"
                ).T
            total = total + torch.log1p(z * z / nu).mean()
        return total / len(self.pools)


def _mirror(x: torch.Tensor, before: int, after: int, axis: int) -> torch.Tensor:
    near = x.narrow(axis, 0, before).flip(axis)
    far = x.narrow(axis, x.shape[axis] - after, after).flip(axis)
    return torch.cat([near, x, far], axis)


@dataclass(frozen=True)
class Look:
    """What one step looks at: window boxes (x, y, side) in pixels, their classes and weights, the prior's offset."""

    boxes: Sequence[tuple[float, float, float]]
    classes: torch.Tensor
    weights: torch.Tensor
    offset: tuple[int, int]


def _resampling(centre: float, side: float, start: int, length: int, out: int) -> torch.Tensor:
    step = side / out
    place = (centre - start + (torch.arange(out) - (out - 1) / 2) * step).clamp(0, length - 1)
    weights = (1 - (torch.arange(length)[None] - place[:, None]).abs() / max(step, 1.0)).relu()
    return weights / weights.sum(1, keepdim=True)


def _fade(side: int) -> torch.Tensor:
    place = (torch.arange(side) + 0.5) / side
    ramp = (torch.minimum(place, 1 - place) / objective.FEATHER).clamp(0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    return ramp[:, None] * ramp[None, :]


def matrices(
    look: Look, height: int, width: int, out: int, reach: int
) -> tuple[torch.Tensor, torch.Tensor, list[tuple[int, int]]]:
    """Resampling of every window as matrices [K, out, rows] and [K, out, columns] of a part, and where it begins."""
    rows, columns = min(reach + 4, height), min(reach + 4, width)
    down, across, corners = [], [], []
    for x, y, side in look.boxes:
        top = min(max(round(y - rows / 2), 0), height - rows)
        left = min(max(round(x - columns / 2), 0), width - columns)
        down.append(_resampling(y, side, top, rows, out))
        across.append(_resampling(x, side, left, columns, out))
        corners.append((top, left))
    return torch.stack(down), torch.stack(across), corners


class Step(nn.Module):
    """One step of ascent on a canvas [1, 3, H, W]: objective, gradient, RMS normalisation, momentum, clamp."""

    fade: torch.Tensor

    def __init__(self, network: Network, prior: PatchPrior, mixture: Mixture, window: int) -> None:
        super().__init__()
        self.network, self.prior, self.mixture = network, prior, mixture
        self.register_buffer("fade", _fade(window))

    def value(
        self,
        canvas: torch.Tensor,
        classes: torch.Tensor,
        weights: torch.Tensor,
        down: torch.Tensor,
        across: torch.Tensor,
        corners: list[tuple[int, int]],
        wish: int,
        top: int,
        left: int,
    ) -> torch.Tensor:
        """The objective, for one wish over the whole canvas."""
        mixture = self.mixture
        total = canvas.new_zeros(())
        if mixture.objects:
            rows, columns = down.shape[2], across.shape[2]
            parts = torch.cat([canvas[:, :, y : y + rows, x : x + columns] for y, x in corners])
            seen = down[:, None] @ parts @ across[:, None].transpose(2, 3)
            seen = self.fade * seen + ((1 - self.fade) * seen).detach()
            logits = self.network(seen)[:, :, 0, 0]
            own = logits.gather(1, classes[:, None])[:, 0]
            evidence = own - logits.logsumexp(1) + mixture.margin * (own - logits.mean(1))
            total = total + mixture.objects * (weights * evidence).sum() / weights.sum()
        if mixture.texture:
            for pool in mixture.pools:
                logits = self.network(functional.avg_pool2d(canvas, pool) if pool > 1 else canvas)
                total = total + mixture.texture / len(mixture.pools) * (logits[:, wish].mean() - logits.mean())
        energy: torch.Tensor = self.prior(canvas, top, left)
        return total - mixture.prior * energy

    def forward(
        self,
        canvas: torch.Tensor,
        momentum: torch.Tensor,
        classes: torch.Tensor,
        weights: torch.Tensor,
        down: torch.Tensor,
        across: torch.Tensor,
        corners: list[tuple[int, int]],
        wish: int,
        top: int,
        left: int,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The next canvas and momentum."""
        canvas = canvas.detach().requires_grad_(True)
        gradient = torch.autograd.grad(
            self.value(canvas, classes, weights, down, across, corners, wish, top, left), canvas
        )[0]
        with torch.no_grad():
            push = 3 * torch.tanh(gradient / (gradient.square().mean().sqrt() + 1e-12) / 3)
            momentum = push + 0.6 * momentum
            balance = BALANCE * (0.5 - canvas.mean((2, 3), keepdim=True))
            return (canvas + 0.012 * 0.4 * momentum + balance).clamp(0, 1), momentum


def warp(state: torch.Tensor, zoom: float, degrees: float) -> torch.Tensor:
    """Canvas and momentum [1, 6, H, W] zoomed and turned about the middle."""
    angle = math.radians(degrees)
    h, w = state.shape[2:]
    cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
    theta = torch.tensor([[[cos, sin * h / w, 0.0], [-sin * w / h, cos, 0.0]]]).to(state)
    grid = functional.affine_grid(theta, list(state.shape), align_corners=False)
    return functional.grid_sample(state, grid, mode="bilinear", padding_mode="border", align_corners=False)


def network_of(model: Model, dtype: torch.dtype) -> Network:
    """The network of a model, with the model's own weights."""
    return Network(model.architecture, model.params, model.preprocessing, dtype)


class Dream:
    """The same dream as dreamstream's: what one of its steps looks at, on the same canvas [H, W, 3]."""

    def __init__(
        self,
        model: Model,
        mixture: Mixture,
        dtype: str,
        glimpse: objective.StepWindows,
        canvas: np.ndarray,
        wish: int,
    ) -> None:
        self.device = "cpu" if jax.default_backend() == "cpu" else "cuda"
        self.network = network_of(model, getattr(torch, dtype)).to(self.device)
        self.mixture, self.side, self.wish = mixture, model.architecture.window, wish
        boxes = [(float(x), float(y), float(side)) for x, y, side in np.asarray(glimpse.boxes)]
        classes = torch.from_numpy(np.array(glimpse.classes, np.int64)).to(self.device)
        top, left = map(int, np.asarray(glimpse.offset))
        weights = torch.from_numpy(np.array(glimpse.weights)).to(self.device)
        self.look = Look(boxes, classes, weights, (top, left))
        self.reach = int(np.ceil(Preset().habits.largest * 1.1 * canvas.shape[0]))
        self.canvas = torch.from_numpy(canvas).permute(2, 0, 1)[None].contiguous().to(self.device)

    def step(self, dense: bool, channels_last: bool) -> Step:
        """The step with one prior and memory format."""
        form = torch.channels_last if channels_last else torch.contiguous_format
        # torch's own annotations of `to` do not know this keyword.
        network: Network = self.network.to(memory_format=form)  # type: ignore[call-overload]
        step = Step(network, PatchPrior(load_prior(), dense), self.mixture, self.side)
        return step.to(self.device)

    def told(self) -> tuple[Any, ...]:
        """What a step is told besides canvas and momentum, made anew for each as the dreamer does."""
        height, width = self.canvas.shape[2:]
        down, across, corners = matrices(self.look, height, width, self.side, self.reach)
        told = self.look.classes, self.look.weights, down.to(self.device), across.to(self.device)
        return *told, corners, self.wish, *self.look.offset

    def gradient(self) -> np.ndarray:
        """On the canvas, as [H, W, 3]."""
        canvas = self.canvas.clone().requires_grad_(True)
        value = self.step(False, False).value(canvas, *self.told())
        slope: np.ndarray = torch.autograd.grad(value, canvas)[0][0].permute(1, 2, 0).double().cpu().numpy()
        return slope

    def dream(
        self, step: Callable[..., tuple[torch.Tensor, torch.Tensor]], channels_last: bool, steps: int
    ) -> Callable[[], Any]:
        """A dream of `steps` steps, each time from the same canvas."""
        form = torch.channels_last if channels_last else torch.contiguous_format
        state = torch.cat([self.canvas, torch.zeros_like(self.canvas)], 1)

        def run() -> torch.Tensor:
            moved = warp(state, 1.01, 0.05)
            canvas, momentum = (part.contiguous(memory_format=form) for part in moved.split(3, 1))
            for _ in range(steps):
                canvas, momentum = step(canvas, momentum, *self.told())
            picture: torch.Tensor = (canvas[0].permute(1, 2, 0) * 255).round().to(torch.uint8).contiguous().cpu()
            return picture

        return run
