"""Folders of photographs, one a class, and the square views of each that a head is taught from."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.spelling import fold

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic"})
LEAST_CLASSES = 2
# Of a class with fewer pictures, none can be spared for measuring.
LEAST_TO_HOLD, HOLD_EVERY = 6, 6
MARGIN = 1.1  # the first view leaves out so much of the shorter side


@dataclass(frozen=True)
class Photographs:
    """The pictures of a folder by class: words in the order of the outputs, and each class's files in order."""

    words: tuple[ClassName, ...]
    files: tuple[tuple[Path, ...], ...]

    @property
    def count(self) -> int:
        """How many files there are."""
        return sum(len(files) for files in self.files)


def find(folder: Path, words: Path | None = None) -> Photographs:
    """The class folders of `folder` and the picture files in each, also in folders below it.

    words: a CSV file with the columns folder, name, codepoints and aliases; without it a folder's name is the class's.
    Raises UserError for what cannot be taught from.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}; give one that holds a folder of photographs for each class.")
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    files = {path.name: _pictures(path) for path in inside}
    if not any(files.values()):
        hint = "put them into a folder for each class" if _pictures(folder) else "JPEG, PNG, WebP and others are read"
        raise UsageError(f"{folder} has no folders of photographs; {hint}.")
    empty = [name for name, found in files.items() if not found]
    if empty:
        raise UsageError(f"{folder / empty[0]} holds no pictures; put some there, or take the folder away.")
    if len(files) < LEAST_CLASSES:
        raise UsageError(
            f"{folder} holds a single class, {inside[0].name}; a head tells things apart, so give it another folder "
            "of photographs of something else.",
        )
    named = _named(words, files) if words else [ClassName(n, name.replace("_", " ")) for n, name in enumerate(files)]
    folded: dict[str, str] = {}
    for name, word in zip(files, named, strict=True):
        if not fold(word.name):
            raise UsageError(f"The folder {folder / name} has a name without letters; call it as viewers shall.")
        if (other := folded.setdefault(fold(word.name), name)) != name:
            raise UsageError(f"The folders {other} and {name} would both be called {word.name!r}; rename one.")
    return Photographs(tuple(named), tuple(files.values()))


def _pictures(folder: Path) -> tuple[Path, ...]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and not path.name.startswith("."))
    return tuple(sorted(path for path in found if path.is_file()))


def _named(words: Path, folders: Mapping[str, Sequence[Path]]) -> list[ClassName]:
    try:
        with words.open(newline="", encoding="utf-8") as file:
            rows = {str(row.get("folder", "")): row for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{words} cannot be read as a list of words: {error}.") from None
    found = []
    for number, folder in enumerate(folders):
        if folder not in rows:
            raise UsageError(f"{words} has no row for the folder {folder}; its columns are folder,name,aliases.")
        row = rows[folder]
        try:
            codes = [int(code, 16) for code in (row.get("codepoints") or "").split("-") if code]
            emoji = "".join(map(chr, codes))
        except (ValueError, OverflowError):
            raise UsageError(f"{words} has the codepoints {row.get('codepoints')!r} for {folder}.") from None
        aliases = tuple(word.strip() for word in (row.get("aliases") or "").split(";") if word.strip())
        found.append(ClassName(number, (row.get("name") or folder.replace("_", " ")).strip(), emoji, aliases))
    return found


def held_out(count: int) -> NDArray[np.bool_]:
    """Which of a class's pictures are only measured on: every sixth, where there are enough."""
    held = np.zeros(count, bool)
    if count >= LEAST_TO_HOLD:
        held[HOLD_EVERY // 2 :: HOLD_EVERY] = True
    return held


def digest_of(path: Path) -> bytes:
    """SHA-256 of a file's content. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def views(photo: NDArray[np.uint8], side: int, count: int, seed: bytes) -> Iterator[NDArray[np.uint8]]:
    """`count` square views uint8 [side, side, 3] of a photograph uint8 [h, w, 3].

    The first is its middle; the others are smaller squares anywhere, mirrored, brighter or paler, drawn by `seed`.
    """
    height, width = photo.shape[:2]
    shorter = min(height, width)
    for number in range(count):
        rng = np.random.default_rng([number, *seed[:8]])
        square = max(1, round(shorter / MARGIN if number == 0 else shorter * rng.uniform(0.6, 1.0)))
        share = (0.5, 0.5) if number == 0 else rng.uniform(0, 1, 2)
        top, left = round(share[0] * (height - square)), round(share[1] * (width - square))
        part = photo[top : top + square, left : left + square]
        method = cv2.INTER_AREA if square > side else cv2.INTER_CUBIC
        view = np.asarray(cv2.resize(part, (side, side), interpolation=method), np.float32)
        if number:
            view = view[:, ::-1] if rng.random() < 0.5 else view
            view = (view - 128) * rng.uniform(0.8, 1.2) + 128 + rng.uniform(-20, 20)
        yield np.asarray(np.clip(np.round(view), 0, 255), np.uint8)
