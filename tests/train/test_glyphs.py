"""Reading artwork packages: how a style's names are matched, and what broken ones get."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dreamstream.core.errors import UserError
from dreamstream.train.glyphs import SPRITE, STYLES, GlyphClass, load_style, read_classes
from dreamstream.weights.catalog import load_model, models_folder
from dreamstream.wishes.vocabulary import Vocabulary
from tests.train.artwork import BAR, DISC, write_style

BEE = GlyphClass("bee", ("\N{HONEYBEE}",), ())
HEART = GlyphClass("heart", ("\N{HEAVY BLACK HEART}",), ())
PIZZA = GlyphClass("pizza", ("\N{SLICE OF PIZZA}",), ())


@pytest.mark.parametrize(
    ("icon", "code"), [("some-name", "1f41d"), ("honeybee", ""), ("bee", ""), ("old", ""), ("honeybee", "other")]
)
def test_an_emoji_is_found_by_code_point_or_name(tmp_path: Path, icon: str, code: str) -> None:
    """By the package's own list, by the emoji's names, or by an alias of the package."""
    aliases = {"honeybee": "old"} if icon == "old" else {}
    write_style(tmp_path / "iconify-json-noto-1.0.0.tgz", {icon: (code, DISC)}, aliases)
    sprites = load_style("noto", [BEE, PIZZA], tmp_path)
    assert list(sprites) == ["bee"]
    (sprite,) = sprites["bee"]
    assert sprite.shape == (SPRITE, SPRITE, 4)
    assert sprite.dtype == np.uint8
    assert tuple(sprite[SPRITE // 2, SPRITE // 2]) == (255, 34, 34, 255)
    assert sprite[0, 0, 3] == 0


def test_an_emoji_with_a_variation_selector_is_found(tmp_path: Path) -> None:
    """Packages list some emoji with the code point that asks for colour."""
    write_style(tmp_path / "iconify-json-noto-1.0.0.tgz", {"x": ("2764-fe0f", DISC)})
    assert list(load_style("noto", [HEART], tmp_path)) == ["heart"]


def test_a_sprite_is_cropped_to_what_is_seen(tmp_path: Path) -> None:
    """A bar reaches from side to side and stays a bar."""
    write_style(tmp_path / "iconify-json-noto-1.0.0.tgz", {"bee": ("1f41d", BAR)})
    alpha = load_style("noto", [BEE], tmp_path)["bee"][0][..., 3] > 128
    rows, columns = np.nonzero(alpha)
    assert columns.min() <= 3
    assert columns.max() >= SPRITE - 4
    assert (rows.max() - rows.min()) / (columns.max() - columns.min()) == pytest.approx(1 / 3, abs=0.03)


def test_the_newest_package_is_taken_and_none_is_said(tmp_path: Path) -> None:
    """The sentence names the package and how to get it."""
    with pytest.raises(UserError, match="npm pack @iconify-json/twemoji"):
        load_style("twemoji", [BEE], tmp_path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b broken"])
def test_a_broken_package_is_said(tmp_path: Path, content: bytes) -> None:
    """One sentence, not a traceback."""
    (tmp_path / "iconify-json-noto-1.0.0.tgz").write_bytes(content)
    with pytest.raises(UserError, match="no package of icons"):
        load_style("noto", [BEE], tmp_path)


def test_class_list_is_whole() -> None:
    """150 to 250 classes, those of the weights in their order, each with an emoji, and ImageNet's names where given."""
    classes = read_classes(models_folder() / "builtin" / "classes.csv")
    names = [item.name for item in classes]
    assert 150 <= len(names) <= 250
    assert tuple(names) == load_model("builtin").classes
    assert len(set(names)) == len(names)
    assert all(item.emoji for item in classes)
    words = [word for item in classes for word in (item.name, *item.aliases)]
    assert len(set(words)) == len(words), "a word means one class"
    imagenet = {entry.name for entry in Vocabulary.imagenet()}
    assert {item.imagenet for item in classes if item.imagenet} <= imagenet
    assert sum(bool(item.imagenet) for item in classes) > 60


def test_every_style_says_whose_it_is() -> None:
    """Author and licence go into the card beside the weights."""
    card = (models_folder() / "builtin" / "README.md").read_text()
    for style in STYLES.values():
        assert style.licence in {"Apache-2.0", "MIT", "CC-BY-4.0"}
        assert f"@iconify-json/{style.package}" in card
