"""The library's examples in the documentation run as they are written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from platformdirs.unix import Unix

from dreamstream.settings.show import APP

TOP = Path(__file__).parents[2]


def test_the_folders_that_an_uninstalled_show_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The README names all that the platform's rules give this program, and no other."""
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    places = Unix(APP)
    kept = {places.user_state_dir, places.user_cache_dir, places.user_config_dir, places.user_data_dir}
    text = (TOP / "README.md").read_text(encoding="utf-8").partition("## Update and uninstall")[2]
    assert {str(Path(found).expanduser()) for found in re.findall(r"`(~/\S+)`", text)} == kept


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
