"""The one encoder of a show: frames and sound in, H.264 and AAC packets out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags
from av.packet import Packet as AvPacket
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError
from dreamstream.core.packet import AUDIO, VIDEO, Packet, StreamInfo, parameter_sets
from dreamstream.support import machine
from dreamstream.video import yuv
from dreamstream.video.rates import PRESETS, default_bitrate, default_preset
from dreamstream.video.soundtrack import CHANNELS, SAMPLE_RATE, Soundtrack

log = logging.getLogger(__name__)

KEYFRAME_SECONDS = 2
AUDIO_BITRATE = 128_000
# H.264's number for BT.709, the same for primaries, transfer and matrix.
BT709 = 1
SOFTWARE = "libx264"
HARDWARE = ("h264_nvenc", "h264_qsv", "h264_amf", "h264_v4l2m2m")


class Encoder:
    """Encodes frames at a constant rate, and the sound that belongs to them.

    size: (width, height), both even. bitrate_kbps: constant bitrate, by default from size and rate.
    preset: x264's; by default one for live video of this size on this machine.
    quality: a constant rate factor (0 to 51, smaller is better) instead of a bitrate, for files.
    codec: "h264" or "libx264" (software), "auto" (hardware where it really opens), or a hardware encoder's name.
    audio: the soundtrack; None leaves the audio track out, Soundtrack() is a silent one.
    say: takes a sentence when a wanted encoder does not open.
    repeatable: the same frames give the same bytes. x264's trees of macroblocks read memory that nobody has written,
    which now and then changes a bit of what it chooses; so they are left out.
    Raises UserError for a size, rate or codec that cannot be.
    """

    def __init__(
        self,
        size: tuple[int, int],
        fps: int,
        bitrate_kbps: int | None = None,
        preset: str | None = None,
        codec: str = "h264",
        audio: Soundtrack | None = None,
        quality: float | None = None,
        say: Callable[[str], None] = log.warning,
        repeatable: bool = False,
    ) -> None:
        width, height = size
        if width < 16 or height < 16 or width % 2 or height % 2:
            raise UsageError(f"The picture size must be even and at least 16x16, not {width}x{height}.")
        if not 1 <= fps <= 240:
            raise UsageError(f"The frame rate must be from 1 to 240, not {fps}.")
        self._size, self._fps, self._quality, self._repeatable = size, fps, quality, repeatable
        self._preset = preset or default_preset(width, height, fps, machine.cores())
        self._kbps = bitrate_kbps or default_bitrate(width, height, fps)
        self._force, self._lighter = threading.Event(), threading.Event()
        self._samples = 0
        self._soundtrack = audio
        self._video = self._choose("libx264" if codec == "h264" else codec, say)
        self._audio = self._open_audio() if audio is not None else None
        self.info = StreamInfo(
            width=width,
            height=height,
            fps=fps,
            video_extradata=bytes(self._video.extradata or b""),
            audio_extradata=bytes(self._audio.extradata or b"") if self._audio is not None else b"",
            sample_rate=SAMPLE_RATE,
            channels=CHANNELS,
        )

    @property
    def codec(self) -> str:
        """The name of the video encoder that opened."""
        return self._video.codec.name

    @property
    def bitrate_kbps(self) -> int:
        """The video bitrate aimed at, in kb/s (meaningless with `quality`)."""
        return self._kbps

    @property
    def preset(self) -> str:
        """The x264 preset in use; "" with a hardware encoder."""
        return self._preset if self.codec == SOFTWARE else ""

    def lighten(self) -> str:
        """Take the next faster preset from the next key frame on, which nobody who watches notices.

        Returns its name, or "" when there is none; may be called from any thread.
        """
        if self.codec != SOFTWARE or self._quality is not None or self._preset not in PRESETS[:-1]:
            return ""
        self._lighter.set()
        return PRESETS[PRESETS.index(self._preset) + 1]

    def request_keyframe(self) -> None:
        """Make the next frame a key frame; may be called from any thread."""
        self._force.set()

    def encode(self, frame: NDArray[np.uint8], index: int, keyframe: bool = False) -> list[Packet]:
        """The packets that frame number `index` gives, video first, then the sound up to the frame's time.

        frame: of the encoder's size, uint8 [H, W, 3] RGB or planar YUV (yuv.py). Numbers must be contiguous from 0.
        Key frames come every 2 s of frame numbers, and where asked for.
        """
        beat = index % (KEYFRAME_SECONDS * self._fps) == 0
        packets = self._take_lighter() if beat and self._lighter.is_set() else []
        picture = self.convert(frame)
        picture.pts = index
        picture.time_base = Fraction(1, self._fps)
        asked_for = self._force.is_set()
        if asked_for:
            self._force.clear()
        if keyframe or asked_for or beat:
            picture.pict_type = PictureType.I
        packets += [self._packet(VIDEO, packet) for packet in self._video.encode(picture)]
        while self._audio is not None and self._samples * self._fps <= index * SAMPLE_RATE:
            packets += self._encode_audio(self._audio)
        return packets

    def _take_lighter(self) -> list[Packet]:
        """Go on with a faster preset, where the stream's headers stay the same; returns what was still inside."""
        self._lighter.clear()
        before = self._preset
        self._preset = PRESETS[min(PRESETS.index(before) + 1, len(PRESETS) - 1)]
        lighter = self._open_video(SOFTWARE)
        if parameter_sets(bytes(lighter.extradata or b"")) != parameter_sets(self.info.video_extradata):
            self._preset = before
            log.warning("The encoder stays at %s: a faster preset would need new stream headers.", before)
            return []
        packets = [self._packet(VIDEO, packet) for packet in self._video.encode(None)]
        self._video = lighter
        return packets

    def convert(self, frame: NDArray[np.uint8]) -> VideoFrame:
        """A frame, RGB or planar, as the encoder takes it: 4:2:0, BT.709, limited range."""
        planar = yuv.frame(frame)
        return planar if self._pixel_format == "yuv420p" else planar.reformat(format=self._pixel_format)

    def flush(self) -> list[Packet]:
        """The packets still inside; the encoder takes no more frames after this."""
        packets = [self._packet(VIDEO, packet) for packet in self._video.encode(None)]
        if self._audio is not None:
            packets += [self._packet(AUDIO, packet) for packet in self._audio.encode(None)]
        return packets

    def _encode_audio(self, encoder: AudioCodecContext) -> list[Packet]:
        assert self._soundtrack is not None
        count = encoder.frame_size
        sound = av.AudioFrame.from_ndarray(self._soundtrack.read(count), format="fltp", layout="stereo")
        sound.sample_rate = SAMPLE_RATE
        sound.pts = self._samples
        sound.time_base = Fraction(1, SAMPLE_RATE)
        self._samples += count
        return [self._packet(AUDIO, packet) for packet in encoder.encode(sound)]

    def _packet(self, kind: str, packet: AvPacket[Any]) -> Packet:
        base = Fraction(1, self._fps) if kind == VIDEO else Fraction(1, SAMPLE_RATE)
        scale = packet.time_base / base if packet.time_base else Fraction(1)
        pts = round((packet.pts or 0) * scale)
        dts = round((packet.dts if packet.dts is not None else packet.pts or 0) * scale)
        duration = round((packet.duration or 0) * scale) or (1 if kind == VIDEO else 1024)
        return Packet(kind, bytes(packet), pts, dts, duration, base, kind == AUDIO or packet.is_keyframe)

    def _choose(self, codec: str, say: Callable[[str], None]) -> VideoCodecContext:
        if codec == SOFTWARE:
            return self._open_video(SOFTWARE)
        if codec != "auto" and codec not in HARDWARE:
            allowed = ", ".join(("h264", "auto", *HARDWARE))
            raise UsageError(f"There is no video codec {codec!r}; choose one of {allowed}.")
        reasons = []
        for name in HARDWARE if codec == "auto" else (codec,):
            try:
                # Being listed is not being usable: some encoders open and fail on their first frame.
                self._open_video(name).encode(self.convert(_black(self._size)))
                opened = self._open_video(name)
                if not parameter_sets(bytes(opened.extradata or b"")):
                    raise ValueError("it gives no stream header")
                return opened
            except (av.error.FFmpegError, ValueError, OSError) as error:
                reasons.append(f"{name}: {getattr(error, 'strerror', None) or error}")
        say(f"No hardware encoder opened ({'; '.join(reasons)}); encoding with {SOFTWARE}.")
        return self._open_video(SOFTWARE)

    def _open_video(self, name: str) -> VideoCodecContext:
        encoder = cast(VideoCodecContext, av.CodecContext.create(name, "w"))
        self._pixel_format = "nv12" if name in ("h264_qsv", "h264_v4l2m2m") else "yuv420p"
        encoder.width, encoder.height = self._size
        encoder.pix_fmt = self._pixel_format
        encoder.framerate = Fraction(self._fps)
        encoder.time_base = Fraction(1, self._fps)
        encoder.gop_size = KEYFRAME_SECONDS * self._fps
        encoder.max_b_frames = 0
        encoder.color_primaries = encoder.color_trc = encoder.colorspace = BT709
        encoder.color_range = ColorRange.MPEG
        encoder.options = self._options(name)
        if self._quality is None:
            encoder.bit_rate = self._kbps * 1000
        encoder.flags |= Flags.global_header
        encoder.open()
        return encoder

    def _options(self, name: str) -> dict[str, str]:
        rate = f"{self._kbps}k"
        constant = {"maxrate": rate, "bufsize": rate}
        if name == "h264_nvenc":
            return {"preset": "p4", "tune": "ll", "rc": "cbr", "forced-idr": "1", "no-scenecut": "1", **constant}
        if name == "h264_qsv":
            return {"preset": "veryfast", "forced_idr": "1", "look_ahead": "0", **constant}
        if name == "h264_amf":
            return {"usage": "lowlatency", "rc": "cbr", "forced_idr": "1", **constant}
        if name == "h264_v4l2m2m":
            return {}
        # CABAC makes even the ultrafast preset Main profile; what asks for less is refused by Twitch.
        x264 = ["scenecut=0", "open-gop=0", "cabac=1", *(["mbtree=0"] if self._repeatable else [])]
        options = {"preset": self._preset, "profile": "high", "forced-idr": "1"}
        if self._quality is not None:
            return {**options, "crf": str(self._quality), "x264-params": ":".join(x264)}
        # What is in the stream's headers is the same with every preset, so that one can follow another.
        x264 += ["nal-hrd=cbr", "ref=1", "weightp=1", "8x8dct=1"]
        return {**options, **constant, "tune": "zerolatency", "x264-params": ":".join(x264)}

    def _open_audio(self) -> AudioCodecContext:
        encoder = av.CodecContext.create("aac", "w")
        encoder.sample_rate = SAMPLE_RATE
        encoder.layout = "stereo"
        encoder.format = "fltp"
        encoder.bit_rate = AUDIO_BITRATE
        encoder.time_base = Fraction(1, SAMPLE_RATE)
        encoder.flags |= Flags.global_header
        encoder.open()
        return encoder


def _black(size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.zeros((size[1], size[0], 3), np.uint8)
