"""The tables of settings in the docs, made from the fields by `python -m dreamstream.settings.table [--check]`.

A page says where a table belongs, and of what: a group's title, or keys.

    <!-- settings: The video -->
    <!-- end of settings -->
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from dreamstream.core.errors import UsageError
from dreamstream.settings.field import Setting
from dreamstream.settings.show import SETTINGS

PAGES = ("README.md", "docs/settings.md", "docs/requests.md")
_PLACE = re.compile(r"(<!-- settings: (.+?) -->\n)(.*?)(<!-- end of settings -->)", re.S)


def filled(page: str) -> str:
    """A page with its tables as they should be. Raises UsageError for a group or key that there is not."""
    return _PLACE.sub(lambda found: f"{found[1]}{_table(found[2])}{found[4]}", page)


def _table(wanted: str) -> str:
    group = [told for told in SETTINGS.values() if told.group == wanted]
    if group:
        rows = [_row(told) for told in group]
        return "\n".join(["| flag | key | default | meaning |", "|---|---|---|---|", *rows, ""])
    keys = wanted.split()
    if strange := [key for key in keys if key not in SETTINGS]:
        raise UsageError(f"There is no group or setting called {strange[0]} for a table.")
    rows = [f"| {_flag(SETTINGS[key])} | {_escaped(SETTINGS[key].help)} |" for key in keys]
    return "\n".join(["| flag | meaning |", "|---|---|", *rows, ""])


def _row(told: Setting) -> str:
    return f"| {_flag(told)} | `{told.key}` | {_escaped(told.shown_default)} | {_escaped(told.with_default(None))} |"


def _flag(told: Setting) -> str:
    if not told.flag:
        return "none: it is secret"
    if told.form == "yes or no":
        return f"`{told.flag}`, `--no-{told.flag[2:]}`"
    return f"`{told.flag}`" if told.form == "switch" else f"`{told.flag} {told.metavar}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def main(args: Sequence[str]) -> int:
    """Write the tables into the pages; with --check only say which are not as they should be."""
    pages = [Path(name) for name in args if name != "--check"] or [Path(name) for name in PAGES]
    stale = [page for page in pages if filled(text := page.read_text(encoding="utf-8")) != text]
    for page in stale:
        if "--check" in args:
            print(f"{page} has a table that is not current; run: python -m dreamstream.settings.table", file=sys.stderr)
        else:
            page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
    return int(bool(stale) and "--check" in args)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
