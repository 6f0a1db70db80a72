"""Docstrings as this project writes them, in the form that Sphinx reads. Pure: lines in, lines out.

A docstring is plain prose. A paragraph that begins with a lower-case name and a colon says what arguments or fields
mean, one sentence or more for each: "size: width and height, in pixels. seed: what random numbers start from." A
sentence that begins with "Raises" and a name says which error comes when. Names of code stand in `backticks`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAMES = r"[a-z_][a-z0-9_]*(?:(?:, | and |, and )[a-z_][a-z0-9_]*)*"
_FIELD = re.compile(rf"({_NAMES}): +(?=\S)")
# A new field begins where a sentence has ended.
_NEXT = re.compile(rf"(?<=[.;)\]}}\"]) +(?={_NAMES}: +\S)")
_RAISES = re.compile(r"(?:^|(?<=[.;:]) )Raises ([A-Z]\w+)(?:,? |\.)")
_CODE = re.compile(r"(`+[^`]+`+)")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.]*")


def to_sphinx(lines: Sequence[str]) -> list[str]:
    """The docstring of a function or class as reStructuredText, with field lists for what its prose says of names."""
    told: list[str] = []
    for paragraph in re.split(r"\n[ \t]*\n", "\n".join(lines).strip("\n")):
        told += ["", *_paragraph(paragraph)]
    return [*told[1:], ""]


def plain(text: str) -> str:
    """Prose in which nothing but backticks has a meaning: names of code may become links, other code is literal."""
    parts = _CODE.split(text)
    for index, part in enumerate(parts):
        if index % 2 == 0:
            part = re.sub(r"([*|\\@])", r"\\\1", part)
            parts[index] = re.sub(r"(?<=\w)_(?!\w)", r"\\_", part)
        elif not part.startswith("``") and not _IDENTIFIER.fullmatch(part.strip("`")):
            parts[index] = f"`{part}`"
    return "".join(parts)


def _paragraph(paragraph: str) -> list[str]:
    if any(line.startswith("  ") for line in paragraph.splitlines()):
        # A table, a diagram or code keeps its lines.
        return ["::", "", *(f"    {line}" for line in paragraph.splitlines())]
    text = " ".join(paragraph.split())
    if not _FIELD.match(text):
        return _errors(text)
    fields: list[str] = []
    for sentence in _NEXT.split(text):
        found = _FIELD.match(sentence)
        assert found is not None
        prose, *errors = _errors(sentence[found.end() :])
        names = re.split(r", and |, | and ", found[1])
        fields += [f":param {name}: {prose}" for name in names]
        fields += [line for line in errors if line]
    return fields


def _errors(text: str) -> list[str]:
    """A paragraph, and what it raises as fields after it."""
    prose, *raised = _RAISES.split(text)
    fields = [
        f":raises {name}: {plain(why.strip()) or 'see above.'}"
        for name, why in zip(raised[::2], raised[1::2], strict=True)
    ]
    told = [plain(prose.strip())] if prose.strip() else []
    return [*told, "", *fields] if told and fields else told + fields
