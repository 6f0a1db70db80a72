"""VGGs built of PyTorch's own layers, and how two evaluations of a network are held against each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dreamstream.networks.vgg.architecture import BLOCKS, CHANNELS
from dreamstream.networks.vgg.model import Model
from tests.weights.networks import library

# A canvas larger than the window and not square: 2 by 3 windows of 224 pixels, 32 apart.
WIDE = (256, 288)


@dataclass(frozen=True)
class Answer:
    """What a network says of a canvas: logits [h, w, classes] and the gradient of their weighted sum [H, W, 3]."""

    logits: np.ndarray[Any, Any]
    gradient: np.ndarray[Any, Any]


def canvas(height: int, width: int, seed: int = 5) -> np.ndarray[Any, Any]:
    """A soft coloured picture, float32 [height, width, 3] in [0, 1]."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 1, (height // 16 + 1, width // 16 + 1, 3))
    picture = np.kron(coarse, np.ones((16, 16, 1)))[:height, :width]
    return np.asarray(0.7 * picture + 0.3 * rng.uniform(0, 1, (height, width, 3)), np.float32)


def weights_for(logits_shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The weights of the sum whose gradient is compared, the same for every network."""
    return np.random.default_rng(9).normal(size=logits_shape).astype(np.float32)


def ours(model: Model, picture: np.ndarray[Any, Any], dtype: Any = jnp.float32) -> Answer:
    """What this project's network says, computed in `dtype`."""
    if dtype == jnp.float64:
        with jax.enable_x64(True):
            params = jax.tree.map(lambda value: np.asarray(value, np.float64), dict(model.params))
            return _ours(replace(model, params=params), np.asarray(picture, np.float64), dtype)
    return _ours(model, picture, dtype)


def _ours(model: Model, picture: np.ndarray[Any, Any], dtype: Any) -> Answer:
    # The parameters are an argument: as constants, the 553 MB of the whole network would take a minute to compile.
    def value(pixels: jax.Array, params: Any) -> tuple[jax.Array, jax.Array]:
        logits = model.logits(params, pixels[None], dtype)[0]
        return jnp.sum(logits * weights_for(logits.shape)), logits

    (_, logits), gradient = jax.jit(jax.value_and_grad(value, has_aux=True))(jnp.asarray(picture), model.params)
    return Answer(np.asarray(logits), np.asarray(gradient))


def apart(found: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> float:
    """The largest difference, relative to the largest value."""
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def assert_same(found: Answer, wanted: Answer) -> None:
    """In float32 the logits agree to 1e-4, and the pixel gradients but for units that rounding turns on or off.

    A unit within rounding of zero, or two within rounding of each other in a pool, changes the gradient by a step.
    PyTorch with and without oneDNN differs from itself by up to 2 % of the largest value at full size, for this reason.
    """
    assert wanted.logits.std() > 1e-2
    assert np.abs(wanted.gradient).max() > 1e-6
    assert apart(found.logits, wanted.logits) < 1e-4
    off = np.linalg.norm(found.gradient - wanted.gradient) / np.linalg.norm(wanted.gradient)
    assert off < 5e-2


def assert_same_gradient(found: Answer, wanted: Answer) -> None:
    """In float64 no unit is that near to its threshold: gradients agree to 1e-3 of the largest at every pixel."""
    assert found.gradient.dtype == wanted.gradient.dtype == np.float64
    assert apart(found.gradient, wanted.gradient) < 1e-3
    assert apart(found.logits, wanted.logits) < 1e-5  # they leave our network as float32


def torch_vgg(configuration: str, width: float, dense: int, classes: int, *, norm: bool = False, seed: int = 0) -> Any:
    """A VGG of PyTorch's layers in torchvision's arrangement, with random weights that keep activations in scale."""
    torch = library("torch")
    nn = torch.nn
    torch.manual_seed(seed)
    features, before = [], 3
    for count, base in zip(BLOCKS[configuration], CHANNELS, strict=True):
        for _ in range(count):
            features.append(nn.Conv2d(before, round(base * width), 3, padding=1))
            before = round(base * width)
            features += [nn.BatchNorm2d(before)] if norm else []
            features.append(nn.ReLU())
        features.append(nn.MaxPool2d(2))
    network = nn.Module()
    network.features = nn.Sequential(*features)
    between = [nn.ReLU(), nn.Dropout()]
    network.classifier = nn.Sequential(
        nn.Linear(before * 49, dense), *between, nn.Linear(dense, dense), *between, nn.Linear(dense, classes)
    )
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                fan_in = module.weight[0].numel()
                module.weight.normal_(0, (2 / fan_in) ** 0.5)
                module.bias.normal_(0, 0.1)
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.7, 1.3)
                module.bias.normal_(0, 0.1)
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2.0)
    return network.eval()


def torch_answer(network: Any, picture: np.ndarray[Any, Any]) -> Answer:
    """What a PyTorch network says: convolutions over the whole canvas, dense layers at each window of 7x7 features."""
    torch = library("torch")
    kind = network.classifier[0].weight.dtype
    pixels = torch.from_numpy(picture).to(kind, copy=True).requires_grad_()
    mean, std = torch.tensor([0.485, 0.456, 0.406], dtype=kind), torch.tensor([0.229, 0.224, 0.225], dtype=kind)
    found = network.features(((pixels - mean) / std).permute(2, 0, 1)[None])
    rows = found.shape[2] - 6
    windows = torch.nn.functional.unfold(found, 7)[0].T  # [positions, channels * 49], as flatten() lays them
    logits = network.classifier(windows).reshape(rows, -1, network.classifier[-1].out_features)
    (logits * torch.from_numpy(weights_for(tuple(logits.shape)))).sum().backward()
    return Answer(logits.detach().numpy(), pixels.grad.numpy())
