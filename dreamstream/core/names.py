"""Names that were typed wrongly: what was probably meant, or what there is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The name that is most like a word, in any case; None where none is like it."""
    spelt = {name.casefold(): name for name in known}
    matches = difflib.get_close_matches(word.casefold(), list(spelt), 1)
    return spelt[matches[0]] if matches else None


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a sentence on a name that there is not: "did you mean calm?", else "there are vivid, calm."."""
    names = list(known)
    if found := nearest(word, names):
        return f"did you mean {found}?"
    return f"there {'is' if len(names) == 1 else 'are'} {', '.join(names) or 'none'}."


def choice(word: str, known: Iterable[str]) -> str:
    """The end of a sentence on a word that is none of some: "must be one of calm, vivid; did you mean calm?"."""
    names = list(known)
    close = nearest(word, names)
    return f"must be one of {', '.join(names)}" + (f"; did you mean {close}?" if close else "")


def sentence(text: str) -> str:
    """A text that ends as a sentence does, also where it ends with a question or has its full stop."""
    return text if text.endswith((".", "?")) else f"{text}."


def near(word: str, known: Iterable[str]) -> str:
    """The same as a sentence of its own: "Did you mean calm?", else "There are vivid, calm."."""
    said = meant(word, known)
    return said[0].upper() + said[1:]
