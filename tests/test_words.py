"""Names of models and programmes, as typed on a command line."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from dreamstream.errors import UserError
from dreamstream.vocabulary import Vocabulary
from dreamstream.words import programme_of, vocabulary_of


def weights(path: Path, classes: object) -> Path:
    """A safetensors file without tensors whose metadata lists classes."""
    header = json.dumps({"__metadata__": {"classes": json.dumps(classes)}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path


def test_builtin() -> None:
    """ "auto" and "builtin" know the built-in words."""
    assert vocabulary_of("auto") is vocabulary_of("builtin") is Vocabulary.builtin()


def test_words_of_a_file(tmp_path: Path) -> None:
    """A file's own list counts; a known list brings its emoji and other words along."""
    assert [e.name for e in vocabulary_of(str(weights(tmp_path / "a", ["cup", "tea pot"])))] == ["cup", "tea pot"]
    names = [entry.name for entry in Vocabulary.imagenet()]
    assert vocabulary_of(str(weights(tmp_path / "b", names))) is Vocabulary.imagenet()


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x80\x04" * 50, bytes(range(256)) * 40])
def test_what_is_no_weight_file(tmp_path: Path, content: bytes) -> None:
    """Anything else is one sentence that names the file."""
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"weights\.bin is no dreamstream weight file") as caught:
        vocabulary_of(str(path))
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("classes", [[], ["cup", "cup"], [1, 2], "cup", [""]])
def test_a_file_without_usable_names(tmp_path: Path, classes: object) -> None:
    """A file that lists nothing usable is refused."""
    with pytest.raises(UserError):
        vocabulary_of(str(weights(tmp_path / "w", classes)))


def test_no_file() -> None:
    """A file that is not there is a wrong usage."""
    with pytest.raises(UserError, match="There is no weight file nowhere"):
        vocabulary_of("nowhere")


def test_programmes() -> None:
    """One class has the whole canvas, two share it, and a region or weight may be named."""
    words = Vocabulary.builtin()
    assert [(w.what, w.region, w.weight) for w in programme_of("Bees", words).wishes] == [("bee", "whole", 1.0)]
    shared = programme_of("bee + pizza", words)
    assert [(w.what, w.region) for w in shared.wishes] == [("bee", "top"), ("pizza", "bottom")]
    placed = programme_of("bee left:2 + volcano right", words)
    assert [(w.what, w.region, w.weight) for w in placed.wishes] == [("bee", "left", 2.0), ("volcano", "right", 1.0)]


def test_an_unknown_class_gets_near_names() -> None:
    """The sentence offers up to three names that exist."""
    with pytest.raises(UserError) as caught:
        programme_of("voclanish", Vocabulary.builtin())
    assert caught.value.exit_code == 2
    assert str(caught.value) == "There is no class 'voclanish'. Near to it: volcano."


@pytest.mark.parametrize("text", ["", "  ", "+", " + , "])
def test_nothing_to_dream(text: str) -> None:
    """An empty programme is a wrong usage."""
    with pytest.raises(UserError, match="names nothing to dream"):
        programme_of(text, Vocabulary.builtin())
