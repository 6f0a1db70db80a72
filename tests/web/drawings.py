"""Drawings of a show made of plain data, for the web's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dreamstream.core.drawing import Drawing


@dataclass
class FakeDrawings:
    """A DrawingsView that remembers what was drawn; files: pictures by key."""

    able: bool = True
    held: bool = False
    drawn: list[tuple[Drawing, str, str, str, str]] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    expected: int = 0
    taken_for: dict[str, str] = field(default_factory=dict)

    def words(self) -> list[tuple[str, str]]:
        """Two."""
        return [("cat", "🐱"), ("tree frog", "🐸")]

    def expect(self) -> None:
        """Count it."""
        self.expected += 1

    def draw(self, drawing: Drawing, text: str, who: str, id: str, visitor: str) -> tuple[str, bool]:
        """Take all but spiders."""
        if text.startswith("spider"):
            return "That one is not dreamed here.", False
        self.drawn.append((drawing, text, who, id, visitor))
        return f"drawn {text} is next.", True

    def gallery(self) -> list[tuple[str, str, str]]:
        """Those with files."""
        return [(key, "drawn cat", "ann") for key in self.files]

    def seen(self, key: str) -> str:
        """What it was taken for."""
        return self.taken_for.get(key, "")

    def picture(self, key: str) -> Path | None:
        """The file."""
        return self.files.get(key)
