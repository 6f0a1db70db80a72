"""A name that was typed wrongly is answered with the nearest one, or with all there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dreamstream.cli.main import main
from dreamstream.core.arguments import check_controls
from dreamstream.core.card import Card, Control, Word
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UsageError
from dreamstream.core.names import meant, near, nearest
from dreamstream.dreamers import registry

ZOOM = Control("zoom", "per second", 0.9, 1.2, 1.05, "How fast.")


def test_near() -> None:
    """What was probably meant, else what there is."""
    assert near("REDD", ["red", "blue"]) == "Did you mean red?"
    assert near("x", ["red", "blue"]) == "There are red, blue."
    assert near("x", ["red"]) == "There is red."
    assert meant("calmm", ["Vivid", "Calm"]) == "did you mean Calm?"
    assert meant("x", []) == "there are none."
    assert nearest("x", ["red"]) is None


@pytest.mark.parametrize("typed", ["calmm", "clam", "Calm!"])
def test_a_preset(typed: str) -> None:
    """Of a look."""
    with pytest.raises(UsageError, match=rf"There is no preset '{typed}'; did you mean calm\?$"):
        registry.describe(request=DreamerRequest(preset=typed))


def test_a_dreamer() -> None:
    """Of what dreams."""
    with pytest.raises(UsageError, match=r"There is no dreamer 'ascend'; did you mean ascent\?$"):
        registry.describe("ascend")


def test_a_control() -> None:
    """Of what can be set; all of them where none is like it."""
    card = Card("double", (Word("bee"),), controls=(ZOOM,))
    with pytest.raises(UsageError, match=r"^--set: there is no control 'zooom'; did you mean zoom\?$"):
        check_controls(card, {"zooom": 1.0})
    with pytest.raises(UsageError, match=r"^--set: there is no control 'pan'; there is zoom\.$"):
        check_controls(card, {"pan": 1.0})
    with pytest.raises(UsageError, match=r"^--set: zoom must be .*, not 9\.$"):
        check_controls(card, {"zoom": 9.0})


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("serve --model vgg17", "vgg19"),
        ("serve --model VGG16-BNN", "vgg16-bn"),
        ("image -c bee -o a.png --model builtin2", "builtin"),
        ("weights check vgg17", "vgg19"),
        ("weights fetch vgg17", "vgg19"),
        ("serve --preset vivd", "vivid"),
        ("gallery bee -o a.png --preset vivd", "vivid"),
        ("serve --dreamer acsent", "ascent"),
        ("serve --finish crips", "crisp"),
        ("serve --encoder libx265", "libx264"),
        ("serve --dtype float23", "float32"),
        ("serve --set zom=1.1", "zoom"),
        ("completion zhs", "zsh"),
    ],
)
def test_every_flag_with_names_knows_the_nearest(
    words: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Exit code 2, and a sentence that ends with the name that was probably meant."""
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    assert re.search(rf"[Dd]id you mean {name}\?$", capsys.readouterr().err.strip())
