"""What can be said of the points of a subject: mixtures, sums, the square between four, numbers. Plain data.

mix a b .3          seven tenths of a and three tenths of b
calc a - b + c      what a has and b has not, on c
at a b c d .25 .5   a place in the square whose corners these are: a quarter across, half down
corners a b c d     for ever about in that square
random 1234         the point that this number draws
numbers .2 -1 .5    the point of three numbers, by a fixed matrix; only how they stand to each other counts
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Points of a subject's space that have names.
LETTERS = "abcdefgh"
KINDS = ("mix", "calc", "at", "corners", "random", "numbers")
MOST_TERMS = 6
LARGEST_SEED = 999_999
_SAID = re.compile(rf"({'|'.join(KINDS)})\s+(\S.*)", re.IGNORECASE)
_MIX = re.compile(r"([a-z])\s+([a-z])\s+(\d*\.?\d+)", re.IGNORECASE)
_CORNERS = re.compile(r"([a-z])[\s,]+([a-z])[\s,]+([a-z])[\s,]+([a-z])", re.IGNORECASE)
_AT = re.compile(_CORNERS.pattern + r"[\s,]+(\d*\.?\d+)[\s,]+(\d*\.?\d+)", re.IGNORECASE)
_SEED = re.compile(r"\d{1,6}")
_CALC = re.compile(r"[-+]?\s*[a-z](?:\s*[-+]\s*[a-z])+", re.IGNORECASE)
_NUMBER = r"([-+]?(?:\d{1,3}(?:\.\d{0,3})?|\.\d{1,3}))"
_NUMBERS = re.compile(rf"{_NUMBER}[\s,]+{_NUMBER}[\s,]+{_NUMBER}")
_TERM = re.compile(r"([-+]?)\s*([a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Blend:
    """Points by their letters, each with how much of it there is; what cancels out is gone.

    square: the four points are corners to walk between, and `shares` mean nothing. seed: it is no named point's, but
    the one that this number draws. numbers: or the one of these three.
    """

    letters: tuple[str, ...]
    shares: tuple[float, ...]
    square: bool = False
    seed: int | None = None
    numbers: tuple[float, ...] = ()


def said(text: str) -> tuple[str, str] | None:
    """Kind and plain form of what a text says of points, as wishes hold it; None where it says nothing of the kind.

    The letters may be of no subject: which there are, only the dreamer knows.
    """
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


def blend(kind: str, what: str) -> Blend:
    """The points that a wish speaks of. Raises ValueError with the end of a sentence that says what can be said."""
    plain = said(f"{kind} {what}")
    if kind == "random" and plain is not None:
        return Blend((), (), seed=int(plain[1]))
    letters = "".join(re.findall(r"[a-z]", what.lower()))
    if plain is None or not set(letters) <= set(LETTERS):
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
    signs = [sign or "+" for sign, _ in _TERM.findall(plain[1])]
    return _together([(letter, -1.0 if sign == "-" else 1.0) for sign, letter in zip(signs, letters, strict=True)])


def means(kind: str, what: str) -> bool:
    """Whether there are such points, as far as is known without the subject."""
    try:
        blend(kind, what)
    except ValueError:
        return False
    return True


def corner_shares(across: float, down: float) -> tuple[float, float, float, float]:
    """How much of each corner (upper left and right, lower left and right) there is at a place in their square."""
    left, up = 1 - across, 1 - down
    return left * up, across * up, left * down, across * down


def _together(terms: list[tuple[str, float]]) -> Blend:
    shares: dict[str, float] = {}
    for letter, share in terms:
        shares[letter] = shares.get(letter, 0.0) + share
    kept = {letter: share for letter, share in shares.items() if share}
    if not kept:
        raise ValueError("all of it cancels out; leave something, as in calc a - b + c")
    return Blend(tuple(kept), tuple(kept.values()))
