"""A wish from Python to a picture: what a person typed is understood, dreamed for a while, and saved.

    python examples/wish_to_picture.py "bee left + pizza right - dog" wish.png

With `dreamstream image` this is one line; here every step can be changed.
"""

import sys
from pathlib import Path

from PIL import Image

from dreamstream import DreamerRequest, Effort, open_dreamer
from dreamstream.core.errors import UserError
from dreamstream.wishes.sentence import programme_of
from dreamstream.wishes.vocabulary import Vocabulary


def main(text: str, path: Path, dreams: int = 20, size: tuple[int, int] = (640, 360)) -> None:
    """Dream `text` on a canvas of `size` (width, height), and write the last of so many dreams."""
    dreamer = open_dreamer("ascent", DreamerRequest(size=size, seed=1))
    # The dreamer's card knows its words; a misspelt one raises a UserError that names near ones.
    programme = programme_of(text, Vocabulary.of(dreamer.card.words))
    for number in range(dreams):
        # Each dream is in place at a time; between two of them the camera moves on, here for half a second.
        dream = dreamer.dream(programme, time=number / 2, effort=Effort(cost={"steps": 6}))
        print(f"\r{programme.title()}: dream {number + 1} of {dreams}", end="", flush=True)
    Image.fromarray(dream.picture).save(path)
    print(f"\n{path}")


if __name__ == "__main__":
    text, name = [*sys.argv[1:], *["bee + pizza", "wish.png"][len(sys.argv) - 1 :]][:2]
    try:
        main(text, Path(name))
    except UserError as error:
        sys.exit(str(error))
