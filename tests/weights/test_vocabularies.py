"""The words of a network, by its name or its file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dreamstream.core.errors import UserError
from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.networks.vgg.model import Model
from dreamstream.weights.vgg.native import write_model
from dreamstream.weights.vocabularies import vocabulary_of
from dreamstream.wishes.vocabulary import Vocabulary


def weights(path: Path, classes: tuple[str, ...]) -> Path:
    """A weight file of a small network with these classes."""
    shape = Architecture("D", 1 / 64, 4, len(classes), 32)
    params = {
        name: {"kernel": np.zeros(kernel, np.float32), "bias": np.zeros(kernel[3:], np.float32)}
        for name, kernel in shape.layers().items()
    }
    write_model(path, Model("small", shape, params, classes))
    return path


def test_builtin() -> None:
    """ "auto" and "builtin" know the built-in words."""
    assert vocabulary_of("auto") is vocabulary_of("builtin") is Vocabulary.builtin()


def test_words_of_a_file(tmp_path: Path) -> None:
    """A file's own list counts; a known list brings its emoji and other words along."""
    assert [e.name for e in vocabulary_of(weights(tmp_path / "a", ("cup", "tea pot")))] == ["cup", "tea pot"]
    names = tuple(entry.name for entry in Vocabulary.imagenet())
    assert vocabulary_of(str(weights(tmp_path / "b", names))) is Vocabulary.imagenet()


def test_words_without_weights(tmp_path: Path) -> None:
    """The networks of the catalog know ImageNet's words before their weights are there; JAX is not needed for them."""
    for name in ("vgg16", "vgg16-bn", "vgg16-robust", "vgg19"):
        assert vocabulary_of(name, tmp_path) is Vocabulary.imagenet()
    code = (
        "import sys; from dreamstream.weights.vocabularies import vocabulary_of; vocabulary_of('vgg16'); "
        "assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x80\x04" * 50, bytes(range(256)) * 40])
def test_what_is_no_weight_file(tmp_path: Path, content: bytes) -> None:
    """Anything else is one sentence that names the file."""
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"weights\.bin cannot be used as weights") as caught:
        vocabulary_of(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("classes", [("cup", "cup"), ("cup", "")])
def test_a_file_without_usable_names(tmp_path: Path, classes: tuple[str, ...]) -> None:
    """A file that lists nothing usable is refused."""
    with pytest.raises(UserError, match="empty or appear twice"):
        vocabulary_of(str(weights(tmp_path / "w", classes)))


def test_no_file() -> None:
    """A file that is not there is a wrong usage."""
    with pytest.raises(UserError, match="There is no weight file nowhere"):
        vocabulary_of("nowhere")
