"""Settings that are refused, in sentences that say which, where and what is allowed, and that show no secret."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.errors import UsageError
from dreamstream.settings.load import load
from tests.settings.refused import refusal


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"fps": "0"}, "--fps is '0', but must be a number from 1 to 60."),
        ({"fps": "thirty"}, "--fps is 'thirty', but must be a number from 1 to 60."),
        ({"port": "65536"}, "--port is '65536', but must be a number from 0 to 65535."),
        ({"size": "big"}, "--size is 'big', but must look like 1280x720."),
        ({"size": "720"}, "--size is '720', but must look like 1280x720; did you mean 720p?"),
        ({"size": "641x360"}, "--size is '641x360', but must have even sides (H.264 stores colour for 2x2 pixels)."),
        ({"size": "64x96"}, "--size is '64x96', but must have sides of 96 to 3840 pixels."),
        ({"dream_size": "90000x2"}, "--dream-size is '90000x2', but must have sides of 96 to 3840 pixels."),
        (
            {"encoder": "h265"},
            "--encoder is 'h265', but must be one of auto, libx264, h264_nvenc, h264_qsv, h264_amf, h264_v4l2m2m.",
        ),
        (
            {"twitch": "not a name"},
            "--twitch is 'not a name', but must be the name of a Twitch channel, like mychannel.",
        ),
        ({"irc": "http://x/y"}, "--irc is 'http://x/y', but must look like irc://HOST:6667/CHANNEL."),
        ({"controls": ["zoom"]}, "--set is 'zoom', but must look like zoom=1.08."),
        ({"channel": "A/B"}, "--channel is 'A/B', but must be 1 to 32 small letters, digits, _ or -."),
        ({"hold": "nan"}, "--hold is 'nan', but must be a number from 2 to 3600."),
    ],
)
def test_refusals(flags: dict[str, object], sentence: str) -> None:
    """A bad value is refused with the key, the value and what is allowed."""
    assert refusal(flags) == sentence


def test_unknown_names(tmp_path: Path) -> None:
    """A misspelt key of the file or variable of the environment is refused with the near one."""
    config = tmp_path / "show.toml"
    config.write_text("fsp = 20\n")
    assert refusal({}, config).endswith("show.toml has an unknown key, fsp. Did you mean fps?")
    assert refusal({}, None, {"DREAMSTREAM_HOTS": "x"}) == (
        "DREAMSTREAM_HOTS in the environment is no setting. Did you mean DREAMSTREAM_HOST?"
    )


def test_origin_is_named(tmp_path: Path) -> None:
    """The sentence says which variable or file holds the bad value."""
    config = tmp_path / "show.toml"
    config.write_text("fps = 0\n")
    assert refusal({}, config).startswith(f"fps in {config} is '0'")
    assert refusal({}, None, {"DREAMSTREAM_FPS": "0"}).startswith("DREAMSTREAM_FPS is '0'")


def test_broken_files(tmp_path: Path) -> None:
    """A missing, unreadable or broken file is one sentence."""
    assert "does not exist" in refusal({}, tmp_path / "no.toml")
    config = tmp_path / "show.toml"
    config.write_text("fps = = 3\n")
    assert "is not TOML" in refusal({}, config)
    config.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in refusal({}, config)
    assert "cannot be read" in refusal({}, tmp_path)


@pytest.mark.parametrize("url", ["http://host/app/SECRET", "SECRET", "rtmp:///SECRET", "rtmp://[SECRET"])
def test_a_refused_rtmp_address_is_not_shown(url: str, tmp_path: Path) -> None:
    """The address may hold the key even when it is wrong."""
    config = tmp_path / "show.toml"
    config.write_text(f"rtmp = ['{url}']\n")
    for sentence in (refusal({"rtmp": [url]}), refusal({}, None, {"DREAMSTREAM_RTMP": url}), refusal({}, config)):
        assert "SECRET" not in sentence
        assert "must look like rtmp://HOST/APP/KEY" in sentence


def test_a_path_that_is_empty_or_somebody_elses_is_refused(tmp_path: Path) -> None:
    """An empty path would be the current folder."""
    config = tmp_path / "show.toml"
    config.write_text('state = ""\n')
    assert refusal({}, config) == f"state in {config} is '', but must name a file or folder."
    assert "this machine does not know" in refusal({"record": "~nobody-of-this-name/x.mp4"})


@given(st.binary(max_size=200))
def test_no_file_is_a_traceback(data: bytes) -> None:
    """Whatever lies in a settings file: settings, or a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "show.toml")
        config.write_bytes(data)
        with contextlib.suppress(UsageError):
            load({}, config, {})


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000,
        "fps = " + "9" * 5000,
        "fps = 1e999",
        "fps = nan",
        "fps = 0x" + "f" * 5000,
        "fps = 2020-01-01",
        "fps = 2020-99-99",
        "size = [99999999999999999999, 2]",
        "rtmp = [[1]]",
        "rtmp = {a = 1}",
        "[controls]\nzoom = {a = 1}",
        "[controls]\nzoom = inf",
        "[roles]\nskip = 3",
        "[favours]\nvip = 'x'",
        "share = [1.5, 2]",
        "share = [9999999999999999999999]",
        "twitch = 3",
        "irc = 'irc://[x/y'",
        "public_url = 'http://[x/y'",
        "record = 3",
        "discord = -5",
        "discord = 1e300",
        "ignore = [1, [2]]",
        "model = ['a']",
        "preset = 3",
        "state = '~\\u0000'",
        "block_list = '\\u0000'",
        'hls = "\\u0000"',
    ],
)
def test_odd_values_are_sentences(text: str, tmp_path: Path) -> None:
    """What TOML allows and no setting means is refused in a sentence without Python in it."""
    config = tmp_path / "show.toml"
    config.write_text(text + "\n")
    sentence = refusal({}, config)
    assert sentence.endswith(".")
    assert len(sentence) < 400
    assert not re.search(r"Traceback|\bclass\b|instance of|NoneType|dict\b|(?<!_)list\b|tuple|str\b|[{}]", sentence), (
        sentence
    )
