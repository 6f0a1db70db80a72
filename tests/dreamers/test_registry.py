"""Dreamers are found by their names, described without JAX, and opened; what cannot be is said in a sentence."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UsageError
from dreamstream.dreamers import registry
from dreamstream.dreamers.ascent.snapshot import Snapshot

DESCRIBED = """
import sys
from dreamstream.dreamers import registry
card = registry.describe()
print(registry.names()[0], card.preset, len(card.words), card.control("zoom").high)
sys.exit(str({"jax", "flax", "optax"} & set(sys.modules)) if "jax" in sys.modules else 0)
"""


def test_the_built_in_dreamer_is_described_without_jax() -> None:
    """Its presets, words and controls are known in a process that has loaded nothing heavy."""
    done = subprocess.run([sys.executable, "-c", DESCRIBED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "ascent gouache 180 1.3\n"), done.stderr


def test_it_is_declared_as_any_other_package_would() -> None:
    """The entry point in pyproject.toml is what a checkout uses, too."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"][registry.GROUP] == {name: point.value for name, point in registry._OWN.items()}


def test_controls_have_the_values_of_the_preset() -> None:
    """Ranges are the same for all; defaults are the preset's own."""
    vivid, calm = registry.describe(), registry.describe("ascent", DreamerRequest(preset="calm"))
    assert calm.preset == "calm"
    assert (calm.control("zoom").default, vivid.control("zoom").default) == (1.025, 1.05)
    assert calm.presets == vivid.presets


@pytest.mark.parametrize(
    ("name", "request_", "message"),
    [
        ("nobody", DreamerRequest(), r"There is no dreamer 'nobody'; there .* ascent"),
        ("ascent", DreamerRequest(preset="loud"), r"no preset 'loud'; there are .*vivid, lush"),
        ("ascent", DreamerRequest(size=(641, 360)), r"641x360"),
        ("ascent", DreamerRequest("nowhere.safetensors"), r"nowhere\.safetensors"),
    ],
)
def test_what_cannot_be_is_said(name: str, request_: DreamerRequest, message: str) -> None:
    """Before anything is loaded."""
    with pytest.raises(UsageError, match=message):
        registry.describe(name, request_)


def test_what_a_state_shows() -> None:
    """The canvas, without opening a dreamer; bytes of another kind are refused."""
    canvas = np.full((96, 160, 3), 7, np.uint8)
    assert np.array_equal(registry.picture_of("ascent", Snapshot(canvas, [], 3).pack()), canvas)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no dreamer's state"):
        registry.picture_of("ascent", b"plasma 1.0 2")
