"""The show's ways out, from its settings: encoder, hub, sinks."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.browser.stills import Stills
from dreamstream.outputs.factory import open_sink
from dreamstream.outputs.hub import PacketHub
from dreamstream.outputs.kind import ShowStream
from dreamstream.outputs.manager import Sinks
from dreamstream.outputs.rotation import Rotation, parse_rotation
from dreamstream.settings.show import Settings
from dreamstream.video.encoder import Encoder
from dreamstream.video.rates import twitch_warning
from dreamstream.video.soundtrack import Soundtrack

# Each has two connections, of which the server takes a thousand.
MOST_VIEWERS = 450

SINKS_STOP = 2.0  # seconds that all sinks together may take to end

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outputs:
    """The encoder, the hub that copies its packets to every sink, and the sinks that a person names."""

    encoder: Encoder
    hub: PacketHub
    preview: Preview
    stills: Stills
    sinks: Sinks
    soundtrack: Soundtrack


def make_outputs(settings: Settings, undo: contextlib.ExitStack) -> Outputs:
    """Everything that pictures leave by, but no output is begun yet; undo is given what has to be closed.

    Raises UserError.
    """
    soundtrack = _soundtrack(settings)
    undo.callback(soundtrack.close)
    # That a machine has no hardware encoder is worth a line only where one was asked for.
    say = log.debug if settings.encoder == "auto" else log.warning
    encoder = Encoder(
        settings.output_size(), settings.fps, settings.bitrate, codec=settings.encoder, audio=soundtrack, say=say
    )
    targets = [url.get_secret_value() for url in settings.rtmp]
    if warning := twitch_warning(targets, encoder.bitrate_kbps, settings.fps):
        log.warning("%s", warning)
    hub = PacketHub(on_join=encoder.request_keyframe)
    rotation = parse_rotation(settings.record_rotate) if settings.record_rotate else Rotation()
    stream = ShowStream(encoder.info, encoder.request_keyframe, rotation, 3600 * settings.rtmp_renew)
    sinks = Sinks(hub, lambda output, name: open_sink(output, stream, name))
    undo.callback(sinks.close, SINKS_STOP)
    preview = Preview(encoder.info, sound=not soundtrack.silent, max_viewers=MOST_VIEWERS)
    stills = Stills(encoder.info, encoder.request_keyframe)
    for sink in (preview, stills):
        hub.attach(sink)
    return Outputs(encoder, hub, preview, stills, sinks, soundtrack)


class Lightening:
    """What is done when frames take more than their time: a faster preset; and what is said about it, once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._advised = False

    def __call__(self, share: float) -> str:
        """The sentence about it; share: of a frame's time that is taken, 0 when it is too much no longer."""
        if share == 0:
            self._advised = False
            log.info("This machine keeps up with its frames again.")
            return ""
        slow = f"This machine needs {100 * share:.0f} % of the time it has for making and encoding a frame"
        if preset := self._encoder.lighten():
            sentence = f"{slow}; it encodes with the faster preset {preset} now."
            log.warning("%s", sentence)
            return sentence
        sentence = f"{slow}; choose a smaller --size, a lower --fps, or a hardware --encoder."
        if not self._advised:
            self._advised = True
            log.warning("%s", sentence)
        return sentence


def _soundtrack(settings: Settings) -> Soundtrack:
    try:
        return Soundtrack(settings.audio)
    except (OSError, ValueError) as error:
        raise UserError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def undrawn(picture: NDArray[np.uint8], show_time: float) -> NDArray[np.uint8]:
    """A picture without titles."""
    return picture
