"""Where the video goes, besides the page."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr

from dreamstream.core.errors import UserError
from dreamstream.outputs.address import STDOUT, check_mpegts
from dreamstream.outputs.address import check as check_rtmp
from dreamstream.outputs.rotation import parse_rotation
from dreamstream.settings.field import SettingPath, brought, home, setting, words


def _rtmp(value: SecretStr) -> SecretStr:
    try:
        return SecretStr(check_rtmp(value.get_secret_value()))
    except UserError:  # of an address that is none, any part may be the key
        raise ValueError("must look like rtmp://HOST/APP/KEY or rtmps://HOST/APP/KEY") from None


def _rotation(value: str) -> str:
    parse_rotation(value)
    return value


def _mpegts(value: str) -> str:
    try:
        target = check_mpegts(value)
    except UserError:
        raise ValueError("must be udp://HOST:PORT, a named pipe, a file, or - for standard output") from None
    return target if target == STDOUT or "://" in target else str(home(target))


def _output(value: SecretStr) -> SecretStr:
    # The name is checked here, and the target when outputs are made, for only its package knows what it may be.
    return SecretStr(brought("dreamstream.outputs", "an output")(value.get_secret_value()))


RtmpUrls = Annotated[list[Annotated[SecretStr, AfterValidator(_rtmp)]], BeforeValidator(words)]
OtherOutputs = Annotated[list[Annotated[SecretStr, AfterValidator(_output)]], BeforeValidator(words)]
MpegTsTargets = Annotated[list[Annotated[str, AfterValidator(_mpegts)]], BeforeValidator(words)]


class OutputSettings(BaseModel):
    """Where it goes."""

    rtmp: RtmpUrls = setting(
        [], "stream to this RTMP or RTMPS address; may be given several times", metavar="URL", secret=True
    )
    rtmp_renew: float = setting(
        47.5, "begin a new broadcast after so many hours; Twitch ends one at 48", metavar="HOURS", gt=0, le=10_000
    )
    record: SettingPath | None = setting(
        None, "record the show to this .mp4 or .mkv; what is on the disk can always be played", metavar="FILE"
    )
    record_rotate: Annotated[str, AfterValidator(_rotation)] | None = setting(
        None, 'go on in a new file after 1h, 2GB, or "1h 2GB"; no frame is lost', metavar="WHEN", usually="never"
    )
    hls: SettingPath | None = setting(None, "keep an HLS stream in this folder, for any web server", metavar="FOLDER")
    mpegts: MpegTsTargets = setting(
        [], "send MPEG-TS to udp://HOST:PORT, a named pipe, a file, or -; may be given several times", metavar="TARGET"
    )
    output: OtherOutputs = setting(
        [],
        "an output that another package brings, as NAME:TARGET; may be given several times",
        metavar="ADDRESS",
        secret=True,
    )
