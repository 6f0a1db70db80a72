"""A name that was typed wrongly is answered with the nearest one, or with all there are."""

from __future__ import annotations

import pytest

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
