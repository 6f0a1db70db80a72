"""Where dreams are finished: on the accelerator that makes them, if there is one, else by OpenCV."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dreamstream.support import machine
from dreamstream.video import finish
from dreamstream.video.finish import Finish


def where_dreams_are_made(usual: Finish) -> Finish:
    """The same finish (to within 1 of 255) on this machine's accelerator, if it has one.

    Its first picture loads JAX and compiles.
    """
    return usual.by(_on_accelerator) if machine.accelerator() else usual


def _on_accelerator(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    import jax

    # What the machine seems to have is a guess; JAX knows.
    if jax.default_backend() == "cpu":
        return finish.crisp(picture, size)
    from dreamstream.dreamers import crisp

    return crisp.crisp(picture, size)
