"""What the benches have in common: how long one may last, how its figures are told and written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dreamstream.support.files import replacing

DAY = 24 * 3600
# What the queue promises without other settings.
LIMIT_TOTAL, LIMIT_EACH = 50, 2


def tell(figures: dict[str, Any], lines: Iterable[str], output: Path | None) -> int:
    """Print the figures as lines for people, write them as JSON if a file is named; the exit code."""
    for line in lines:
        print(line)
    if output is not None:
        with replacing(output) as partial:
            partial.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def policy_in_words(longest: int, most_of_one: int) -> str:
    """Whether the queue kept its promises. longest: it ever was. most_of_one: requests of one viewer waited at once."""
    holds = longest <= LIMIT_TOTAL and most_of_one <= LIMIT_EACH
    of = f"at most {longest} waiting (limit {LIMIT_TOTAL}), {most_of_one} of one viewer ({LIMIT_EACH})"
    return f"{'queue policy':<26}{'holds' if holds else 'BROKEN'}: {of}"
