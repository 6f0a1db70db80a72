"""Words that no viewer's name may hold where others see it, found through accents, digits and repeated letters."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path

from dreamstream.support.files import read_text
from dreamstream.weights.catalog import models_folder

# What is written for a letter, and letters of other alphabets that look the same.
_LEET = str.maketrans(
    "013456789@$!|+€аеорсхіукмтвн",
    "oieasgtbgasiiteaeopcxiykmtbh",
)
_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")
_LETTERS = re.compile(r"[^a-z]+")
# A longer text is cut: names are short, and matching one must stay quick.
_LONGEST = 200


class BlockList:
    """Finds blocked words in a name.

    words: small letters; "=word" is found only as a whole word, "~word" is an innocent word that holds another one.
    """

    def __init__(self, words: Iterable[str]) -> None:
        kinds: dict[str, list[str]] = {"": [], "=": [], "~": []}
        for word in words:
            mark = word[:1] if word[:1] in ("=", "~") else ""
            if plain := _LETTERS.sub("", _plain(word.removeprefix(mark))):
                kinds[mark].append(plain)
        self._inside, self._whole, self._innocent = map(_pattern, (kinds[""], kinds["="], kinds["~"]))

    @staticmethod
    @cache
    def shipped() -> BlockList:
        """The list that comes with the program."""
        return BlockList(_shipped_words())

    @staticmethod
    def extended(path: Path) -> BlockList:
        """The shipped list and the words of a text file: one a line, `#` begins a comment.

        Raises OSError, or UnicodeDecodeError for a file that no editor saves as UTF-8 or UTF-16.
        """
        lines = (line.partition("#")[0].strip() for line in read_text(path).splitlines())
        return BlockList([*_shipped_words(), *(line for line in lines if line)])

    def hits(self, text: str) -> bool:
        """Whether the text holds a blocked word."""
        words = [part for part in _BREAK.split(text[:_LONGEST]) if part]
        # "name88" is a word with a number behind it, but "n4me" is a word.
        whole = [_LETTERS.sub("", _plain(word.strip("0123456789"))) for word in words]
        squashed = _LETTERS.sub("", _plain("".join(words)))
        if self._innocent:
            squashed = self._innocent.sub(" ", squashed)
            whole = [self._innocent.sub(" ", word) for word in whole]
        return bool(
            (self._inside and self._inside.search(squashed))
            or (self._whole and any(self._whole.fullmatch(word) for word in [*whole, squashed]))
        )


def _shipped_words() -> list[str]:
    lines = (models_folder() / "words" / "blocked.txt").read_text(encoding="ascii").splitlines()
    return [codecs.decode(line, "rot13") for line in lines if line and not line.startswith("#")]


def _plain(text: str) -> str:
    marked = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in marked if not unicodedata.combining(c)).translate(_LEET)


def _pattern(words: list[str]) -> re.Pattern[str] | None:
    """Finds any of the words with letters repeated at will, and i for l, as a 1 may be read."""
    if not words:
        return None
    runs = ([(letter, len(list(run))) for letter, run in groupby(word)] for word in words)
    return re.compile("|".join("".join(f"{'[il]' if c == 'l' else c}{{{n},}}" for c, n in word) for word in runs))


# What a name that must not be repeated is replaced by; the same in every language, for it stands where names stand.
SOMEONE = "someone"

# Emoji, alone, with skin tones and variants, joined to one, or as flags.
_EMOJI = "[\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*"
_OF_A_NAME = re.compile(rf"[\w -]|[\U0001f1e6-\U0001f1ff]{{2}}|{_EMOJI}(?:\u200d{_EMOJI})*")
_LONGEST_NAME = 25


def name_of(who: str, blocked: BlockList | None = None) -> str:
    """The name with letters, digits, emoji, spaces, _ and - only, so that it can hold no link; "someone" for a blocked
    one.
    """
    blocked = BlockList.shipped() if blocked is None else blocked
    name, room = "", _LONGEST_NAME
    # Emoji have places that are not taken yet: who knows what will be shown there.
    known = (char for char in who[: 4 * _LONGEST_NAME] if char.isascii() or unicodedata.category(char) != "Cn")
    for part in _OF_A_NAME.findall(" ".join("".join(known).split())):
        room -= len(part)
        name += part if room >= 0 else ""
    name = " ".join(name.split())
    return SOMEONE if not name or blocked.hits(who) or blocked.hits(name) else name
