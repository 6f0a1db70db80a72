"""Networks as they ship are networks as they were trained: ours in JAX held against PyTorch's."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.bench.judge import SIDE, logits
from dreamstream.weights.catalog import load_model
from tests.conftest import need_library


@pytest.mark.slow
def test_the_folded_network_says_what_the_trained_one_said() -> None:
    """With means, variances, factors and offsets of batch norms that are not those of the start."""
    need_library("torch")
    import torch

    from benchmarks.judge_training import folded, network, tensor

    trained = network(11).eval()
    torch.manual_seed(3)
    for module in trained.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values, low, high in (
                (module.running_mean, -0.5, 0.5),
                (module.running_var, 0.5, 2.0),
                (module.weight, 0.5, 1.5),
                (module.bias, -0.5, 0.5),
            ):
                assert values is not None
                torch.nn.init.uniform_(values, low, high)
    pictures = np.random.default_rng(2).random((4, SIDE, SIDE, 3)).astype(np.float32)
    with torch.inference_mode():
        theirs = trained(tensor(pictures)).numpy()
    ours = np.asarray(logits(folded(trained), jnp.asarray(pictures)))
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-4)
    assert np.ptp(theirs) > 0.1


@pytest.mark.slow
def test_the_network_taught_form_is_the_one_that_dreams() -> None:
    """Its logits before any step, but for what bfloat16 leaves out."""
    need_library("torch")
    import torch

    from benchmarks.form_training import RECIPE, Student

    model = load_model("builtin")
    pictures = np.random.default_rng(2).random((8, 64, 64, 3)).astype(np.float32)
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    student = Student(model, RECIPE)
    with torch.inference_mode():
        theirs = student.logits(student.params, x).numpy()
    ours = np.asarray(model.window_logits(model.params, jnp.asarray(pictures)))
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999
    for name, layer in student.model().params.items():
        assert np.array_equal(layer["kernel"], model.params[name]["kernel"])


@pytest.mark.slow
def test_teaching_form_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    """Two steps are the same as one, a checkpoint and another; the attack goes as far as it may, and no farther."""
    need_library("torch")
    import torch

    from benchmarks.form_training import RECIPE, Student

    model = load_model("builtin")
    x = torch.rand((4, 3, 64, 64), generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([0, 1, 2, 3])
    one, other = Student(model, RECIPE), Student(model, RECIPE)
    far = (one.attacked(x, labels) - x).flatten(1).norm(dim=1)
    assert 0.5 * RECIPE.radius < float(far.min()) <= float(far.max()) <= RECIPE.radius + 1e-4
    other.attacked(x, labels)
    for _ in range(2):
        one.step(x, labels)
    other.step(x, labels)
    other.save(tmp_path / "checkpoint.pt")
    again = Student(model, RECIPE)
    again.load(tmp_path / "checkpoint.pt")
    again.step(x, labels)
    assert again.number == one.number == 2
    for name, value in one.params.items():
        assert torch.equal(value, again.params[name]), name
    assert not np.array_equal(one.model().params["fc8"]["bias"], model.params["fc8"]["bias"])
