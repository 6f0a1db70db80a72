"""What a training begins with: nothing, the ancestor, or what another training of its kind has learned."""

from __future__ import annotations

from pathlib import Path

from dreamstream.core.arguments import within
from dreamstream.core.errors import UsageError
from dreamstream.networks.began.networks import CHANNELS as BEGAN_SIZES
from dreamstream.networks.began.networks import FEW
from dreamstream.networks.began.networks import Shape as BeganShape
from dreamstream.networks.dcgan.networks import CHANNELS as CAT_SIZES
from dreamstream.networks.dcgan.networks import Shape as CatShape
from dreamstream.networks.pix2pix.unet import CHANNELS as SIZES
from dreamstream.networks.stylegan2.generator import Shape
from dreamstream.networks.stylegan2.published import PublishedShape
from dreamstream.support.resources import models_folder
from dreamstream.train.catgan.recipes import RECIPES as CATS
from dreamstream.weights.generators import Subject, read_subject
from dreamstream.weights.painters import Painting, read_painting


def beginning(recipe: str, start: str, size: int, latent: int | None = None) -> Subject | Painting | None:
    """What `start` means to a recipe: "auto", "ancestor", "scratch" or a file; None is nothing. Raises UserError.

    latent: how many numbers a BEGAN's latents are to have; None for any.
    """
    if recipe == "pix2pix":
        return _painter(start, size)
    if recipe in CATS:
        return _cats(start, size, recipe)
    return _began(start, size, latent) if recipe == "began" else _style(start, size)


def check_latent(latent: int, recipe: str) -> None:
    """Raise UsageError unless a recipe can teach latents of so many numbers."""
    if recipe != "began":
        raise UsageError(f"--latent is for the recipe began, and not for {recipe}.")
    within("latent", latent, FEW, BeganShape().latent)


def ancestor() -> Subject:
    """The shipped one."""
    return read_subject(models_folder() / "ancestor" / "weights.safetensors")


def _style(start: str, size: int) -> Subject | None:
    shipped = ancestor()
    if start == "scratch" or (start == "auto" and shipped.shape.size != size):
        return None
    found = shipped if start in ("auto", "ancestor") else read_subject(Path(start))
    if isinstance(found.shape, PublishedShape):
        raise UsageError(
            f"{start} is a StyleGAN2 of others: it can be dreamed, but not taught on; give --from scratch."
        )
    if not isinstance(found.shape, Shape):
        raise UsageError(f"{start} is no StyleGAN2; it goes on with the recipe that has made it.")
    if found.shape.size != size:
        whose = "The ancestor" if found is shipped else start
        raise UsageError(
            f"{whose} makes pictures of {found.shape.size} pixels, not {size}; give --size {found.shape.size}, or "
            "--from scratch."
        )
    return found


def _painter(start: str, size: int) -> Painting | None:
    """The painter to begin with. Raises UserError where a film cannot go on teaching it."""
    if size not in SIZES:
        raise UsageError(f"A painter of {size} pixels is not possible; there are {' and '.join(map(str, SIZES))}.")
    if start == "ancestor":
        raise UsageError("The ancestor fills no drawings; --from takes scratch or a painter's FILE with pix2pix.")
    if start in ("auto", "scratch"):
        return None
    found = read_painting(Path(start))
    if found.shape.size != size or found.words or found.framed:
        raise UsageError(f"{start} was not taught on whole frames of {size} pixels; give --from scratch.")
    return found


def _began(start: str, size: int, latent: int | None) -> Subject | None:
    """The BEGAN to begin with. Raises UserError where pictures cannot go on teaching it."""
    if size not in BEGAN_SIZES:
        sizes = " and ".join(map(str, BEGAN_SIZES))
        raise UsageError(f"A BEGAN of {size} pixels is not possible; there are {sizes}.")
    if start == "ancestor":
        raise UsageError("The ancestor is no BEGAN; --from takes scratch or a FILE that the recipe began has made.")
    if start in ("auto", "scratch"):
        return None
    found = read_subject(Path(start))
    if not isinstance(found.shape, BeganShape) or found.shape.size != size:
        raise UsageError(f"{start} is no BEGAN of {size} pixels; give --from scratch.")
    if latent not in (None, found.shape.latent):
        raise UsageError(
            f"The latents of {start} have {found.shape.latent} numbers, not {latent}; leave --latent out, or give "
            "--from scratch."
        )
    return found


def _cats(start: str, size: int, recipe: str) -> Subject | None:
    """The generator to begin with. Raises UserError where this recipe cannot go on teaching it."""
    if size not in CAT_SIZES:
        raise UsageError(f"{size} pixels are not possible for {recipe}; there are 64 and 128.")
    if start == "ancestor":
        raise UsageError(f"The ancestor is no DCGAN; --from takes scratch or a FILE of its kind with {recipe}.")
    if start in ("auto", "scratch"):
        return None
    found = read_subject(Path(start))
    if not isinstance(found.shape, CatShape) or (found.shape.size, bool(found.shape.selu)) != (size, recipe == "selu"):
        raise UsageError(f"{start} is no generator of {size} pixels that {recipe} teaches; give --from scratch.")
    return found
