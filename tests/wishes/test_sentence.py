"""Programmes, as typed on a command line."""

from __future__ import annotations

import pytest

from dreamstream.core.errors import UsageError, UserError
from dreamstream.wishes.sentence import programme_of
from dreamstream.wishes.vocabulary import Vocabulary


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
    with pytest.raises(UsageError) as caught:
        programme_of("voclanish", Vocabulary.builtin())
    assert str(caught.value) == "There is no class 'voclanish'. Near to it: volcano."


@pytest.mark.parametrize("text", ["", "  ", "+", " + , "])
def test_nothing_to_dream(text: str) -> None:
    """An empty programme is a wrong usage."""
    with pytest.raises(UserError, match="names nothing to dream"):
        programme_of(text, Vocabulary.builtin())


def test_features_and_what_is_not_wanted() -> None:
    """Layers, channels and pictures stand beside classes; a minus sign, a weight and a region go with each."""
    words = Vocabulary.builtin()

    def read(text: str) -> list[tuple[str, str, str, float]]:
        return [(wish.kind, wish.what, wish.region, wish.weight) for wish in programme_of(text, words).wishes]

    assert read("layer relu4_3") == [("layer", "relu4_3", "whole", 1.0)]
    assert read("bees + layer relu4_3:2 top - dog") == [
        ("class", "bee", "whole", 1.0),
        ("layer", "relu4_3", "top", 2.0),
        ("class", "dog", "whole", -1.0),
    ]
    assert read("layer relu4_3 - dog left:2")[1] == ("class", "dog", "left", -2.0)
    assert read("channel relu5_1:37 - channel relu5_1:4:0.5") == [
        ("channel", "relu5_1:37", "whole", 1.0),
        ("channel", "relu5_1:4", "whole", -0.5),
    ]
    assert read("picture photos/starry+night, 2.jpg@relu3_3:2 left + guide a.png") == [
        ("picture", "photos/starry+night, 2.jpg@relu3_3", "left", 2.0),
        ("guide", "a.png", "whole", 1.0),
    ]
    assert read("owl -dog") == read("-dog + owl") == [("class", "owl", "whole", 1.0), ("class", "dog", "whole", -1.0)]
    assert read("channel relu5_1:37 -dog:2 - cat -bee") == [
        ("channel", "relu5_1:37", "whole", 1.0),
        ("class", "dog", "whole", -2.0),
        ("class", "cat", "whole", -1.0),
        ("class", "bee", "whole", -1.0),
    ]
    assert read("picture a -b.png") == [("picture", "a -b.png", "whole", 1.0)]
    assert programme_of("cat - dog + layer relu4_3", words).title() == "cat + layer relu4_3 - dog"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- layer relu4_3", "only what is not wanted"),
        ("- dog", "only what is not wanted"),
        ("bee + pizza + cat + dog + layer relu4_3", "5 things; 4 share"),
        ("layer glue maker", "no class"),
        ("bee + pizza + cat + dog + owl", "5 things; 4 share"),
        ("bee and pizza and cat + dog and owl and crab", "6 things; 4 share"),
        ("bee:9", "weights are 0.1 to 4"),
        ("bee + layer relu4_3:0.01", "weights are 0.1 to 4"),
        ("bee - dog:5", "weights are 0.1 to 4"),
        ("-dog", "only what is not wanted"),
    ],
)
def test_impossible_features(text: str, message: str) -> None:
    """They are told in a sentence."""
    with pytest.raises(UserError, match=message):
        programme_of(text, Vocabulary.builtin())
