"""The words a dreamer knows, and how a person's spelling of one is understood. No JAX, no weights.

A text is tried in this order, and the first that fits is it:
    the whole text as a name or another word, then with fillers ("the", "please") taken off one at a time
    -> the same with letters said once that were stretched ("beeee")
    -> one word: a word that a single name has; several: a part of a name -> typing errors -> a name within the text
    -> its emoji
Invariants: a name in full always means its own class; what fits two classes equally means neither; the same text
always means the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from dreamstream.core.card import Word
from dreamstream.support.resources import models_folder
from dreamstream.wishes.class_names import ClassName, read_class_names
from dreamstream.wishes.common_words import FILLERS, NO_HEADS, is_common
from dreamstream.wishes.completion import WordIndex
from dreamstream.wishes.spelling import FLAG_LETTERS, fold, singular, sound, stem, symbol_words, symbols, unstretched


class Vocabulary:
    """The classes of one network, found by any reasonable spelling in under a millisecond.

    Raises ValueError for a name that appears twice, or for no names at all.
    """

    def __init__(self, entries: Iterable[ClassName]) -> None:
        self.entries: tuple[ClassName, ...] = tuple(entries)
        self._by_name: dict[str, ClassName] = {}
        for entry in self.entries:
            if entry.name in self._by_name:
                raise ValueError(f"the class name {entry.name!r} appears twice")
            self._by_name[entry.name] = entry
        # Every word for every class, names first, then other words in the order of how early a class lists them.
        ranked = sorted(
            ((rank, number) for number, entry in enumerate(self.entries) for rank in range(len(entry.aliases) + 1)),
        )
        self._exact: dict[str, ClassName] = {}
        self._tight: dict[str, ClassName] = {}
        self._stems: dict[str, ClassName] = {}
        self._sounds: dict[str, set[int]] = {}
        self._emoji: dict[str, ClassName] = {}
        in_names: defaultdict[str, dict[int, bool]] = defaultdict(dict)
        in_aliases: defaultdict[str, dict[int, bool]] = defaultdict(dict)
        for rank, number in ranked:
            entry = self.entries[number]
            folded = fold(entry.name if rank == 0 else entry.aliases[rank - 1])
            self._exact.setdefault(folded, entry)
            self._tight.setdefault(folded.replace(" ", ""), entry)
            # "glasses" are no glass, nor "shades" a shade: a thing that is only listed in the plural has no singular.
            if rank == 0 or not (folded.endswith("s") and singular(folded) != folded and is_common(folded)):
                self._stems.setdefault(stem(folded), entry)
            self._sounds.setdefault(sound(stem(folded)), set()).add(number)
            words = folded.split()
            for place, word in enumerate(words):
                index = in_names if rank == 0 else in_aliases
                numbers = index[singular(word)]
                numbers[number] = numbers.get(number, False) or place == len(words) - 1
        for entry in self.entries:
            for emoji in entry.emojis or ((entry.emoji,) if entry.emoji else ()):
                self._emoji.setdefault("".join(symbols(emoji)) or emoji, entry)
        self._in_names = dict(in_names)
        self._in_aliases = dict(in_aliases)
        self._spellings = list(self._tight)
        is_common("")  # reads its list now, for the first question must be answered as fast as any other
        self._folded_names = [fold(entry.name) for entry in self.entries]
        self._index = WordIndex(self._folded_names, [[fold(a) for a in entry.aliases] for entry in self.entries])

    @staticmethod
    @cache
    def builtin() -> Vocabulary:
        """The words of the built-in network."""
        return Vocabulary.from_csv(models_folder() / "builtin" / "classes.csv")

    @staticmethod
    @cache
    def imagenet() -> Vocabulary:
        """The 1000 classes of ImageNet, in torchvision's order."""
        return Vocabulary.from_csv(models_folder() / "imagenet" / "classes.csv")

    @staticmethod
    @cache
    def of(words: tuple[Word, ...]) -> Vocabulary:
        """The words of a dreamer's card. Raises ValueError for a name that appears twice."""
        return Vocabulary(ClassName(number, w.name, w.emoji, w.aliases, w.emojis) for number, w in enumerate(words))

    @staticmethod
    def from_csv(path: Path | str) -> Vocabulary:
        """The classes of a file, see `read_class_names`."""
        return Vocabulary(read_class_names(path))

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[ClassName]:
        return iter(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> ClassName:
        """The class of exactly this name. Raises KeyError."""
        return self._by_name[name]

    def match(self, text: str) -> ClassName | None:
        """The class that `text` means, or None when nothing fits or several fit equally.

        Whole names come first, then other words, then a single word of a name when only one name has it, then typing
        errors (none in words of up to 3 letters, then one, two from 7 letters, three from 13), then a name
        within a sentence.
        """
        folded = fold(text)
        if not folded:
            return self._match_symbols(text)
        words = folded.split()
        core = words
        # One filler at a time, for "the giant schnauzer" is not just any schnauzer.
        while core:
            if found := self._whole(" ".join(core)):
                return found
            if core[0] in FILLERS:
                core = core[1:]
            elif core[-1] in FILLERS:
                core = core[:-1]
            else:
                break
        for reading in unstretched(" ".join(core)):
            if found := self._whole(reading):
                return found
        if not core:
            return self._match_symbols(text)
        if len(core) == 1:
            return self._word(core[0]) or self._typo(core) or self._match_symbols(text)
        return self._part(" ".join(core)) or self._typo(core) or self._within(core) or self._match_symbols(text)

    def exact(self, text: str) -> ClassName | None:
        """The class that `text` names in full, by its name, another word for it, or emoji alone; no guessing."""
        folded = fold(text)
        return self._whole(folded) if folded else self._match_symbols(text)

    def suggest(self, text: str, n: int = 3) -> list[ClassName]:
        """Up to `n` classes near to a text that no class fits, nearest first; none for a text that is like nothing."""
        folded = fold(text)
        found: dict[int, ClassName] = {}
        for word in folded.split():
            near = self._in_names.get(singular(word)) or self._in_aliases.get(singular(word)) or {}
            if word not in FILLERS:
                # Those that are such a thing (a terrier) before those that only have it in the name (terrier house).
                found |= {number: self.entries[number] for number in sorted(near, key=lambda k: (not near[k], k))}
        tight = folded.replace(" ", "")
        if len(found) < n and len(tight) > 1:
            # Who writes a real word made no slip; what is only spelt like it would be a strange thing to offer.
            least = 0.9 if all(is_common(word) for word in folded.split()) else 0.8
            for spelling, _, _ in process.extract(
                tight, self._spellings, scorer=JaroWinkler.similarity, score_cutoff=least, limit=3 * n
            ):
                entry = self._tight[spelling]
                found.setdefault(entry.index, entry)
        return list(found.values())[:n]

    def search(self, query: str) -> list[ClassName]:
        """Every class that has to do with `query`, best first; all of them for an empty query."""
        folded = fold(query)
        best = self.match(query)
        if not folded:
            return [best] if best else [] if symbols(query) else list(self.entries)
        ranked = sorted((how, number) for number, how in self._index.containing(folded).items())
        entries = [self.entries[number] for _, number in ranked]
        if best:
            return [best, *(entry for entry in entries if entry is not best)]
        return entries or self.suggest(query)

    def complete(self, prefix: str, n: int = 8) -> list[ClassName]:
        """Up to `n` classes whose name, a word of it, or another word for it begins with `prefix`, in that order."""
        folded = fold(prefix)
        if not folded:
            return list(self._emoji_entries(prefix))[:n]
        ranked = sorted((how, number) for number, how in self._index.beginning(folded).items())
        return [self.entries[number] for _, number in ranked[:n]]

    def all_symbols(self, text: str) -> list[ClassName]:
        """The classes that the emoji in `text` stand for, each once, in the order they appear."""
        return list(dict.fromkeys(self._emoji_entries(text)))

    def _emoji_entries(self, text: str) -> Iterator[ClassName]:
        for symbol in symbols(text):
            # A polar bear is a bear and snow: what is made of several is the first part that is known.
            parts = (symbol, *symbol) if len(symbol) > 1 else (symbol,)
            if entry := next(filter(None, map(self._symbol, parts)), None):
                yield entry

    def _symbol(self, symbol: str) -> ClassName | None:
        entry = self._emoji.get(symbol)
        if entry or len(symbol) != 1 or symbol in FLAG_LETTERS:
            return entry
        # What Unicode calls it, then the thing itself ("crescent moon"), then what it is of ("sun with rays").
        words = symbol_words(symbol).split()
        names = (" ".join(words), *words[-1:], *words[:1])
        return next(filter(None, map(self._whole, names)), None)

    def _match_symbols(self, text: str) -> ClassName | None:
        return next(self._emoji_entries(text), None)

    def _whole(self, folded: str) -> ClassName | None:
        if not folded:
            return None
        return self._exact.get(folded) or self._tight.get(folded.replace(" ", "")) or self._stems.get(stem(folded))

    def _word(self, word: str) -> ClassName | None:
        known = is_common(word)
        # "komodo" alone means the dragon, but "house" does not mean the house finch, nor "doctor" the snake doctor.
        for index in (self._in_names,) if known else (self._in_names, self._in_aliases):
            near = index.get(singular(word), {})
            heads = [number for number, head in near.items() if head and singular(word) not in NO_HEADS]
            for numbers in (heads,) if known else (list(near), heads):
                if len(numbers) == 1:
                    return self.entries[numbers[0]]
        return None

    def _part(self, phrase: str) -> ClassName | None:
        near = [n for n, name in enumerate(self._folded_names) if f" {phrase} " in f" {name} "]
        return self.entries[near[0]] if len(near) == 1 else None

    def _known(self, word: str) -> bool:
        return singular(word) in self._in_names or singular(word) in self._in_aliases or is_common(word)

    def _typo(self, words: list[str]) -> ClassName | None:
        tight, strange = "".join(words), [word for word in words if not self._known(word)]
        length = len(tight)
        allowed = 0 if length < 4 else 1 if length < 7 else 2 if length < 13 else 3
        if not allowed or (len(words) == 1 and not strange) or self._known(tight):
            return None
        if len(alike := self._sounds.get(sound(singular(tight)), ())) == 1:
            return self.entries[next(iter(alike))]
        if not strange:
            # All words are right as they stand: only one letter that turned a word of a name into another one.
            allowed = 1 if length > 7 else 0
        near = process.extract(tight, self._spellings, scorer=OSA.distance, score_cutoff=allowed, limit=8)
        # Few people mistype the first letter of a short word; "goat" is not "boat".
        near = [hit for hit in near if hit[0] != tight and (length > 5 or hit[0][:1] == tight[:1])]
        if not near:
            return None
        closest = min(hit[1] for hit in near)
        entries = [self._tight[spelling] for spelling, distance, _ in near if distance == closest]
        named = [entry for entry in entries if fold(entry.name).replace(" ", "") in {hit[0] for hit in near}]
        for group in (entries, named):
            if len(set(group)) == 1:
                return group[0]
        return None

    def _within(self, words: list[str]) -> ClassName | None:
        words = words[:8]
        # "head phones" are headphones, which have no more to do with phones than a horseshoe with shoes.
        if len(words) == 2 and is_common("".join(words)):
            return None
        for size in range(len(words) - 1, 0, -1):
            # The last of equals: in "brown horse" and "pizza volcano" the thing itself stands last.
            for start in range(len(words) - size, -1, -1):
                phrase = " ".join(words[start : start + size])
                if (size > 1 or (len(phrase) > 2 and phrase not in FILLERS)) and (found := self._whole(phrase)):
                    return found
        for word in sorted(words, key=len, reverse=True)[:2]:
            if len(word) > 5 and (found := self._typo([word])):
                return found
        return None
