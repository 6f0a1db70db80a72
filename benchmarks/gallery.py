"""A labelled contact sheet: what the built-in network dreams of each class, and how sure it is itself.

    python benchmarks/gallery.py -o gallery.png bee pizza "tree frog" volcano strawberry "rabbit + analog clock"

Without words, all classes. Each dream starts from the same noise and lasts --seconds of show time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dreamstream.dream.dreamer import Dreamer
from dreamstream.dream.programme import split
from dreamstream.progress import progress
from dreamstream.weights.catalog import models_folder

DREAMS_PER_SECOND = 4
CAPTION = 22


def main() -> None:
    """Dream every word and paste the last pictures side by side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help='classes, or two as "bee + pizza"; default: all')
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--preset", default="vivid")
    parser.add_argument("--size", default="640x360", help="of each canvas")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--steps", type=int, default=4, help="per dream; there are four dreams per second")
    parser.add_argument("--columns", type=int, default=3)
    parser.add_argument("--width", type=int, default=420, help="of each picture on the sheet")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    first = Dreamer(given.model, (width, height), preset=given.preset, seed=given.seed)
    words = given.words or list(first.card.classes)
    small = (given.width, round(given.width * height / width))
    rows = -(-len(words) // given.columns)
    sheet = Image.new("RGB", (given.columns * small[0], rows * (small[1] + CAPTION)), "#101014")
    font = ImageFont.truetype(str(models_folder() / "fonts" / "Inter-Regular.otf"), 13)
    pen = ImageDraw.Draw(sheet)
    noise = first.state()
    count = max(1, round(given.seconds * DREAMS_PER_SECOND))
    scores = []
    with progress("Gallery", len(words) * count, "dreams") as advance:
        for index, word in enumerate(words):
            programme = split([part.strip() for part in word.split("+")])
            first.restore(noise)
            for number in range(count):
                dream = first.advance(programme, number / DREAMS_PER_SECOND, given.steps)
                advance(1, word)
            score = sum(first.score(dream.picture, wish.what) for wish in programme.wishes) / len(programme.wishes)
            scores.append((score, word))
            x, y = index % given.columns * small[0], index // given.columns * (small[1] + CAPTION)
            sheet.paste(Image.fromarray(dream.picture).resize(small, Image.Resampling.LANCZOS), (x, y))
            pen.text((x + 6, y + small[1] + 3), word, font=font, fill="#e8e8ee")
    sheet.save(given.output)
    print(f"mean probability {sum(score for score, _ in scores) / len(scores):.3f}; weakest:")
    for score, word in sorted(scores)[:10]:
        print(f"  {word}: {score:.3f}")


if __name__ == "__main__":
    main()
