"""What an output's address means, and the sink that is made of it. Nothing is opened by parsing.

A kind of output is declared in its own file, as an `OutputKind`, and named in KINDS. One in another package is an entry
point of the group `dreamstream.outputs` that names its `OutputKind`; its addresses begin with the entry point's name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.packet import Sink
from dreamstream.outputs import hls, mpegts, recorder
from dreamstream.outputs.kind import OutputKind, ShowStream
from dreamstream.outputs.rtmp import sink as rtmp
from dreamstream.support import extensions

GROUP = "dreamstream.outputs"
KINDS: tuple[OutputKind, ...] = (rtmp.KIND, mpegts.KIND, hls.KIND, recorder.KIND)


@dataclass(frozen=True)
class Output:
    """An address taken apart: the kind of output, and what its sink is given. `target` may hold a stream key."""

    made_as: OutputKind = field(repr=False)
    target: str = field(repr=False)

    @property
    def kind(self) -> str:
        """The kind's name, such as "rtmp"."""
        return self.made_as.name

    @property
    def shown(self) -> str:
        """The target as anyone may see it."""
        return self.made_as.shown(self.target)

    @property
    def name(self) -> str:
        """What it is called unless told otherwise: an RTMP server's host, or the file's name."""
        return self.made_as.called(self.target) or self.kind


def parse_output(address: str) -> Output:
    """The output meant by rtmp://..., rtmps://..., udp://HOST:PORT (MPEG-TS), or a file ending in .mp4 or .mkv.

    A kind's name with a colon before it says the kind: recording:show.mp4, hls:FOLDER, mpegts:PIPE, mpegts:-.
    Raises UserError (without any stream key) for anything else.
    """
    address = address.strip()
    head, _, rest = address.partition(":")
    others = extensions.found(GROUP)
    for kind in KINDS:
        if head == kind.name and rest and not rest.startswith("//"):
            return Output(kind, kind.check(rest))
        if rest and head.lower() in kind.schemes:
            return Output(kind, kind.check(address))
    if rest and head in others:
        loaded = extensions.load(others[head], f"the output {head}")
        if not isinstance(loaded, OutputKind):
            raise UserError(f"The output {head} cannot be used: {others[head].value} is no OutputKind.")
        return Output(loaded, loaded.check(address if rest.startswith("//") else rest))
    for kind in KINDS:
        if Path(address).suffix.lower() in kind.endings and "://" not in address:
            return Output(kind, kind.check(address))
    examples = [*(f"{name}:..." for name in others), *(kind.example for kind in KINDS)]
    raise UsageError(f"An output is {', '.join(examples[:-1])}, or {examples[-1]}.")


def open_sink(output: Output, stream: ShowStream, name: str) -> Sink:
    """A sink that works from now on. Raises UserError when the output cannot be opened."""
    return output.made_as.open(output.target, stream, name)
