"""A film from a cue list: what is dreamed when, as a stage would note it.

    python examples/cue_list.py film.mp4

The cues are below. As in a show, dreams are made at regular times, and the tweener makes every frame between them.
"""

import itertools
import sys
from pathlib import Path

from dreamstream import DreamerRequest, Effort, open_dreamer
from dreamstream.outputs.mux import Muxer
from dreamstream.video.encoder import Encoder
from dreamstream.video.tween import Tweener
from dreamstream.wishes.sentence import programme_of
from dreamstream.wishes.vocabulary import Vocabulary

# From which second on what is wished, with controls that are turned then.
CUES: list[tuple[float, str, dict[str, float]]] = [
    (0.0, "jellyfish", {"zoom": 1.02}),
    (4.0, "jellyfish left + volcano right", {}),
    (8.0, "volcano - jellyfish", {"zoom": 1.12}),
]
SECONDS, INTERVAL = 12.0, 0.4


def main(path: Path, seconds: float = SECONDS, size: tuple[int, int] = (640, 360), fps: int = 30) -> None:
    """Write the film: `seconds` of it, `size` (width, height), at `fps` frames per second."""
    dreamer = open_dreamer("ascent", DreamerRequest(size=size, seed=7))
    words = Vocabulary.of(dreamer.card.words)
    cues = [(start, programme_of(text, words), controls) for start, text, controls in CUES]
    tweener, encoder = Tweener(size, between=dreamer.card.between), Encoder(size, fps, quality=18.0)
    # The first second and a half is not shown: a film need not begin with noise.
    moments = itertools.count(-1.5, INTERVAL)
    coming = next(moments)
    with Muxer(str(path), encoder.info, "mp4", {"movflags": "faststart"}) as muxer:
        for index in range(round(seconds * fps)):
            now = index / fps
            while coming - 2 * INTERVAL <= now:
                start, programme, controls = [cue for cue in cues if cue[0] <= max(coming, 0.0)][-1]
                if coming - INTERVAL < start:
                    for name, value in controls.items():
                        dreamer.set(name, value)
                tweener.push(dreamer.dream(programme, coming, Effort(cost={"steps": 10})), now)
                coming = next(moments)
            for packet in encoder.encode(tweener.frame_yuv(now), index):
                muxer.write(packet)
            print(f"\r{path}: {now:.1f} of {seconds:g} s, {programme.title()}", end="  ", flush=True)
        for packet in encoder.flush():
            muxer.write(packet)
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "film.mp4"))
