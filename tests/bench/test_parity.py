"""The judge as it judges is the judge as it was trained: ours in JAX held against PyTorch's, batch norms and all."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.bench.judge import SIDE, logits
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
