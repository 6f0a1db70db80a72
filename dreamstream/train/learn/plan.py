"""How long a training goes on, in which phases, and how fast it learns when. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

# What is learned: by heart alone, or by heart first and then against a discriminator; to fill drawings, beginning with
# pixels and features alone and ending against a discriminator; as an auto-encoder, and then against it; or as the GANs
# of cats were published, each by itself or all of them side by side, for so many core-minutes each.
Recipe = Literal["quick", "style", "pix2pix", "began", "dcgan", "selu", "wgan", "lsgan", "all"]
Phase = Literal["by heart", "adversarial"]
MINUTES = {"quick": 5.0, "style": 30.0, "pix2pix": 20.0, "began": 60.0, "all": 5.0}
USUAL_MINUTES = 30.0
ONE_PHASE = ("dcgan", "selu", "wgan", "lsgan", "all")  # against a discriminator, at one rate
# The first phase of "style": two fifths of it all, and at most so many minutes; and those of "pix2pix" and "began".
FIRST_SHARE, FIRST_SHARE_OF_DRAWINGS, FIRST_SHARE_OF_CARTOONS = 0.4, 0.6, 0.75
FIRST_MINUTES = 15.0


@dataclass(frozen=True)
class Plan:
    """recipe: what is done. minutes, kimg: one of them says for how long, in minutes or in thousands of pictures."""

    recipe: Recipe = "style"
    minutes: float | None = None
    kimg: float | None = None

    @property
    def _first_ends(self) -> float:
        """The share of it all at which the adversarial phase begins."""
        if self.recipe == "quick":
            return 1.0
        if self.recipe == "pix2pix":
            return FIRST_SHARE_OF_DRAWINGS
        if self.recipe == "began":
            return FIRST_SHARE_OF_CARTOONS
        if self.recipe in ONE_PHASE:
            return 0.0
        return FIRST_SHARE if self.kimg is not None else min(FIRST_SHARE, FIRST_MINUTES / self._minutes)

    @property
    def _minutes(self) -> float:
        return self.minutes if self.minutes is not None else MINUTES.get(self.recipe, USUAL_MINUTES)

    def share(self, seconds: float, pictures: int) -> float:
        """How much of it is done, from 0; 1 and more is all."""
        return pictures / 1000 / self.kimg if self.kimg is not None else seconds / 60 / self._minutes

    def phase(self, share: float) -> Phase:
        """The phase at this share."""
        return "by heart" if share < self._first_ends else "adversarial"

    def rate(self, share: float, phase: Phase | None = None) -> float:
        """The factor on the learning rate: 1 for the most part of a phase, falling towards its end.

        phase: that it is in, where it may have come to it before its time.
        """
        first = self._first_ends
        if self.recipe == "pix2pix":  # one optimiser all the way
            return _falling(share, first, 0.05)
        if share < first and phase != "adversarial":
            return _falling(share / first, 0.4, 0.05)
        return _falling((share - first) / max(1 - first, 1e-9), 0.6, 0.1)

    @property
    def total(self) -> int:
        """Seconds, or pictures, in all."""
        return round(1000 * self.kimg) if self.kimg is not None else round(60 * self._minutes)

    @property
    def unit(self) -> str:
        """What `total` counts."""
        return "pictures" if self.kimg is not None else "seconds"


def _falling(share: float, level_until: float, least: float) -> float:
    if share <= level_until:
        return 1.0
    down = min(1.0, (share - level_until) / (1 - level_until))
    return least + (1 - least) * 0.5 * (1 + math.cos(math.pi * down))
