"""Class heads: a file of a few classes, and the network that it stands on."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from dreamstream.cli.main import main
from dreamstream.core.errors import UserError
from dreamstream.support.resources import models_folder
from dreamstream.weights.catalog import BUILTIN, builtin_of, catalog, features_of, file_hash
from dreamstream.weights.formats import head_or_none, read_weights
from dreamstream.weights.heads import Base, write_head
from dreamstream.weights.vocabularies import vocabulary_of
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.vocabulary import Vocabulary
from tests.weights import networks
from tests.weights.networks import SMALL, random_params

WORDS = (ClassName(0, "tabby cat", "🐈", ("tabby", "mog")), ClassName(1, "teapot"), ClassName(2, "kite"))


def head_on(folder: Path, hidden: int = 0) -> tuple[Path, Path]:
    """A head's file and that of the small network it stands on, side by side."""
    base = networks.write_safetensors(folder / "base.safetensors", SMALL, random_params(SMALL))
    rng = np.random.default_rng(1)
    sizes = [sum(SMALL.channels()), *([hidden] if hidden else []), len(WORDS)]
    layers = {
        name: {"kernel": rng.normal(size=(1, 1, before, after)), "bias": rng.normal(size=after)}
        for name, before, after in zip(("fc7", "fc8")[-len(sizes) + 1 :], sizes, sizes[1:], strict=False)
    }
    path = folder / "head.safetensors"
    write_head(path, Base(base.name, file_hash(base)), 96, WORDS, layers, {"about": "a test", "accuracy": 0.5})
    return path, base


@pytest.mark.parametrize("hidden", [0, 5])
def test_a_head_and_its_base_are_a_network(tmp_path: Path, hidden: int) -> None:
    """Convolutions and preprocessing are the base's; classes, with their other words, the head's."""
    path, base = head_on(tmp_path, hidden)
    model = read_weights(path)
    shape = model.architecture
    assert (shape.head, shape.dense, shape.classes, shape.window) == ("pooled", hidden, 3, 96)
    assert model.classes == ("tabby cat", "teapot", "kite")
    below = read_weights(base)
    assert model.preprocessing == below.preprocessing
    assert np.array_equal(model.params["conv5_3"]["kernel"], below.params["conv5_3"]["kernel"])
    picture = jnp.asarray(np.random.default_rng(2).uniform(size=(1, 96, 96, 3)), jnp.float32)
    run = jax.jit(model.activations, static_argnames="until")
    seen = run(model.params, picture)
    means = [np.asarray(seen[f"relu{name}"])[0].mean((0, 1)) for name in ("1_2", "2_2", "3_3", "4_3")]
    last = np.asarray(seen["relu5_3"])[0].reshape(3, 2, 3, 2, -1).max((1, 3)).mean((0, 1))
    said = np.concatenate([*means, last])
    given = run(model.params, picture, until="means")["means"]
    assert np.allclose(given[0].mean((0, 1)), said, atol=1e-5)
    for name in ("fc7", "fc8"):
        if name in model.params:
            said = said @ model.params[name]["kernel"][0, 0] + model.params[name]["bias"]
            said = np.maximum(said, 0) if name == "fc7" else said
    assert np.allclose(jax.jit(model.window_logits)(model.params, picture)[0], said, atol=1e-4)
    words = vocabulary_of(path)
    found = words.match("mog")
    assert found is not None
    assert found.name == "tabby cat"
    head = head_or_none(path)
    assert head is not None
    assert head.card["accuracy"] == 0.5
    assert head_or_none(base) is None


def test_another_base_is_refused(tmp_path: Path) -> None:
    """A head knows its network by its hash, and says when it is another or is not there."""
    path, base = head_on(tmp_path)
    networks.write_safetensors(base, SMALL, random_params(SMALL, seed=7))
    with pytest.raises(UserError, match=r"a head for another network than .*base\.safetensors"):
        read_weights(path)
    base.unlink()
    with pytest.raises(UserError, match=r"a head on 'base\.safetensors', which lies neither beside it nor in"):
        read_weights(path)


def test_a_head_taught_on_the_builtin_network_of_before_stands_on_it(tmp_path: Path) -> None:
    """Who taught words of their own keeps them when the program's network becomes another."""
    earlier = builtin_of("8d3d8857f814674259b6908125a991e6018e95f86b5b1a9e8f5c8c758922236b")
    below = read_weights(earlier)
    rng = np.random.default_rng(1)
    inputs = sum(below.architecture.channels())
    layer = {"kernel": rng.normal(size=(1, 1, inputs, len(WORDS))), "bias": rng.normal(size=len(WORDS))}
    path = tmp_path / "head.safetensors"
    write_head(path, Base(BUILTIN, file_hash(earlier)), below.architecture.window, WORDS, {"fc8": layer}, {})
    model = read_weights(path)
    assert np.array_equal(model.params["conv5_3"]["kernel"], below.params["conv5_3"]["kernel"])
    write_head(path, Base(BUILTIN, "0" * 64), below.architecture.window, WORDS, {"fc8": layer}, {})
    with pytest.raises(UserError, match="a head for another network"):
        read_weights(path)


