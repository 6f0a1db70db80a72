"""Tests of the figures for size and rate, and of what is said about them."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from dreamstream.show.build_outputs import Lightening
from dreamstream.show.frame_thread import WINDOW, WINDOWS, Overload
from dreamstream.video.rates import default_bitrate, default_preset, twitch_warning

TWITCH = "rtmps://ingest.global-contribute.live-video.net/app/live_secret"


def test_default_bitrates_are_twitchs() -> None:
    """The published figures, and never more than Twitch takes."""
    sizes = {
        (1280, 720, 30): 3000,
        (1280, 720, 60): 4500,
        (1920, 1080, 30): 4500,
        (1920, 1080, 60): 6000,
        (3840, 2160, 60): 6000,
    }
    assert {key: default_bitrate(*key) for key in sizes} == sizes
    assert 1000 <= default_bitrate(640, 360, 30) <= 2000


def test_preset_is_by_size_and_cores() -> None:
    """Small pictures and large machines get the careful one."""
    assert default_preset(640, 360, 30, 2) == "veryfast"
    assert default_preset(1280, 720, 30, 2) == "superfast"
    assert default_preset(1920, 1080, 60, 16) == "veryfast"


@pytest.mark.parametrize(
    ("url", "kbps", "fps", "word"),
    [
        (TWITCH, 6001, 30, "6000"),
        (TWITCH, 6000, 25, "--fps"),
        (TWITCH, 6000, 60, None),
        ("rtmp://live.twitch.tv/app/live_secret", 8000, 60, "8000"),
        ("rtmp://example.org/app/key", 20000, 50, None),
        ("rtmp://nottwitch.tv/app/key", 20000, 50, None),
    ],
)
def test_twitch_is_warned_of(url: str, kbps: int, fps: int, word: str | None) -> None:
    """What Twitch does not take is said with the value and the flag, and without the key."""
    said = twitch_warning(["rtmp://localhost/live/x", url], kbps, fps)
    assert (said is None) == (word is None)
    if said is not None and word is not None:
        assert word in said
        assert "secret" not in said


def test_overload_is_said_only_when_it_lasts() -> None:
    """Some slow seconds change nothing; six in a row are told with their share, and then it counts anew."""
    watch, frames = Overload(30), round(WINDOW * 30)
    assert all(watch.note(0.02) is None for _ in range(10 * frames))
    assert all(watch.note(0.05) is None for _ in range((WINDOWS - 1) * frames))
    assert all(watch.note(0.02) is None for _ in range(frames))
    told = [watch.note(0.05) for _ in range(2 * WINDOWS * frames)]
    assert [index for index, share in enumerate(told, 1) if share is not None] == [3 * frames, 6 * frames]
    assert told[3 * frames - 1] == pytest.approx(1.5)
    calm = [watch.note(0.02) for _ in range(4 * WINDOWS * frames)]
    assert [index for index, share in enumerate(calm, 1) if share is not None] == [WINDOWS * frames]
    assert calm[WINDOWS * frames - 1] == 0


def test_overload_is_logged_once_until_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    """Each faster preset is logged, then the advice once, and once that it is over; the status always says it."""
    encoder = Mock(lighten=Mock(side_effect=["superfast", *9 * [""]]))
    lightening = Lightening(encoder)
    with caplog.at_level("INFO"):
        assert "superfast" in lightening(1.5)
        assert all("choose a smaller --size" in lightening(1.2 + i / 10) for i in range(5))
        assert lightening(0) == ""
        assert "choose a smaller --size" in lightening(1.4)
    parts = ("superfast", "120 %", "keeps up", "140 %")
    assert len(caplog.messages) == len(parts)
    assert all(part in text for part, text in zip(parts, caplog.messages, strict=True))
