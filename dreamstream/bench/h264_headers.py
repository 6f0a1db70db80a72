"""What an H.264 stream says about itself: its parameter sets, read as ITU-T H.264 (7.3.2.1, annex E) writes them."""

from __future__ import annotations

from dataclasses import dataclass

from dreamstream.core.packet import HIGH_PROFILES, SPS, ParameterBits, units


@dataclass(frozen=True)
class Sequence:
    """Parts of a sequence parameter set.

    colour: (primaries, transfer, matrix), full_range: None when it says nothing. hrd: (bits per second, buffer in
    bits, whether the rate is constant), or None without a hypothetical reference decoder.
    """

    profile: int
    level: int
    references: int
    colour: tuple[int, int, int] | None
    full_range: bool | None
    hrd: tuple[int, int, bool] | None


def sequence(data: bytes) -> Sequence:
    """Read the first sequence parameter set in Annex B data. Raises ValueError when there is none."""
    sps = next((unit for unit in units(data) if unit[0] & 31 == SPS), None)
    if sps is None:
        raise ValueError("the stream has no sequence parameter set")
    bits = ParameterBits(sps[1:])
    profile, _, level = bits.read(8), bits.read(8), bits.read(8)
    bits.exp()
    if profile in HIGH_PROFILES:
        if bits.exp() == 3:
            bits.read(1)
        bits.exp(), bits.exp(), bits.read(1)
        if bits.read(1):
            raise ValueError("scaling lists are not read")
    bits.exp()
    order = bits.exp()
    if order == 0:
        bits.exp()
    elif order == 1:
        raise ValueError("picture order type 1 is not read")
    references = bits.exp()
    bits.read(1)
    bits.exp(), bits.exp()
    if not bits.read(1):
        bits.read(1)
    bits.read(1)
    if bits.read(1):
        for _ in range(4):
            bits.exp()
    colour, full, hrd = _usability(bits) if bits.read(1) else (None, None, None)
    return Sequence(profile, level, references, colour, full, hrd)


def _usability(bits: ParameterBits) -> tuple[tuple[int, int, int] | None, bool | None, tuple[int, int, bool] | None]:
    """The video usability information: colours and buffer."""
    if bits.read(1) and bits.read(8) == 255:
        bits.read(32)
    if bits.read(1):
        bits.read(1)
    colour, full = None, None
    if bits.read(1):
        bits.read(3)
        full = bool(bits.read(1))
        if bits.read(1):
            colour = (bits.read(8), bits.read(8), bits.read(8))
    if bits.read(1):
        bits.exp(), bits.exp()
    if bits.read(1):
        bits.read(65)
    if not bits.read(1):
        return colour, full, None
    bits.exp()
    rate_scale, size_scale = bits.read(4), bits.read(4)
    rate, size = bits.exp() + 1, bits.exp() + 1
    return colour, full, (rate << (6 + rate_scale), size << (4 + size_scale), bool(bits.read(1)))
