"""The catalog, what a model's name means, and what `dreamstream weights` prints."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dreamstream.cli.main import main
from dreamstream.core.errors import UserError
from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.support import machine
from dreamstream.weights.catalog import (
    BUILTIN,
    builtin_of,
    catalog,
    features_of,
    file_hash,
    load_model,
    resolve,
    weights_of,
)
from dreamstream.weights.formats import read_weights
from tests.weights import networks
from tests.weights.networks import SMALL, random_params

THOUSAND = Architecture("D", 1 / 64, 8, 1000, 32)


def test_the_catalog_is_well_formed() -> None:
    """Every network has a licence and files; every file https addresses and hashes of the right form."""
    assert list(catalog()) == ["vgg16", "vgg16-features", "vgg16-bn", "vgg16-robust", "vgg19"]
    for entry in catalog().values():
        assert entry.licence in ("BSD", "BSD-3-Clause", "MIT")
        assert bool(entry.files) != bool(entry.package)
        assert entry.package is None or len(entry.package.sha256) == 64
        for file in entry.files:
            assert file.urls
            assert all(url.startswith("https://") for url in file.urls)
            for digits, length in ((file.sha256, 64), (file.sha256_begins, 8)):
                assert digits is None or (len(digits) == length and set(digits) <= set("0123456789abcdef"))
            # PyTorch writes the first digits of the hash into the file's name.
            if file.sha256 and file.name.endswith(".pth"):
                assert file.sha256[:8] in file.name


def put(folder: Path) -> Path:
    """A network in the cache under vgg16's name."""
    (folder / "weights").mkdir(parents=True)
    path = folder / "weights" / catalog()["vgg16"].files[0].name
    return networks.write_safetensors(path, THOUSAND, random_params(THOUSAND))


def test_what_auto_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """VGG-16 only where its weights and an accelerator are."""
    for accelerator in ("", "cuda"):
        monkeypatch.setattr(machine, "accelerator", lambda found=accelerator: found)
        assert resolve("auto", tmp_path) == "builtin"
    put(tmp_path)
    assert resolve("auto", tmp_path) == "vgg16"
    monkeypatch.setattr(machine, "accelerator", lambda: "")
    assert resolve("auto", tmp_path) == "builtin"


def test_names_and_paths(tmp_path: Path) -> None:
    """A name of the catalog without weights says how to get them; a path must be a file; a model knows its name."""
    with pytest.raises(UserError, match="dreamstream weights fetch vgg19"):
        weights_of("vgg19", tmp_path)
    with pytest.raises(UserError, match=r"one of auto, builtin, vgg16"):
        weights_of(tmp_path / "nothing", tmp_path)
    path = put(tmp_path)
    assert weights_of("vgg16", tmp_path) == path
    model = load_model("vgg16", tmp_path)
    assert (model.name, model.classes[0]) == ("vgg16", "tench")


def test_the_builtin_network_of_before_is_known_by_its_hash() -> None:
    """Its file is what it says, and is the built-in network by name and words; any other hash is the one of now."""
    before = "8d3d8857f814674259b6908125a991e6018e95f86b5b1a9e8f5c8c758922236b"
    assert file_hash(builtin_of(before)) == before
    ours, theirs = load_model(BUILTIN), load_model(builtin_of(before))
    assert (theirs.name, theirs.classes) == (ours.name, ours.classes)
    now = features_of(BUILTIN)
    for other in (file_hash(now), before[:8], before[:-1] + "0", "../../" + before[6:], ""):
        assert builtin_of(other) == now


def test_list(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is here and what is not, and honestly what is checked."""
    monkeypatch.setenv("DREAMSTREAM_CACHE", str(tmp_path))
    path = put(tmp_path)
    assert main(["weights", "list"]) == 0
    said = capsys.readouterr().out
    assert f"here: 0.2 MB, {path}" in said or str(path) in said
    assert "`dreamstream weights fetch vgg19` downloads it (575 MB)" in said
    assert "content only (no hash is known)" in said


def test_fetch_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown name gets a near one; offline is obeyed; what is there already is enough."""
    assert main(["weights", "fetch", "vgg-16"]) == 2
    assert "did you mean vgg16?" in capsys.readouterr().err
    assert main(["weights", "fetch", "vgg16", "--offline", "--cache", str(tmp_path)]) == 1
    assert "offline mode" in capsys.readouterr().err
    put(tmp_path)
    assert main(["weights", "fetch", "vgg16", "--offline", "--cache", str(tmp_path)]) == 0
    assert "Use it with --model vgg16" in capsys.readouterr().out


def test_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Format, network, classes and preprocessing; weights that nobody trained are told apart."""
    path = networks.write_safetensors(tmp_path / "a", THOUSAND, random_params(THOUSAND))
    assert main(["weights", "check", str(path)]) == 0
    said = capsys.readouterr().out
    for words in ("torchvision (safetensors)", "VGG-16", "1000 classes: tench", "RGB times 1", "all numbers finite"):
        assert words in said
    params = random_params(THOUSAND)
    params["conv4_1"]["kernel"][:] = 0.5
    networks.write_safetensors(path, THOUSAND, params)
    assert main(["weights", "check", str(path)]) == 1
    assert "all weights of conv4_1 are the same" in capsys.readouterr().err


@pytest.mark.parametrize("half", [False, True])
def test_convert(tmp_path: Path, half: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Any readable file becomes this project's own, with its preprocessing and classes."""
    source = networks.write_python2_lasagne(tmp_path / "vgg.pkl", random_params(SMALL))
    output = tmp_path / "own.safetensors"
    assert main(["weights", "convert", str(source), str(output), *(["--half"] if half else [])]) == 0
    before, after = read_weights(source), read_weights(output)
    assert (after.architecture, after.classes, after.preprocessing) == (
        before.architecture,
        before.classes,
        before.preprocessing,
    )
    tolerance = 1e-3 if half else 0
    assert np.allclose(after.params["fc6"]["kernel"], before.params["fc6"]["kernel"], tolerance, tolerance)
    assert (output.stat().st_size < 0.7 * source.stat().st_size) == half
    if sys.platform != "win32":
        (tmp_path / "usual").touch()
        assert output.stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert main(["weights", "convert", str(source), str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is told by /proc")
def test_a_full_size_file_is_not_held_three_times(tmp_path: Path) -> None:
    """The 553 MB of VGG-16 are held once by us, and once by the system's cache, which can take its share back."""
    header: dict[str, object] = {}
    at = 0
    whole = Architecture()
    for layer, own in networks.torch_names(whole).items():
        shape = whole.layers()[layer]
        sides = [shape[3], shape[0] * shape[1] * shape[2]] if layer.startswith("fc") else [shape[3], shape[2], 3, 3]
        for part, dims in (("weight", sides), ("bias", [shape[3]])):
            size = 4 * int(np.prod(dims))
            header[f"{own}.{part}"] = {"dtype": "F32", "shape": dims, "data_offsets": [at, at + size]}
            at += size
    text = json.dumps(header).encode()
    path = tmp_path / "vgg16.safetensors"
    with path.open("wb") as file:  # zeros that take no room on the disk
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)
    code = (
        "import sys; from pathlib import Path; import dreamstream.networks.vgg.model\n"
        "from dreamstream.weights.formats import read_weights\n"
        "told = lambda: next(int(l.split()[1]) << 10 for l in open('/proc/self/status') if l.startswith('VmHWM'))\n"
        "before = told(); model = read_weights(Path(sys.argv[1])); print(told() - before)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=True,
    )
    assert 0.9 * at < int(done.stdout) < 2.2 * at
