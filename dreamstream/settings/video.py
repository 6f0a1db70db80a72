"""The video that is made of the dreams: size, rate, encoder, sound, titles."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from dreamstream.settings.dreams import Size
from dreamstream.settings.field import AutoBool, AutoInt, SettingPath, one_of, setting

FINISHES = ("auto", "crisp", "plain")
ENCODERS = ("auto", "libx264", "h264_nvenc", "h264_qsv", "h264_amf", "h264_v4l2m2m")


class VideoSettings(BaseModel):
    """The video."""

    size: Size = setting(
        None, "the video's size", metavar="WxH", usually="auto: 1280x720, or 640x360 on a small machine"
    )
    fps: int = setting(30, "frames per second", ge=1, le=60)
    finish: Annotated[str, BeforeValidator(one_of(FINISHES))] = setting(
        "auto",
        "what is done to dreams for the eye: crisp draws soft edges together, plain does nothing",
        metavar="NAME",
        usually="auto: what suits the look",
    )
    bitrate: AutoInt = setting(
        None, "video bits per second in thousands", metavar="KBPS", usually="auto: by size and rate", ge=100, le=50_000
    )
    encoder: Annotated[str, BeforeValidator(one_of(ENCODERS))] = setting(
        "auto",
        f"{', '.join(ENCODERS[1:-1])} or {ENCODERS[-1]}",
        metavar="NAME",
        usually="auto: a hardware encoder where one works",
    )
    audio: SettingPath | None = setting(
        None, "play this sound file, or this folder's, over and over", metavar="PATH", usually="silence"
    )
    overlay: AutoBool = setting(None, "titles in the video", usually="auto: when it is streamed or recorded")
