"""What can be said of the points of a subject: mixtures, sums, the square between four, numbers. Plain data.

mix a b .3          seven tenths of a and three tenths of b
calc a - b + c      what a has and b has not, on c
at a b c d .25 .5   a place in the square whose corners these are: a quarter across, half down
corners a b c d     for ever about in that square
random 1234         the point that this number draws
numbers .2 -1 .5    the point of three numbers, by a fixed matrix; only how they stand to each other counts

A point is a letter, or a name that the audience gave to one: mix taco b .3. Such a wish carries what the name meant
when it was wished (`Wish.points`), so that it means the same for ever.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

# Points of a subject's space that have names.
LETTERS = "abcdefgh"
KINDS = ("mix", "calc", "at", "corners", "random", "numbers")
# The kind of wishes for a point by the name that the audience gave it.
NAMED = "point"
# Short, so that four of them and a place fit into one wish.
LONGEST_NAME = 12
MOST_TERMS = 6
LARGEST_SEED = 999_999
_SAID = re.compile(rf"({'|'.join(KINDS)})\s+(\S.*)", re.IGNORECASE)
_WORD = rf"[^\W\d_]\w{{0,{LONGEST_NAME - 1}}}"
_NAME = re.compile(_WORD)
_LETTER = re.compile(r"[a-z]")
_MIX = re.compile(rf"({_WORD})\s+({_WORD})\s+(\d*\.?\d+)")
_CORNERS = re.compile(r"[\s,]+".join([f"({_WORD})"] * 4))
_AT = re.compile(_CORNERS.pattern + r"[\s,]+(\d*\.?\d+)[\s,]+(\d*\.?\d+)")
_SEED = re.compile(r"\d{1,6}")
_CALC = re.compile(rf"[-+]?\s*{_WORD}(?:\s*[-+]\s*{_WORD})+")
_NUMBER = r"([-+]?(?:\d{1,3}(?:\.\d{0,3})?|\.\d{1,3}))"
_NUMBERS = re.compile(rf"{_NUMBER}[\s,]+{_NUMBER}[\s,]+{_NUMBER}")
_TERM = re.compile(rf"([-+]?)\s*({_WORD})")
# What a point is, as a wish carries it.
CODE = r"[A-Za-z0-9+/]{4,5000}={0,2}"
_CARRIED = re.compile(rf"{_WORD}:{CODE}(?: {_WORD}:{CODE}){{0,{4 * MOST_TERMS}}}")


class _AnyName:
    """Holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


# Where it is not known yet which points have names.
ANY: Container[str] = _AnyName()


