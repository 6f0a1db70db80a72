"""The commands `dreamstream train` and `dreamstream prior fit`: files in, files out, with progress."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import jax
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import within
from dreamstream.core.errors import UsageError, UserError
from dreamstream.networks import runtime
from dreamstream.support import machine
from dreamstream.support.extras import need
from dreamstream.support.files import check_output, replacing
from dreamstream.support.pictures import load_photo
from dreamstream.support.progress import progress
from dreamstream.weights.catalog import models_folder

if TYPE_CHECKING:
    from dreamstream.networks.prior_fit import Fitted

LEAST_STYLES = 3  # every class is drawn by two hands for training, and by the one that is only tested with
IMAGE_SIDE = 1024  # pictures are reduced to this before patches are taken


def train_builtin(
    artwork: Path,
    out: Path,
    steps: int | None = None,
    batch: int | None = None,
    seed: int | None = None,
    radius: float | None = None,
    *,
    force: bool = False,
) -> Path:
    """Train the built-in network from the artwork in a folder; returns the weight file's path.

    Goes on from the checkpoint in `out`. radius: of the adversarial perturbations, 0 for none. Also fits the network's
    prior, and writes what was reached to figures.json. force: also write over a finished network. Raises UserError when
    packages or artwork are missing, or `out` holds another training, or a finished one.
    """
    need("Training", "train", "resvg_py", "emoji", "skimage")
    runtime.begin()
    from dreamstream.networks.prior import write_prior
    from dreamstream.networks.prior_fit import fit
    from dreamstream.train.glyphs import load_style, need_artwork, read_classes
    from dreamstream.train.scenes import Scenes
    from dreamstream.train.train import CHECKPOINT, Recipe, train

    recipe = Recipe() if jax.default_backend() == "cpu" else Recipe().on_accelerator()
    changes: dict[str, Any] = {"steps": steps, "batch": batch, "seed": seed, "radius": radius}
    recipe = replace(recipe, **{key: value for key, value in changes.items() if value is not None})
    for name, value, low, high in (
        ("steps", recipe.steps, 1, 10_000_000),
        ("batch", recipe.batch, 1, 65_536),
        ("seed", recipe.seed, 0, 2**32 - 1),
        ("radius", recipe.radius, 0, 100),
    ):
        within(name, value, low, high)
    for name in (
        "figures.json",
        "prior.safetensors",
        *(() if (out / CHECKPOINT).exists() else ("weights.safetensors",)),
    ):
        if out.is_dir():
            check_output(out / name, force=force)
    need_artwork([*recipe.shares, recipe.unseen], artwork)
    classes = read_classes(models_folder() / "builtin" / "classes.csv")
    names = [item.name for item in classes]
    sprites = {style: load_style(style, classes, artwork) for style in (*recipe.shares, recipe.unseen)}
    for name in names:
        drawn = [style for style, group in sprites.items() if name in group]
        if recipe.unseen not in drawn or len(drawn) < LEAST_STYLES:
            raise UserError(f"Too little of the artwork draws {name!r} ({', '.join(drawn)}); get its current versions.")
    known = {style: sprites[style] for style in recipe.shares}
    scenes = Scenes(names, known, recipe.shares, recipe.window, recipe.seed)
    strange = Scenes(names, {recipe.unseen: sprites[recipe.unseen]}, {recipe.unseen: 1.0}, recipe.window, recipe.seed)
    began = time.monotonic()
    with progress("Training", recipe.steps, "steps") as report:
        told = 0

        def tell(step: int, figures: dict[str, float]) -> None:
            nonlocal told
            shown = ("loss", "right", "clean", "unseen", "form", "adversarial")
            report(step - told, ", ".join(f"{key} {figures[key]:.2f}" for key in shown if key in figures))
            told = step

        _, figures = train(recipe, scenes, strange, out, tell)
    large = Scenes(names, known, recipe.shares, 144, recipe.seed).batch(500, [3])[0]
    prior = fit(list(large), seed=recipe.seed)
    write_prior(out / "prior.safetensors", prior)
    reached = {
        "accuracy": {key: round(figures[key], 4) for key in ("clean", "unseen", "form", "adversarial")},
        "nu": {scale.pool: round(scale.nu, 3) for scale in prior.scales},
        "recipe": asdict(recipe),
        "minutes of the last run": round((time.monotonic() - began) / 60, 1),
        "machine": f"{machine.name()}, {jax.devices()[0].device_kind}",
    }
    with replacing(out / "figures.json") as partial:
        partial.write_text(json.dumps(reached, indent=1) + "\n")
    return out / "weights.safetensors"


def read_images(folder: Path) -> list[NDArray[np.float32]]:
    """Every picture below a folder as float32 [H, W, 3] in [0, 1], reduced to at most IMAGE_SIDE a side.

    Files that are no pictures are passed over. Raises UserError when there is no folder or no picture in it.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}; give one that holds pictures.")
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with contextlib.suppress(UserError):
            picture = load_photo(path)
            scale = min(1.0, IMAGE_SIDE / max(picture.shape[:2]))
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            found.append(small.astype(np.float32) / np.float32(255))
    if not found:
        raise UsageError(f"No picture was found below {folder}; JPEG, PNG, WebP and TIFF files are read.")
    return found


def fit_prior(
    folder: Path, out: Path, pools: tuple[int, ...] = (1, 2, 4, 8), *, force: bool = False
) -> tuple[Fitted, ...]:
    """Fit a patch prior to the pictures below a folder and write it; returns how well each scale is fitted.

    force: also write over a file that exists. Raises UserError when there are no pictures, or all are too small.
    """
    check_output(out, force=force)
    from dreamstream.networks.prior import write_prior
    from dreamstream.networks.prior_fit import fit_and_judge

    images = read_images(folder)
    runtime.begin()
    try:
        prior, fitted = fit_and_judge(images, pools)
    except ValueError as error:
        raise UserError(f"No prior can be fitted to {folder}: {error}.") from None
    write_prior(out, prior)
    return fitted
