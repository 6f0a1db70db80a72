"""Two ways to ask a vocabulary: with a memory of what was asked lately, and without any guessing."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.vocabulary import Vocabulary

_LATELY = 2000


class Lookup(Protocol):
    """What composing a programme asks of words (see Vocabulary)."""

    def match(self, text: str) -> ClassName | None:
        """The class that `text` means."""

    def exact(self, text: str) -> ClassName | None:
        """The class that `text` names in full."""

    def suggest(self, text: str) -> list[ClassName]:
        """Classes near to a text that no class fits."""

    def all_symbols(self, text: str) -> list[ClassName]:
        """The classes of the emoji in `text`."""


class Remembered:
    """A vocabulary that keeps its answers to the last 2000 texts, for chats repeat themselves."""

    def __init__(self, words: Vocabulary) -> None:
        self.exact, self.all_symbols = words.exact, words.all_symbols
        self.match = lru_cache(_LATELY)(words.match)
        self.suggest = lru_cache(_LATELY)(words.suggest)


class Exactly:
    """A vocabulary that takes names, other words and emoji in full and guesses nothing, which takes hardly any time."""

    def __init__(self, words: Vocabulary) -> None:
        self.exact = self.match = words.exact
        self.all_symbols = words.all_symbols

    def suggest(self, text: str) -> list[ClassName]:
        """None, for that would be guessing."""
        return []
