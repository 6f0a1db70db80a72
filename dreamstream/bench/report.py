"""How every bench begins and ends: its length is checked, its figures are told and written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dreamstream.support.files import replacing

DAY = 24 * 3600


def tell(figures: dict[str, Any], lines: Iterable[str], output: Path | None) -> int:
    """Print the figures as lines for people, write them as JSON if a file is named; the exit code."""
    for line in lines:
        print(line)
    if output is not None:
        with replacing(output) as partial:
            partial.write_text(json.dumps(figures, indent=2) + "\n")
    return 0
