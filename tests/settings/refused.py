"""The sentence with which settings are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.core.errors import UsageError
from dreamstream.settings.load import load


def refusal(flags: dict[str, object], config: Path | None = None, environ: dict[str, str] | None = None) -> str:
    """The sentence with which these settings are refused; exit code 2."""
    with pytest.raises(UsageError) as caught:
        load(flags, config, environ or {})
    return str(caught.value)
