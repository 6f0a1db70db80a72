"""The published GANs of cats by table: what differs between them is data. Pure.

DCGAN (Radford et al. 2015), with SELU (Klambauer et al. 2017), WGAN (Arjovsky et al. 2017) and LSGAN (Mao et al. 2016),
with the numbers by which cats were published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dreamstream.train.learn.plan import Recipe


@dataclass(frozen=True)
class CatRecipe:
    """What a training is made by.

    loss: "logistic" asks whether a picture is real, and the generator for the contrary (the non-saturating form);
    "squares" asks for scores of 1 and 0; "critic" for scores far apart. generator, discriminator: learning rates of the
    optimiser; momentum: Adam's first. clip: what no weight of the critic exceeds; 0 is no limit. critics: steps of the
    discriminator for one of the generator. selu: instead of batch normalisation. published: the size of pictures.
    """

    title: str
    loss: Literal["logistic", "squares", "critic"] = "logistic"
    optimiser: Literal["adam", "rmsprop"] = "adam"
    generator: float = 2e-4
    discriminator: float = 5e-5
    momentum: float = 0.5
    clip: float = 0.0
    critics: int = 1
    selu: bool = False
    published: int = 64


RECIPES: dict[Recipe, CatRecipe] = {
    "dcgan": CatRecipe("DCGAN"),
    "selu": CatRecipe("DCGAN with SELU", selu=True, published=128),
    "wgan": CatRecipe(
        "WGAN", loss="critic", optimiser="rmsprop", generator=5e-5, discriminator=5e-5, clip=0.01, critics=5
    ),
    "lsgan": CatRecipe("LSGAN", loss="squares", generator=1e-4, discriminator=1e-4),
}
