"""What stays of a word when case, accents, plurals, punctuation and playfulness are taken away. Pure functions."""

from __future__ import annotations

import re
import unicodedata

# No class name is longer than 40 characters; what is longer is a sentence, and matching one must stay quick.
LONGEST = 100

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_APOSTROPHES = re.compile(r"['’‘`´]")
_OTHER = re.compile(r"[^a-z0-9]+")
_DOUBLED = re.compile(r"(.)\1+")
_SOUNDS = (
    ("ph", "f"),
    ("ck", "k"),
    ("ce", "se"),
    ("ci", "si"),
    ("ch", "C"),
    ("c", "k"),
    ("z", "s"),
    ("y", "i"),
    ("qu", "kw"),
)
_STRETCHED = re.compile(r"(.)\1{2,}")
_IRREGULAR = {
    "mice": "mouse",
    "geese": "goose",
    "oxen": "ox",
    "men": "man",
    "women": "woman",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "cacti": "cactus",
    "octopi": "octopus",
    "hippopotami": "hippopotamus",
    "fungi": "fungus",
    "dice": "die",
    "people": "person",
    "piggy": "pig",
    "piggies": "pig",
    "doggy": "dog",
    "doggies": "dog",
}
_LIGATURES = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "œ": "oe", "đ": "d", "ı": "i"}
)
_JOINER = "\u200d"
# Marks that ride on an emoji: presentation selectors, skin tones, the tags of flags, the ring of a key.
_RIDERS = re.compile("[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
# Two letters that are one flag, or emoji that a joiner makes one.
FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_FLAG = "[\U0001f1e6-\U0001f1ff]"
_ONE = re.compile(f"{_FLAG}{_FLAG}?|.(?:{_JOINER}+.)*", re.DOTALL)


def fold(text: str) -> str:
    """Lower-case ASCII words of `text` with single spaces: "#TreeFrog" and "Trée-frog" are "tree frog"."""
    text = text[:LONGEST].translate(_LIGATURES)
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = _CAMEL.sub(" ", _APOSTROPHES.sub("", plain)).casefold()
    return _OTHER.sub(" ", plain).strip()


def singular(word: str) -> str:
    """One form for a folded word and its plural ("foxes" and "fox"); not always a word of the language."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 3 and word.endswith("ie"):
        return word[:-2] + "y"
    if len(word) > 3 and word.endswith("e") and word[-2] in "sxzhov":
        word = word[:-1]
    if len(word) > 3 and word.endswith("v"):
        word = word[:-1] + "f"
    return word


def stem(folded: str) -> str:
    """The singular of every word, written together: what "tree frogs", "treefrog" and "#TreeFrogs" share."""
    return "".join(singular(word) for word in folded.split())


def sound(stemmed: str) -> str:
    """A rough key of how a word is said: "dolfin" and "dolphin", "baloon" and "balloon", "cheeze" and "cheese"."""
    for written, said in _SOUNDS:
        stemmed = stemmed.replace(written, said)
    return _DOUBLED.sub(r"\1", stemmed)


def unstretched(folded: str) -> list[str]:
    """The readings of letters repeated for fun: "beeee" is "bee" or "be"; nothing when none are."""
    if not _STRETCHED.search(folded):
        return []
    return [_STRETCHED.sub(r"\1\1", folded), _STRETCHED.sub(r"\1", folded)]


def symbols(text: str) -> list[str]:
    """The emoji and other symbols in `text` in order, without skin tones and presentation marks.

    What is made of several, a flag or emoji that are joined, is one of them, with its parts written together.
    """
    parts = ("".join(filter(_is_symbol, one)) for one in _ONE.findall(_RIDERS.sub("", text[:LONGEST])))
    return [one for one in parts if one]


def _is_symbol(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk", "Sm") or 0x1F000 <= ord(char) <= 0x1FAFF


def symbol_words(symbol: str) -> str:
    """The folded Unicode name of an emoji without the words that only say how it is drawn ("fox face" is "fox")."""
    words = fold(unicodedata.name(symbol, "")).split()
    return " ".join(word for word in words if word not in ("face", "symbol", "sign", "with", "black", "white", "heavy"))
