"""The pictures of the page's list of words: what the built-in network dreams of each class, on one sheet.

    python -m benchmarks.thumbnails

Each class is dreamed a few times as one thing that fills a small square canvas; the try that the network is surest
of is cut out where it is surest. Writes models/builtin/dreams.webp and dreams.json in two to five minutes on two
cores; run it again when the network has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import cv2
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dreamstream.core.camera import Motion
from dreamstream.core.dreamer import Effort
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent.anchors import AnchorRules
from dreamstream.dreamers.ascent.dreamer import AscentDreamer
from dreamstream.dreamers.ascent.presets import PRESETS, Mixture, Preset
from dreamstream.networks.vgg.model import Model
from dreamstream.support.progress import progress
from dreamstream.weights.catalog import load_model, models_folder

# Sides of the windows looked at, as shares of the canvas.
SIDES = (0.62, 0.68, 0.74)
STRIDE = 0.05
BATCH = 64
COLUMNS = 15
# One object, nearly as large as the canvas, that neither grows nor leaves.
PORTRAIT = Preset(
    mixture=Mixture(texture=0.0, windows=1),
    habits=AnchorRules(count=1, born=(0.78, 0.84), largest=1.0),
    motion=Motion(zoom=1.0, rotation=0.0),
)


def main() -> None:
    """Dream every class and paste the best window of each on the sheet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=models_folder() / "builtin" / "dreams.webp")
    parser.add_argument("--canvas", type=int, default=144, help="side of each canvas, in pixels")
    parser.add_argument("--tries", type=int, default=3, help="per class")
    parser.add_argument("--steps", type=int, default=110, help="per try")
    parser.add_argument("--side", type=int, default=112, help="of each picture on the sheet, in pixels")
    parser.add_argument("--quality", type=int, default=78, help="of the WebP file")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("words", nargs="*", help="only these classes, for a look")
    given = parser.parse_args()
    model = load_model("builtin")
    PRESETS["portrait"] = PORTRAIT
    seeds = range(given.seed, given.seed + given.tries)
    begun = [AscentDreamer(model, (given.canvas, given.canvas), preset="portrait", seed=seed) for seed in seeds]
    dreamer, noises = begun[0], [each.state() for each in begun]
    words = given.words or [word.name for word in dreamer.card.words]
    probability = jax.jit(lambda looks: jax.nn.softmax(model.logits(model.params, looks)[:, 0, 0]))
    rows = -(-len(words) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * given.side, rows * given.side))
    with progress("Thumbnails", len(words), "classes") as advance:
        for index, word in enumerate(words):
            tries = []
            for noise in noises:
                dreamer.restore(noise)
                dreamer.set("step", 1.25)
                picture = dreamer.dream(split([word]), 0.0, Effort(cost={"steps": given.steps})).picture
                tries.append(_best(model, probability, picture, model.classes.index(word)))
            _, best = max(tries, key=lambda found: found[0])
            small = Image.fromarray(best).resize((given.side, given.side), Image.Resampling.LANCZOS)
            sheet.paste(small, (index % COLUMNS * given.side, index // COLUMNS * given.side))
            advance(1, word)
    sheet.save(given.output, quality=given.quality, method=6)
    weights = (models_folder() / "builtin" / "weights.safetensors").read_bytes()
    about = {
        "side": given.side,
        "columns": COLUMNS,
        "names": words,
        "weights": hashlib.sha256(weights).hexdigest(),
    }
    given.output.with_suffix(".json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    print(f"{len(words)} pictures, {given.output.stat().st_size / 1000:.0f} kB")


def _best(
    model: Model, probability: object, picture: NDArray[np.uint8], wanted: int
) -> tuple[float, NDArray[np.uint8]]:
    """How sure the network is of class `wanted` over all windows, and the square in which it is surest."""
    height, width = picture.shape[:2]
    look = model.architecture.window
    boxes = [
        (x, y, side)
        for side in (round(share * height) for share in SIDES)
        for y in range(0, height - side + 1, max(4, round(STRIDE * height)))
        for x in range(0, width - side + 1, max(4, round(STRIDE * height)))
    ]
    crops = np.asarray(
        [cv2.resize(picture[y : y + s, x : x + s], (look, look), interpolation=cv2.INTER_AREA) for x, y, s in boxes],
        np.float32,
    )
    seen = np.zeros(len(boxes), np.float32)
    for start in range(0, len(boxes), BATCH):
        part = crops[start : start + BATCH]
        full = np.zeros((BATCH, look, look, 3), np.float32)
        full[: len(part)] = part / 255
        seen[start : start + BATCH] = np.asarray(probability(jnp.asarray(full)))[: len(part), wanted]  # type: ignore[operator]
    # Of the windows about as sure as the surest, their middle one: the thing is then in its centre.
    sure = np.array([box for box, score in zip(boxes, seen, strict=True) if score >= 0.9 * seen.max()])
    centre = (sure[:, :2] + sure[:, 2:] / 2).mean(axis=0)
    side = round(float(sure[:, 2].mean()))
    x, y = (int(min(max(c - side / 2, 0), limit - side)) for c, limit in zip(centre, (width, height), strict=True))
    return float(seen.mean()), picture[y : y + side, x : x + side]


if __name__ == "__main__":
    main()
