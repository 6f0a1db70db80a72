"""Where a dream is computed: compute types, several devices, and no transfer that nobody asked for."""

from __future__ import annotations

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream import AscentDreamer
from dreamstream.core.errors import UserError
from dreamstream.core.programme import split
from dreamstream.networks.device import _knows, place
from tests.doubles import steps

pytestmark = pytest.mark.slow

SHARED = """
import sys
import jax, numpy as np
from dreamstream import AscentDreamer
from tests.doubles import steps
from dreamstream.core.programme import Programme, Wish, split
assert len(jax.devices()) == 8
picture = np.random.default_rng(1).integers(0, 256, (96, 144, 3), np.uint8)
everything = Programme((
    Wish("bee", region="left"),
    Wish("relu3_3", kind="layer"),
    Wish("relu4_2:7", kind="channel", region="right"),
    Wish("seen", kind="picture", mask="seen"),
))
def classes(devices):
    # Objects and texture: both ways of sharing.
    made = AscentDreamer("builtin", (192, 128), seed=3, preset="lush", devices=devices)
    made.dream(split(["bee"]), 0.0, steps(1))
    made.dream(split(["bee", "pizza"]), 0.3, steps(2))
    assert made.compilations == 1, made.compilations
    return made
def features(devices):
    made = AscentDreamer("builtin", (192, 128), seed=3, devices=devices, dtype="float32")
    made.add_picture("seen", picture)
    made.dream(everything, 0.0, steps(2))
    return made
def with_preset(devices):
    first = AscentDreamer("builtin", (192, 128), seed=3, devices=devices, dtype=sys.argv[2])
    first.add_picture("seen", picture)
    first.dream(split(["bee"]), 0.0, steps(1))
    made = first.with_preset("calm")
    assert made.dtype == first.dtype == sys.argv[2], made.dtype
    made.take_over(first)
    made.dream(split(["bee"]), 0.2, steps(1))
    return made
make = {"classes": classes, "features": features, "preset": with_preset}[sys.argv[1]]
one, shared = make(1), make(8)
for leaf in jax.tree.leaves(shared._state):
    assert leaf.shape != (128, 192, 3) or leaf.sharding.shard_shape(leaf.shape) == (16, 192, 3), leaf.sharding
for leaf in jax.tree.leaves(shared._params):
    assert len(leaf.sharding.device_set) == 8, leaf.sharding
a, b = np.asarray(one._state.canvas), np.asarray(shared._state.canvas)
np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-4)
print(float(np.abs(a - b).max()))
"""


@pytest.mark.parametrize(("what", "dtype"), [("classes", "float32"), ("features", "float32"), ("preset", "bfloat16")])
def test_eight_devices_make_the_same_dream(what: str, dtype: str) -> None:
    """Rows shared by eight devices, windows too: the canvas agrees to 1e-3, and each holds an eighth of it.

    With classes; with layers, channels, guides and masks; and in another look, which keeps type and devices.
    """
    env = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    if dtype == "float32":  # the same to a rounding, and compiled in half the time
        env["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    command = [sys.executable, "-c", SHARED, what, dtype]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, env=env)
    assert done.returncode == 0, done.stderr[-2000:]


def test_bfloat16_dreams_the_same_thing() -> None:
    """A dream computed in bfloat16 is float32's within a few grey levels; its parameters take half the memory."""
    pictures = {}
    for dtype in ("float32", "bfloat16"):
        made = AscentDreamer("builtin", (160, 96), seed=3, dtype=dtype)
        pictures[dtype] = made.dream(split(["bee"]), 0.0, steps(3)).picture.astype(int)
        assert {str(leaf.dtype) for leaf in jax.tree.leaves(made._params)} == {dtype}
        assert made._state.canvas.dtype == jnp.float32
    difference = np.abs(pictures["float32"] - pictures["bfloat16"])
    assert 0 < difference.mean() < 1


def test_nothing_is_transferred_unasked() -> None:
    """Between dreams, JAX moves only what is handed to it and takes back only the picture."""
    made = AscentDreamer("builtin", (160, 96), seed=3)
    made.dream(split(["bee"]), 0.0, steps(1))
    with jax.transfer_guard("disallow"):
        made.dream(split(["pizza"]), 0.2, steps(2))
        with pytest.raises(Exception, match=r"[Dd]isallowed"):
            jax.block_until_ready(jax.jit(lambda x: x + 1)(np.ones(3)))


def test_impossible_places_are_refused() -> None:
    """Types and devices that are not there, and a canvas that cannot be shared, with the value and what is possible."""
    with pytest.raises(UserError, match="'float8', but must be one of auto, float32, bfloat16"):
        place("float8")
    with pytest.raises(UserError, match=r"devices is 64, but JAX has \d+ here"):
        place(devices=64)
    with pytest.raises(UserError, match="devices is 0"):
        place(devices=0)


def test_only_known_options_are_given_to_the_compiler() -> None:
    """Those for CUDA graphs are for cards; a compiler that does not know them does without."""
    assert jax.default_backend() != "cpu" or place().options == {}
    assert _knows(())
    assert not _knows((("xla_gpu_enable_command_buffer", "FUSION,NONSENSE"),))
    assert not _knows((("xla_no_such_option", True),))


def test_auto_is_float32_on_a_cpu() -> None:
    """bfloat16 is for accelerators."""
    assert place("auto").dtype == (jnp.float32 if jax.default_backend() == "cpu" else jnp.bfloat16)
