"""This project's weight files: what is written is read, and whatever else is offered is refused in one sentence."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save, save_file

from dreamstream.core.errors import UsageError, UserError
from dreamstream.networks.vgg.model import BUILTIN, Model
from dreamstream.networks.vgg.network import Architecture
from dreamstream.weights.catalog import load_model, models_folder
from dreamstream.weights.formats import read_weights
from dreamstream.weights.vgg.native import write_model
from tests.networks.vgg.test_network import TINY, tiny_params

NAMES = ("bee", "pizza", "tree frog", "volcano", "été")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good file."""
    path = tmp_path / "weights.safetensors"
    write_model(path, Model("small", TINY, tiny_params(TINY), NAMES))
    return path


def metadata(path: Path) -> dict[str, str]:
    """The file's own description."""
    length = int.from_bytes(path.read_bytes()[:8], "little")
    found: dict[str, str] = json.loads(path.read_bytes()[8 : 8 + length])["__metadata__"]
    return found


def test_what_is_written_is_read(path: Path) -> None:
    """Name, shape, preprocessing, classes and every parameter come back; no partial file is left."""
    model = read_weights(path)
    assert (model.name, model.architecture, model.classes, model.preprocessing) == ("small", TINY, NAMES, BUILTIN)
    for layer, group in tiny_params(TINY).items():
        for part, value in group.items():
            assert np.array_equal(model.params[layer][part], value)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_half_precision_is_half_the_size(path: Path) -> None:
    """float16 files are read as float32 near the original."""
    half = path.with_name("half.safetensors")
    write_model(half, read_weights(path), half=True)
    assert half.stat().st_size < 0.7 * path.stat().st_size
    layer = read_weights(half).params["conv3_2"]["kernel"]
    assert layer.dtype == np.float32
    assert layer == pytest.approx(tiny_params(TINY)["conv3_2"]["kernel"], rel=2e-3, abs=1e-4)


def test_broken_files_are_refused(path: Path) -> None:
    """Truncated, empty, HTML and bit-flipped files: one sentence with the file's name, or the same network."""
    good = path.read_bytes()
    rng = random.Random(4)
    broken = path.with_name("broken.safetensors")
    cases = [b"", b"<!DOCTYPE html><html>Not found</html>", good[:7], good[:100], good[: len(good) // 2], good[:-1]]
    cases += [b"\xff" * 8 + good[8:], (1 << 62).to_bytes(8, "little") + good[8:]]
    for _ in range(40):
        place = rng.randrange(2000)
        cases.append(good[:place] + bytes([good[place] ^ (1 << rng.randrange(8))]) + good[place + 1 :])
    refusals = []
    for data in cases:
        broken.write_bytes(data)
        try:
            read_weights(broken)
        except UserError as error:
            refusals.append(str(error))
    assert len(refusals) >= 8
    assert all("broken.safetensors" in said and "\n" not in said for said in refusals)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", "other-1", "no features.0.weight"),
        ("architecture", '{"configuration": "Z"}', "Z"),
        ("architecture", '{"width": 1e9}', "impossible network"),
        ("architecture", "[]", "metadata"),
        ("preprocessing", '{"scale": 1}', "metadata"),
        ("classes", '["bee"]', "1 classes"),
    ],
)
def test_wrong_descriptions_are_refused(path: Path, key: str, value: str, message: str) -> None:
    """The first thing that does not fit is named."""
    changed = {**metadata(path), key: value}
    path.write_bytes(save(load_file(path), changed))
    with pytest.raises(UserError, match=message):
        read_weights(path)


def test_wrong_tensors_are_refused(path: Path) -> None:
    """A missing tensor, another shape, another type and values that are no numbers are named."""
    tensors, described = load_file(path), metadata(path)
    shape, nothing = tensors["fc7.kernel"], tensors["fc7.kernel"].copy()
    nothing[0, 0, 0, 0] = np.nan
    for change, message in (
        ({"fc7.kernel": shape[..., :-1].copy()}, r"fc7.kernel has shape \(1, 1, 8, 7\), not \(1, 1, 8, 8\)"),
        ({"fc7.kernel": shape.astype(np.int32)}, "made of floats"),
        ({"fc7.kernel": nothing}, "finite"),
    ):
        save_file({**tensors, **change}, path, described)
        with pytest.raises(UserError, match=message):
            read_weights(path)
    del tensors["conv1_1.bias"]
    save_file(tensors, path, described)
    with pytest.raises(UserError, match=r"conv1_1\.bias is missing"):
        read_weights(path)


def test_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    """Exit code 2, and what to do."""
    with pytest.raises(UsageError, match="builtin"):
        load_model(tmp_path / "none.safetensors")


def test_the_builtin_network_is_what_its_card_says() -> None:
    """A quarter-width VGG-16 with a 64-pixel window, the words of its class list, in at most 10 MB."""
    path = models_folder() / "builtin" / "weights.safetensors"
    model = load_model("builtin")
    assert path.stat().st_size <= 10_000_000
    assert model.architecture == Architecture("D", 0.25, 512, len(model.classes), 64)
    listed = (models_folder() / "builtin" / "classes.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert model.classes == tuple(line.split(",")[0] for line in listed)