@dataclass(frozen=True)
class Blend:
    """Points by their letters and names, each with how much of it there is; what cancels out is gone.

    square: the four points are corners to walk between, and `shares` mean nothing. seed: it is no named point's, but
    the one that this number draws. numbers: or the one of these three.
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]
    square: bool = False
    seed: int | None = None
    numbers: tuple[float, ...] = ()


def name_in(text: str) -> str | None:
    """The name that a text is, as points have it: small letters and digits, at least two; None for anything else."""
    name = text.strip().lower()
    return name if len(name) > 1 and _NAME.fullmatch(name) else None


def carried(points: Mapping[str, str]) -> str:
    """What a wish holds of the named points that it speaks of: "taco:CODE pizza:CODE"."""
    return " ".join(f"{name}:{code}" for name, code in points.items())


def carried_in(text: str) -> dict[str, str]:
    """The named points that a wish holds. Raises ValueError for a text that `carried` did not make."""
    if not text:
        return {}
    if not _CARRIED.fullmatch(text):
        raise ValueError("what it holds of named points cannot be read")
    return dict(point.split(":") for point in text.split(" "))


def spoken(kind: str, what: str) -> list[str]:
    """The points that a wish of KINDS or NAMED speaks of, letters and names, each once."""
    return [] if kind in ("random", "numbers") else list(dict.fromkeys(_NAME.findall(what)))


def said(text: str, names: Container[str] = ()) -> tuple[str, str] | None:
    """Kind and plain form of what a text says of points, as wishes hold it; None where it says nothing of the kind.

    names: of points, beside the letters. The letters may be of no subject: which there are, only the dreamer knows.
    """
    plain = _plain(text)
    if plain is not None and all(_LETTER.fullmatch(point) or point in names for point in spoken(*plain)):
        return plain
    return None


def _plain(text: str) -> tuple[str, str] | None:
    found = _SAID.fullmatch(text.strip())
    if found is None:
        return None
    kind, rest = found[1].lower(), found[2].strip().lower().replace("−", "-").replace("–", "-")
    if kind == "mix" and (mixed := _MIX.fullmatch(rest)):
        return kind, " ".join(mixed.groups())
    if kind == "corners" and (corners := _CORNERS.fullmatch(rest)):
        return kind, " ".join(corners.groups())
    if kind == "at" and (place := _AT.fullmatch(rest)):
        return kind, " ".join(place.groups())
    if kind == "random" and _SEED.fullmatch(rest):
        return kind, str(int(rest))
    if kind == "numbers" and (numbers := _NUMBERS.fullmatch(rest)):
        return kind, " ".join(f"{float(number):g}" for number in numbers.groups())
    if kind == "calc" and _CALC.fullmatch(rest) and len(terms := _TERM.findall(rest)) <= MOST_TERMS:
        return kind, " ".join(f"{sign or '+'} {letter}" for sign, letter in terms).removeprefix("+ ")
    return None


def blend(kind: str, what: str, names: Container[str] = ()) -> Blend:
    """The points that a wish speaks of; names: of points, beside LETTERS.

    Raises ValueError with the end of a sentence that says what can be said.
    """
    if kind == NAMED:
        if what not in names:
            raise ValueError("there is no point of that name")
        return Blend((what,), (1.0,))
    plain = said(f"{kind} {what}", names)
    if kind == "random" and plain is not None:
        return Blend((), (), seed=int(plain[1]))
    if plain is None or not all(point in set(LETTERS) or point in names for point in spoken(*plain)):
        raise ValueError(
            f"say letters of {LETTERS[0]} to {LETTERS[-1]}: mix a b .3 with a share up to 1, calc a - b + c, "
            f"at a b c d .25 .5, corners a b c d, numbers .2 -1 .5, or random with a number up to {LARGEST_SEED}"
        )
    words = plain[1].split()
    if kind == "numbers":
        numbers = tuple(map(float, words))
        if not any(numbers):
            raise ValueError("one of the three numbers must not be 0, as in numbers .2 -1 .5")
        return Blend((), (), numbers=numbers)
    if kind == "corners":
        return Blend(tuple(words), (0.25,) * 4, square=True)
    if kind == "mix":
        share = float(words[2])
        if share > 1:
            raise ValueError("the share of a mixture is at most 1, as in mix a b .3")
        return _together([(words[0], 1 - share), (words[1], share)])
    if kind == "at":
        across, down = map(float, words[4:])
        if max(across, down) > 1:
            raise ValueError("a place in the square is at most 1 across and 1 down, as in at a b c d .25 .5")
        return _together(list(zip(words[:4], corner_shares(across, down), strict=True)))
    return _together([(point, -1.0 if sign == "-" else 1.0) for sign, point in _TERM.findall(plain[1])])


def means(kind: str, what: str, names: Container[str] = ()) -> bool:
    """Whether there are such points, as far as is known without the subject."""
    try:
        blend(kind, what, names)
    except ValueError:
        return False
    return True


def corner_shares(across: float, down: float) -> tuple[float, float, float, float]:
    """How much of each corner (upper left and right, lower left and right) there is at a place in their square."""
    left, up = 1 - across, 1 - down
    return left * up, across * up, left * down, across * down


def _together(terms: Iterable[tuple[str, float]]) -> Blend:
    shares: dict[str, float] = {}
    for point, share in terms:
        shares[point] = shares.get(point, 0.0) + share
    kept = {point: share for point, share in shares.items() if share}
    if not kept:
        raise ValueError("all of it cancels out; leave something, as in calc a - b + c")
    return Blend(tuple(kept), tuple(kept.values()))
