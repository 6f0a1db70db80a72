"""A viewer's name as others may see it: no link, no control character, no word of the block list. Pure."""

from __future__ import annotations

import re

from dreamstream.chat.block_list import BlockList

# What a name that must not be repeated is replaced by; the same in every language, for it stands where names stand.
SOMEONE = "someone"

_NO_NAME = re.compile(r"[^\w -]+")
_LONGEST_NAME = 25


def name_of(who: str, blocked: BlockList | None = None) -> str:
    """The name with letters, digits, spaces, _ and - only, so that it can hold no link; "someone" for a blocked one."""
    blocked = BlockList.shipped() if blocked is None else blocked
    kept = " ".join(_NO_NAME.sub("", who[: 4 * _LONGEST_NAME]).split())[:_LONGEST_NAME].strip()
    return SOMEONE if not kept or blocked.hits(who) or blocked.hits(kept) else kept