def test_a_head_that_does_not_fit_its_base(tmp_path: Path) -> None:
    """The shapes are compared before anything is run."""
    path = tmp_path / "head.safetensors"
    base = features_of(BUILTIN)
    layers = {"fc8": {"kernel": np.ones((1, 1, 512, 3), np.float32), "bias": np.ones(3, np.float32)}}
    write_head(path, Base(BUILTIN, file_hash(base)), 64, WORDS, layers, {})
    with pytest.raises(UserError, match=r"its fc8 has shape \(1, 1, 512, 3\), and builtin needs \(1, 1, 368, 3\)"):
        read_weights(path)


def test_what_is_typical_comes_back_or_is_refused(tmp_path: Path) -> None:
    """The classes' means and their spread are in the model; what is not whole, or does not fit, is told."""
    path, _ = head_on(tmp_path)
    assert read_weights(path).typical is None
    channels = sum(SMALL.channels())
    mean = np.arange(3 * channels, dtype=np.float32).reshape(3, channels) / 64
    with safe_open(path, "numpy") as file:
        metadata = dict(file.metadata())
    tensors = load_file(path)
    whole = tensors | {"typical.mean": mean, "typical.spread": np.ones(channels, np.float32)}
    save_file(whole, path, metadata)
    typical = read_weights(path).typical
    assert typical is not None
    assert np.array_equal(typical.mean, mean)
    for changed, said in (
        ({"typical.mean": mean[:2].copy()}, r"its typical mean has shape \(2, "),
        ({"typical.spread": np.full(channels, np.nan, np.float32)}, "no finite numbers"),
        ({"typical.spread": np.ones(channels, np.int32)}, "not whole, or not made of floats"),
    ):
        save_file(whole | changed, path, metadata)
        with pytest.raises(UserError, match=said):
            read_weights(path)
    save_file(tensors | {"typical.mean": mean}, path, metadata)
    with pytest.raises(UserError, match="not whole"):
        read_weights(path)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("base", "7", "metadata"),
        ("window", "95", "multiple of 32"),
        ("classes", "[]", "metadata"),
        ("classes", json.dumps([{"name": "a", "aliases": []}] * 3), "appear twice"),
        ("classes", json.dumps([{"name": name, "aliases": []} for name in "abcd"]), "fc8 has shape"),
    ],
)
def test_damaged_metadata(tmp_path: Path, key: str, value: str, said: str) -> None:
    """What the metadata says is not believed."""
    path, _ = head_on(tmp_path)
    with safe_open(path, "numpy") as file:
        metadata = dict(file.metadata())
    save_file(load_file(path), path, metadata | {key: value})
    with pytest.raises(UserError, match=said):
        read_weights(path)


def test_a_network_without_classes_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A class wished of convolutions alone gets one sentence with the remedy, in every command."""
    bare = SMALL.without_head()
    path = str(networks.write_safetensors(tmp_path / "bare.safetensors", bare, random_params(bare)))
    out = str(tmp_path / "a.png")
    for command in (
        ["image", "-c", "bee", "-o", out, "--model", path],
        ["classes", "--model", path],
        ["gallery", "-o", out, "--model", path],
        ["serve", "--model", path, "--state", str(tmp_path / "state")],
    ):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert "this network has no classes" in said
        assert "dreamstream teach" in said
        assert said.count("\n") == 1
    assert main(["weights", "check", path]) == 0
    assert "convolutions alone" in capsys.readouterr().out


@pytest.mark.slow
def test_layers_of_a_network_without_classes(tmp_path: Path) -> None:
    """What can be wished for without classes is dreamed."""
    bare = SMALL.without_head()
    path = str(networks.write_safetensors(tmp_path / "bare.safetensors", bare, random_params(bare)))
    out = tmp_path / "a.png"
    for wish in ("layer relu4_3", "channel relu5_1:3"):
        out.unlink(missing_ok=True)
        assert main(["image", "-c", wish, "-o", str(out), "--model", path, "--steps", "2", "--size", "96x96"]) == 0
        assert out.stat().st_size > 1000


def test_the_shipped_head() -> None:
    """Its words are those of its list, known where its network is not installed; it is small, and says what it is."""
    path = models_folder() / "vgg16-features" / "head.safetensors"
    head = head_or_none(path)
    assert head is not None
    listed = Vocabulary.from_csv(path.with_name("classes.csv"))
    assert [(w.name, w.emoji, w.aliases) for w in head.words] == [(w.name, w.emoji, w.aliases) for w in listed]
    package = catalog()["vgg16-features"].package
    assert package is not None
    assert head.base == Base("vgg16-features", package.sha256)
    assert path.stat().st_size < 1 << 20
    assert head.card["accuracy"] > 0.8
    assert "CC BY 4.0" in head.card["about"]
    words = vocabulary_of("vgg16-features")
    for said, meant in (("plane", "airplane"), ("🍕", "pizza"), ("sea horse", "seahorse"), ("chicken", "rooster")):
        found = words.match(said)
        assert found is not None
        assert found.name == meant
