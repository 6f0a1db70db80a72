"""What a check of `dreamstream doctor` found."""

from __future__ import annotations

from dataclasses import dataclass

OK, NOTE, FAIL = "ok", "note", "fail"


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    verdict: OK; NOTE: the show runs without it; FAIL: it does not. text: what is, and what to do.
    """

    verdict: str
    subject: str
    text: str
