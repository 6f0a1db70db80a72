"""What does not fit into memory is refused before anything is compiled."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UsageError
from dreamstream.dreamers.ascent import factory
from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.support import machine


def test_a_canvas_that_does_not_fit_is_refused_before_anything_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the size, what it needs, what is free, and the remedy; wrong usage."""
    monkeypatch.setattr(machine, "available_bytes", lambda: 1 << 30)
    with pytest.raises(UsageError, match=r"3840x3840 .* needs about 2[5-8]\d\d MiB, and 1024 MiB .* smaller"):
        factory.open_dreamer(DreamerRequest("builtin", (3840, 3840)))


@pytest.mark.parametrize(
    ("free", "preset", "needs", "remedy"),
    [
        (2 << 30, "vivid", "about 28", "--model builtin"),  # the windows take it, whatever the canvas
        (3 << 30, "2015", "about 4[45]", "choose a smaller canvas"),  # the network looks at the whole canvas
    ],
)
def test_a_network_that_does_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, preset: str, needs: str, remedy: str
) -> None:
    """VGG-16 at 1280x720, judged by its file's description: nothing of its 553 MB is read."""
    path = tmp_path / "big.safetensors"
    _describe_vgg16(path)
    monkeypatch.setattr(machine, "available_bytes", lambda: free)
    pattern = (
        rf"1280x720 with big.safetensors needs {needs}\d\d MiB, and {free >> 20} MiB of memory are free; .*{remedy}"
    )
    with pytest.raises(UsageError, match=pattern):
        factory.open_dreamer(DreamerRequest(path, (1280, 720), preset=preset))


def _describe_vgg16(path: Path) -> None:
    """A sparse file of timm's VGG-16: all names and shapes, and zeros that take no room."""
    tensors, end = {}, 0
    places = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    names = [f"features.{n}" for n in places] + ["pre_logits.fc1", "pre_logits.fc2", "head.fc"]
    for name, (kh, kw, before, out) in zip(names, Architecture().layers().values(), strict=True):
        weight = [out, before] if name == "head.fc" else [out, before, kh, kw]
        for part, shape in (("weight", weight), ("bias", [out])):
            begin, end = end, end + 4 * math.prod(shape)
            tensors[f"{name}.{part}"] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    header = json.dumps(tensors).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + end)


def test_free_memory_is_plausible() -> None:
    """More than nothing and less than a petabyte."""
    assert 1 << 20 < machine.available_bytes() < 1 << 50
