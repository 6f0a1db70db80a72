"""What a kind of output says of itself, in its own file: how its addresses look, and the sink that is made of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dreamstream.core.packet import Sink, StreamInfo
from dreamstream.outputs.rotation import Rotation


@dataclass(frozen=True)
class ShowStream:
    """What a sink may need to know of the show that it is part of.

    info: the stream. request_keyframe: asks the encoder for one. rotation: when a recording begins a new file.
    renew: a broadcast is ended and begun anew after this many seconds.
    """

    info: StreamInfo
    request_keyframe: Callable[[], None]
    rotation: Rotation = field(default_factory=Rotation)
    renew: float = 47.5 * 3600


def _last_part(target: str) -> str:
    return Path(target).name


@dataclass(frozen=True)
class OutputKind:
    """One kind of output.

    name: the word that may stand before an address with a colon: "hls" in hls:FOLDER. example: how to write one.
    open: makes a sink that works from now on, of target, stream and the name of the sink; may raise UserError.
    check: the target as it is kept; raises UserError, in which no secret stands, for one that cannot be.
    schemes: of URLs that are such an output as they are. endings: of files that are. shown: the target as anyone may
    see it. called: what an output is called unless told otherwise; "" is called by its kind.
    """

    name: str
    example: str
    open: Callable[[str, ShowStream, str], Sink]
    check: Callable[[str], str] = str
    schemes: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    shown: Callable[[str], str] = str
    called: Callable[[str], str] = _last_part
