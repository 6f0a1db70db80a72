"""A picture that says when it was made, and how long it took to be seen: what `glass to glass` is measured with."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.browser.stills import Stills
from dreamstream.video.encoder import Encoder
from tests.web.show import Beat

BITS = 20
CELL = 16  # pixels; larger than H.264's blocks need, so that no bit is lost to compression
WRAP = 1 << BITS
JUMP = 100.0  # ms; a change of delay that is seen as a jerk
# Reads the bits of what is seen at each repaint, with the time of the reading; both clocks are the machine's own.
WATCH = """([seconds, bits, cell]) => new Promise((done) => {
  const canvas = document.createElement("canvas");
  canvas.width = bits * cell; canvas.height = 2 * cell;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = [];
  const end = performance.now() + 1000 * seconds;
  let last = -1;
  const look = () => {
    const picture = document.querySelector(".stage .moving");
    if (picture) {
      context.drawImage(picture, 0, 0, canvas.width, canvas.height, 0, 0, canvas.width, canvas.height);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const light = (column, row) => data[4 * ((row + 0.5) * cell * canvas.width + (column + 0.5) * cell)] > 127;
      let made = 0;
      let whole = true;
      for (let bit = 0; bit < bits; bit += 1) {
        made += light(bit, 0) ? 2 ** bit : 0;
        whole &&= light(bit, 0) !== light(bit, 1);
      }
      if (whole && made !== last) {
        last = made;
        seen.push([made, (performance.timeOrigin + performance.now()) % 2 ** bits]);
      }
    }
    if (performance.now() < end) requestAnimationFrame(look);
    else done(seen);
  };
  look();
})"""


def stamped(picture: NDArray[np.uint8], milliseconds: int) -> NDArray[np.uint8]:
    """A picture with a time in its top left corner: a row of light and dark cells, and below it the opposite."""
    bits = np.array([milliseconds >> bit & 1 for bit in range(BITS)], np.uint8)
    rows = np.stack([bits, 1 - bits]) * 255
    out = picture.copy()
    out[: 2 * CELL, : BITS * CELL] = np.kron(rows, np.ones((CELL, CELL), np.uint8))[..., None]
    return out


class Clockwork:
    """A live picture by the show's own encoder that says when each frame was made. Use as a context manager."""

    def __init__(self, size: tuple[int, int] = (640, 360), fps: int = 30) -> None:
        encoder = Encoder(size, fps)
        self.preview, self.stills = Preview(encoder.info), Stills(encoder.info, encoder.request_keyframe)
        noise = np.random.default_rng(1).integers(0, 200, (size[1] // 8, size[0] // 8, 3), np.uint8)
        ground = np.kron(noise, np.ones((8, 8, 1), np.uint8))

        def frame(number: int) -> None:
            picture = np.roll(ground, number % size[0], axis=1)
            for packet in encoder.encode(stamped(picture, time.time_ns() // 1_000_000 % WRAP), number):
                self.preview.put(packet)
                self.stills.put(packet)

        self._beat = Beat(fps, frame)

    def __enter__(self) -> Clockwork:
        self._beat.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._beat.__exit__()
        self.preview.close()
        self.stills.close()


def delays(page: Any, seconds: float) -> list[float]:
    """Milliseconds from the making of each new picture to when it could be read from the page."""
    return [(seen - made) % WRAP for made, seen in page.evaluate(WATCH, [seconds, BITS, CELL])]


def summary(times: list[float]) -> dict[str, float]:
    """Median, 95th percentile and number of times; and how even they are.

    uneven: 95th percentile of the change from one time to the next. jumps: how many changes are above JUMP.
    """
    ranked = sorted(times)
    changes = sorted(abs(after - before) for before, after in pairwise(times))
    return {
        "median": statistics.median(ranked),
        "p95": ranked[int(0.95 * (len(ranked) - 1))],
        "count": len(ranked),
        "uneven": changes[int(0.95 * (len(changes) - 1))],
        "jumps": sum(each > JUMP for each in changes),
    }
