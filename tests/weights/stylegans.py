"""StyleGAN2s in PyTorch, from the papers, by the names that published files have.

Each is one class whose state dict has the published names and whose `forward` is the plain form: a kernel for each
picture, transposed convolutions, filters as convolutions. `stylegan_files` writes them.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

import torch
from torch import nn
from torch.nn import functional

LATENT, CHANNELS, LAYERS = 8, (6, 5, 4), 2
ROOT2 = 2**0.5


def random_(module: nn.Module, seed: int = 3) -> Any:
    """Fill everything with numbers that differ: also what begins as zeros or ones."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if "kernel" not in name and "filter" not in name and not name.endswith(".f"):
            # Mapping networks are kept as much greater as they learn more slowly.
            greater = 100 if name.startswith(("style.", "mapping.")) else 10 if name.startswith("SE.") else 1
            tensor.copy_(greater * torch.randn(tensor.shape, generator=generator))
    return module.eval()


def modulated(x: Any, kernel: Any, scale: Any, demodulate: bool, up: bool = False, blur: Any = None) -> Any:
    """One picture after the other, each by its own kernel. kernel [O, I, k, k], scale [N, I]."""
    made = []
    for picture, own in zip(x, scale, strict=True):
        weight = kernel * own[None, :, None, None]
        if demodulate:
            weight = weight * torch.rsqrt((weight**2).sum(dim=(1, 2, 3), keepdim=True) + 1e-8)
        if up:
            wide = functional.conv_transpose2d(picture[None], weight.transpose(0, 1), stride=2)
            made.append(filtered(functional.pad(wide, (1, 1, 1, 1)), blur * 4))
        else:
            made.append(functional.conv2d(picture[None], weight, padding=kernel.shape[-1] // 2))
    return torch.cat(made)


def filtered(x: Any, kernel: Any) -> Any:
    """Each channel by the same kernel."""
    count = x.shape[1]
    return functional.conv2d(x, kernel.flip(0, 1)[None, None].repeat(count, 1, 1, 1), groups=count)


def enlarged(x: Any, kernel: Any) -> Any:
    """Zeros between pixels, then the filter."""
    n, c, h, w = x.shape
    wide = torch.zeros(n, c, 2 * h, 2 * w)
    wide[:, :, ::2, ::2] = x
    return filtered(functional.pad(wide, (2, 1, 2, 1)), kernel * 4)


def fir() -> Any:
    """[1, 3, 3, 1] in both directions, of sum 1."""
    row = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return row[:, None] * row[None] / 64


def active(x: Any) -> Any:
    """Leaky ReLU as the paper has it."""
    return functional.leaky_relu(x, 0.2) * ROOT2


def unit(z: Any) -> Any:
    """Of mean square 1."""
    return z * torch.rsqrt((z**2).mean(dim=1, keepdim=True) + 1e-8)


def holder(**tensors: Any) -> nn.Module:
    """A module that holds parameters by these names."""
    made = nn.Module()
    for name, tensor in tensors.items():
        made.register_parameter(name, nn.Parameter(tensor))
    return made


class Rosinality(nn.Module):
    """By rosinality's names."""

    style: Any
    input: Any
    conv1: Any
    to_rgb1: Any

    def __init__(self) -> None:
        super().__init__()
        self.style = nn.Sequential(
            nn.Identity(),
            *(holder(weight=torch.zeros(LATENT, LATENT), bias=torch.zeros(LATENT)) for _ in range(LAYERS)),
        )
        self.input = holder(input=torch.zeros(1, CHANNELS[0], 4, 4))
        self.conv1, self.to_rgb1 = self._layer(CHANNELS[0], CHANNELS[0]), self._picture(CHANNELS[0])
        self.convs, self.to_rgbs, self.noises = nn.ModuleList(), nn.ModuleList(), nn.Module()
        for taken, made in itertools.pairwise(CHANNELS):
            first = self._layer(taken, made)
            first.conv.blur = nn.Module()
            first.conv.blur.register_buffer("kernel", fir() * 4)
            self.convs.extend([first, self._layer(made, made)])
            picture = self._picture(made)
            picture.upsample = nn.Module()
            picture.upsample.register_buffer("kernel", fir() * 4)
            self.to_rgbs.append(picture)
        for number in range(2 * len(CHANNELS) - 1):
            side = 4 * 2 ** ((number + 1) // 2)
            self.noises.register_buffer(f"noise_{number}", torch.zeros(1, 1, side, side))

    @staticmethod
    def _conv(taken: int, made: int, side: int) -> Any:
        conv: Any = holder(weight=torch.zeros(1, made, taken, side, side))
        conv.modulation = holder(weight=torch.zeros(taken, LATENT), bias=torch.zeros(taken))
        return conv

    def _layer(self, taken: int, made: int) -> Any:
        layer: Any = nn.Module()
        layer.conv = self._conv(taken, made, 3)
        layer.noise, layer.activate = holder(weight=torch.zeros(1)), holder(bias=torch.zeros(made))
        return layer

    def _picture(self, taken: int) -> Any:
        layer: Any = holder(bias=torch.zeros(1, 3, 1, 1))
        layer.conv = self._conv(taken, 3, 1)
        return layer

    def _made(self, layer: Any, x: Any, w: Any, demodulate: bool, up: bool = False) -> Any:
        kernel = layer.conv.weight[0]
        scale = functional.linear(w, layer.conv.modulation.weight / LATENT**0.5, layer.conv.modulation.bias)
        kernel = kernel / (kernel.shape[1] * kernel.shape[-1] ** 2) ** 0.5
        return modulated(x, kernel, scale, demodulate, up, fir())

    def forward(self, z: Any) -> Any:
        """Pictures [N, 3, S, S] with the file's noise."""
        w = unit(z)
        for layer in list(self.style)[1:]:
            w = active(functional.linear(w, layer.weight * (0.01 / LATENT**0.5), layer.bias * 0.01))
        x, picture = self.input.input.repeat(len(z), 1, 1, 1), None
        for number, layer in enumerate([self.conv1, *self.convs]):
            x = self._made(layer, x, w, True, number % 2 == 1)
            noise = getattr(self.noises, f"noise_{number}")
            x = active(x + layer.noise.weight * noise + layer.activate.bias[None, :, None, None])
            if number % 2 == 0:
                last = self.to_rgb1 if number == 0 else self.to_rgbs[number // 2 - 1]
                made = self._made(last, x, w, False) + last.bias
                picture = made if picture is None else made + enlarged(picture, fir())
        return picture


class Lucidrains(nn.Module):
    """By lucidrains' names, of what `SE` and `GE` hold."""

    SE: Any
    GE: Any

    def __init__(self, rate: float = 0.1) -> None:
        super().__init__()
        self.rate = rate
        self.SE, self.GE = nn.Module(), nn.Module()
        layers: list[nn.Module] = []
        for _ in range(LAYERS):
            layers += [holder(weight=torch.zeros(LATENT, LATENT), bias=torch.zeros(LATENT)), nn.LeakyReLU(0.2)]
        self.SE.net = nn.Sequential(*layers)
        self.GE.register_parameter("initial_block", nn.Parameter(torch.zeros(1, CHANNELS[0], 4, 4)))
        self.GE.initial_conv = nn.Conv2d(CHANNELS[0], CHANNELS[0], 3, padding=1)
        self.GE.blocks = nn.ModuleList()
        for level, (taken, made) in enumerate(zip((CHANNELS[0], *CHANNELS), CHANNELS, strict=False)):
            block: Any = nn.Module()
            for each, before in ((1, taken), (2, made)):
                setattr(block, f"to_style{each}", nn.Linear(LATENT, before))
                setattr(block, f"to_noise{each}", nn.Linear(1, made))
                setattr(block, f"conv{each}", holder(weight=torch.zeros(made, before, 3, 3)))
            block.to_rgb = nn.Module()
            block.to_rgb.to_style = nn.Linear(LATENT, made)
            block.to_rgb.conv = holder(weight=torch.zeros(3, made, 1, 1))
            if level < len(CHANNELS) - 1:
                soft: Any = nn.Module()
                soft.register_buffer("f", torch.tensor([1.0, 2.0, 1.0]))
                block.to_rgb.upsample = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), soft)
            self.GE.blocks.append(block)

    def forward(self, z: Any) -> Any:
        """Pictures [N, 3, S, S] in about [0, 1], with all noise at its mean."""
        w = functional.normalize(z, dim=1)
        for layer in list(self.SE.net)[::2]:
            w = functional.leaky_relu(functional.linear(w, layer.weight * self.rate, layer.bias * self.rate), 0.2)
        x, picture = self.GE.initial_conv(self.GE.initial_block.repeat(len(z), 1, 1, 1)), None
        for level, block in enumerate(self.GE.blocks):
            if level:
                x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            for each in ("1", "2"):
                style, noise, conv = (getattr(block, f"{name}{each}") for name in ("to_style", "to_noise", "conv"))
                x = modulated(x, conv.weight, style(w) + 1, True)
                x = functional.leaky_relu(x + noise(torch.full((1, 1), 0.5))[:, :, None, None], 0.2)
            made = modulated(x, block.to_rgb.conv.weight, block.to_rgb.to_style(w) + 1, False)
            picture = made if picture is None else picture + made
            if level < len(CHANNELS) - 1:
                picture = functional.interpolate(picture, scale_factor=2, mode="bilinear", align_corners=False)
                soft = torch.tensor([1.0, 2.0, 1.0]) / 4
                picture = filtered(functional.pad(picture, (1, 1, 1, 1), mode="reflect"), soft[:, None] * soft[None])
        return picture


class Recorded(nn.Module):
    """A module that is pickled with its source beside it, as NVIDIA's are."""

    def __reduce__(self) -> Any:
        fields = list(super().__reduce__())
        meta = {"type": "class", "version": 6, "module_src": HOSTILE, "class_name": "Generator", "state": fields[2]}
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (meta,)


# A source that would leave its trace where anybody ran it.
HOSTILE = "open('canary-was-here', 'w').close()\n"


class Nvidia(Recorded):
    """By the names of NVIDIA's PyTorch program."""

    synthesis: Any

    def __init__(self) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.img_resolution = LATENT, 0, LATENT, 16
        self.mapping, self.synthesis = Recorded(), Recorded()
        self.mapping.register_buffer("w_avg", torch.zeros(LATENT))
        for number in range(LAYERS):
            layer: Any = Recorded()
            layer.activation, layer.weight_gain, layer.bias_gain = "lrelu", 0.01 / LATENT**0.5, 0.01
            layer.weight = nn.Parameter(torch.zeros(LATENT, LATENT))
            layer.bias = nn.Parameter(torch.zeros(LATENT))
            setattr(self.mapping, f"fc{number}", layer)
        for level, made in enumerate(CHANNELS):
            block: Any = Recorded()
            block.register_buffer("resample_filter", fir())
            if not level:
                block.const = nn.Parameter(torch.zeros(made, 4, 4))
            else:
                block.conv0 = self._layer(CHANNELS[level - 1], made, 4 * 2**level)
            block.conv1 = self._layer(made, made, 4 * 2**level)
            block.torgb = self._layer(made, 3, 0, 1)
            setattr(self.synthesis, f"b{4 * 2**level}", block)

    @staticmethod
    def _layer(taken: int, made: int, size: int, side: int = 3) -> Any:
        layer: Any = Recorded()
        layer.weight = nn.Parameter(torch.zeros(made, taken, side, side))
        layer.bias = nn.Parameter(torch.zeros(made))
        layer.affine = Recorded()
        layer.affine.weight = nn.Parameter(torch.zeros(taken, LATENT))
        layer.affine.bias = nn.Parameter(torch.zeros(taken))
        if size:
            layer.register_buffer("resample_filter", fir())
            layer.register_buffer("noise_const", torch.zeros(size, size))
            layer.noise_strength = nn.Parameter(torch.zeros([]))
        return layer

    def forward(self, z: Any) -> Any:
        """Pictures [N, 3, S, S] with the constant noise."""
        w = unit(z)
        for number in range(LAYERS):
            layer = getattr(self.mapping, f"fc{number}")
            w = active(functional.linear(w, layer.weight * (0.01 / LATENT**0.5), layer.bias * 0.01))
        x, picture = self.synthesis.b4.const.repeat(len(z), 1, 1, 1), None
        for level in range(len(CHANNELS)):
            block: Any = getattr(self.synthesis, f"b{4 * 2**level}")
            for layer in ([block.conv0] if level else []) + [block.conv1]:
                scale = functional.linear(w, layer.affine.weight / LATENT**0.5, layer.affine.bias)
                x = modulated(x, layer.weight, scale, True, level > 0 and layer is block.conv0, fir())
                x = active(x + layer.noise_const * layer.noise_strength + layer.bias[None, :, None, None])
            scale = functional.linear(w, block.torgb.affine.weight / LATENT**0.5, block.torgb.affine.bias)
            made = modulated(x, block.torgb.weight / x.shape[1] ** 0.5, scale, False)
            made = made + block.torgb.bias[None, :, None, None]
            picture = made if picture is None else made + enlarged(picture, fir())
        return picture
