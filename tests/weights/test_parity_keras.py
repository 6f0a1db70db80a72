"""The same weights, the same picture: Keras' own VGG and ours agree, through files that Keras wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.networks.vgg.architecture import BLOCKS, CHANNELS
from dreamstream.weights.formats import read_weights
from tests.weights.networks import library
from tests.weights.parity import WIDE, Answer, assert_same, assert_same_gradient, canvas, ours, weights_for


def spread(model: Any) -> None:
    """Give a model weights that keep activations in scale; Keras' own start at logits near zero."""
    rng = np.random.default_rng(3)
    for layer in model.layers:
        if weights := layer.get_weights():
            kernel, bias = weights
            fan_in = int(np.prod(kernel.shape[:-1]))
            layer.set_weights([rng.normal(0, (2 / fan_in) ** 0.5, kernel.shape), rng.normal(0, 0.1, bias.shape)])


def narrow(configuration: str, width: float, dense: int, top: bool, size: tuple[int, int] = (224, 224)) -> Any:
    """VGG of Keras' layers, arranged and named as in keras.applications, but narrow."""
    layers = library("keras").layers
    steps = [layers.Input((*size, 3))]
    for block, (count, base) in enumerate(zip(BLOCKS[configuration], CHANNELS, strict=True), 1):
        steps += [
            layers.Conv2D(round(base * width), 3, activation="relu", padding="same", name=f"block{block}_conv{n}")
            for n in range(1, count + 1)
        ]
        steps.append(layers.MaxPooling2D(2, 2, name=f"block{block}_pool"))
    if top:
        steps += [layers.Flatten(name="flatten")]
        steps += [layers.Dense(dense, activation="relu", name=f"fc{n}") for n in (1, 2)]
        steps += [layers.Dense(1000, activation=None, name="predictions")]
    return library("keras").Sequential(steps)


def answer(features: Any, model: Any, picture: np.ndarray[Any, Any]) -> Answer:
    """What Keras says: its convolutions over the whole canvas, its dense layers at each window of 7x7 features."""
    torch, vgg16 = library("torch"), library("keras.applications.vgg16")
    kind = model.get_layer("fc1").weights[0].value.dtype
    pixels = torch.from_numpy(picture).to(kind, copy=True).requires_grad_()
    # Its preprocessing works on NumPy arrays in place and on tensors not at all differentiably; both say the same.
    prepared = pixels.flip(-1) * 255 - torch.tensor([103.939, 116.779, 123.68], dtype=kind)
    theirs = vgg16.preprocess_input(picture.astype(np.float64) * 255)
    assert np.allclose(prepared.detach().numpy(), theirs, atol=1e-3)
    found = features(prepared[None])[0]
    height, width, channels = found.shape
    windows = [found[y : y + 7, x : x + 7].reshape(49 * channels) for y in range(height - 6) for x in range(width - 6)]
    values = torch.stack(windows)
    for name in ("fc1", "fc2", "predictions"):
        kernel, bias = (weight.value for weight in model.get_layer(name).weights)
        values = values @ kernel + bias
        values = torch.relu(values) if name != "predictions" else values
    logits = values.reshape(height - 6, width - 6, -1)
    (logits * torch.from_numpy(weights_for(tuple(logits.shape)))).sum().backward()
    return Answer(logits.detach().numpy(), pixels.grad.numpy())


@pytest.mark.parametrize(
    ("how", "configuration", "size"),
    [("weights", "D", (224, 224)), ("model", "D", WIDE), ("applications", "E", WIDE)],
)
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_narrow_vgg(tmp_path: Path, how: str, configuration: str, size: tuple[int, int]) -> None:
    """Every way that Keras writes HDF5, the window and a larger canvas, VGG-16 and VGG-19."""
    keras, h5py = library("keras"), library("h5py")
    model = narrow(configuration, 1 / 16, 64, top=True)
    spread(model)
    path = tmp_path / {"weights": "vgg.weights.h5", "model": "vgg.h5", "applications": "vgg-applications.h5"}[how]
    if how == "weights":
        model.save_weights(path)
    elif how == "model":
        model.save(path)
    else:  # the layout of the files that keras.applications downloads
        with h5py.File(path, "w") as file:
            keras.src.legacy.saving.legacy_h5_format.save_weights_to_hdf5_group(file, model)
    read, picture = read_weights(path), canvas(*size)
    assert_same(ours(read, picture), answer(*twin(model, configuration, size), picture))
    keras.config.set_dtype_policy("float64")
    try:
        wanted = answer(*twin(model, configuration, size), picture)
    finally:
        keras.config.set_dtype_policy("float32")
    assert_same_gradient(ours(read, picture, jnp.float64), wanted)


def twin(model: Any, configuration: str, size: tuple[int, int]) -> tuple[Any, Any]:
    """The model's convolutions for a canvas, and the model, with its weights, in Keras' float type of the moment."""
    features = narrow(configuration, 1 / 16, 64, top=False, size=size)
    features.set_weights(model.get_weights()[: len(features.get_weights())])
    whole = narrow(configuration, 1 / 16, 64, top=True)
    whole.set_weights(model.get_weights())
    return features, whole


def test_full_size_vgg16(tmp_path: Path) -> None:
    """Keras' own VGG16(weights=None), all of it, at 224x224: its own forward pass, and ours."""
    keras, torch = library("keras"), library("torch")
    model = keras.applications.VGG16(weights=None, classifier_activation=None)
    spread(model)
    path = tmp_path / "vgg16.weights.h5"
    model.save_weights(path)
    picture = canvas(224, 224)
    pixels = torch.from_numpy(picture.copy()).requires_grad_()
    logits = model((pixels.flip(-1) * 255 - torch.tensor([103.939, 116.779, 123.68]))[None])[None]
    (logits * torch.from_numpy(weights_for((1, 1, 1000)))).sum().backward()
    wanted = Answer(logits.detach().numpy(), pixels.grad.numpy())
    del model, logits
    read = read_weights(path)
    path.unlink()
    assert (read.architecture.width, read.architecture.dense) == (1.0, 4096)
    assert_same(ours(read, picture), wanted)
