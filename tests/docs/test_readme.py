"""The library's examples in the documentation run as they are written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

TOP = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/looks.md"])
def test_examples_make_a_picture(page: str) -> None:
    """Every block of Python on the page, one after another, ends with a dream."""
    blocks = re.findall(r"```python\n(.*?)```", (TOP / page).read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    picture = names["dream"].picture  # type: ignore[attr-defined]
    assert picture.dtype == np.uint8
    assert picture.std() > 8
