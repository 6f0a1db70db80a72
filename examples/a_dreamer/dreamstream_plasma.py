"""Moving plasma in the colours that people wish for, by NumPy alone.

pip install ./examples/a_dreamer
dreamstream serve --dreamer plasma
"""

import numpy as np

from dreamstream.core.camera import Motion
from dreamstream.core.card import Card, Control, Word
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Dreamer, DreamerRequest, Effort
from dreamstream.core.programme import Programme

COLOURS = {"red": (230, 40, 50), "green": (40, 200, 90), "blue": (50, 90, 240), "gold": (250, 200, 60)}
SPEED = Control("speed", "times", 0, 10, 1, "How fast the plasma flows.")


class Plasma(Dreamer):
    """Waves in as many shades as are wished for. A dream takes as long as it takes, and begins with nothing loaded."""

    card = Card("plasma", tuple(map(Word, COLOURS)), controls=(SPEED,), between="fade")

    def __init__(self, width: int, height: int) -> None:
        self.x, self.y = np.meshgrid(np.arange(width) * 9 / height, np.arange(height) * 9 / height)
        self.speed, self.phase, self.time, self.number = 1.0, 0.0, 0.0, 0

    def dream(self, programme: Programme, time: float, effort: Effort = USUAL) -> Dream:
        self.phase += self.speed * max(0.0, time - self.time)
        waves = np.sin(self.x + self.phase) + np.sin(self.y - self.phase / 2) + np.sin(self.x + 2 * self.y)
        picture = np.zeros((*waves.shape, 3))
        for n, wish in enumerate(programme.wanted()):
            picture += np.multiply.outer(0.5 + 0.5 * np.sin(waves + 2 * n), COLOURS[wish.what])
        self.time, self.number = time, self.number + 1
        seen = np.clip(picture, 0, 255).astype(np.uint8)
        return Dream(seen, time, Motion(1.0, 0.0), programme, self.number - 1)

    def set(self, control: str, value: float) -> None:
        self.speed = self.card.control(control).check(value)

    def state(self) -> bytes:
        return f"{self.phase} {self.number}".encode()

    def restore(self, state: bytes) -> None:
        phase, number = state.decode().split(" ")  # of what is no such state, some part raises ValueError
        self.phase, self.number = float(phase), int(number)


def describe(request: DreamerRequest) -> Card:
    return Plasma.card


def open_dreamer(request: DreamerRequest) -> Plasma:
    return Plasma(*request.size)


def picture_of(state: bytes) -> None:
    """Nothing is to be seen before the first dream."""
