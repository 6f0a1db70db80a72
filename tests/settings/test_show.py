"""Settings: which layer wins, what is refused, and that no secret shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.message import Role
from dreamstream.settings import show, types
from dreamstream.settings.show import Settings, load


@pytest.fixture(autouse=True)
def _no_own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(show, "default_config", lambda: tmp_path / "none.toml")


def refusal(flags: dict[str, object], config: Path | None = None, environ: dict[str, str] | None = None) -> str:
    """The sentence with which these settings are refused; exit code 2."""
    with pytest.raises(UsageError) as caught:
        load(flags, config, environ or {})
    return str(caught.value)


def test_layers(tmp_path: Path) -> None:
    """Defaults give way to the file, the file to the environment, the environment to flags."""
    config = tmp_path / "show.toml"
    config.write_text('fps = 20\nport = 1111\nsize = "640x360"\nrtmp = ["rtmp://a/b/c"]\n[controls]\nzoom = 1.1\n')
    environ = {"DREAMSTREAM_FPS": "25", "DREAMSTREAM_PORT": "2222"}
    told = load({"fps": "30"}, config, environ)
    assert (told.fps, told.port, told.size, told.hold) == (30, 2222, (640, 360), 30.0)
    assert told.controls == {"zoom": 1.1}
    assert load({}, None, environ | {"DREAMSTREAM_CONFIG": str(config)}).size == (640, 360)


def test_the_platforms_file_is_read_when_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file in the platform's configuration folder counts without being named."""
    (tmp_path / "config.toml").write_text("fps = 12\n")
    monkeypatch.setattr(show, "default_config", lambda: tmp_path / "config.toml")
    assert load({}, None, {}).fps == 12


def test_words_from_the_environment() -> None:
    """Lists and tables are plain words in the environment."""
    told = load({}, None, {"DREAMSTREAM_RTMP": "rtmp://a/b/c rtmps://d/e/f", "DREAMSTREAM_CONTROLS": "zoom=1.2, pan=0"})
    assert [url.get_secret_value() for url in told.rtmp] == ["rtmp://a/b/c", "rtmps://d/e/f"]
    assert told.controls == {"zoom": 1.2, "pan": 0.0}


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"fps": "0"}, "fps is '0', but must be a number from 1 to 60."),
        ({"fps": "thirty"}, "fps is 'thirty', but must be a number from 1 to 60."),
        ({"port": "65536"}, "port is '65536', but must be a number from 0 to 65535."),
        ({"size": "big"}, "size is 'big', but must look like 1280x720."),
        ({"size": "641x360"}, "size is '641x360', but must have even sides (H.264 stores colour for 2x2 pixels)."),
        ({"size": "64x96"}, "size is '64x96', but must have sides of 96 to 3840 pixels."),
        ({"dream_size": "90000x2"}, "dream_size is '90000x2', but must have sides of 96 to 3840 pixels."),
        (
            {"encoder": "h265"},
            "encoder is 'h265', but must be one of auto, libx264, h264_nvenc, h264_qsv, h264_amf, h264_v4l2m2m.",
        ),
        ({"twitch": "not a name"}, "twitch is 'not a name', but must be the name of a Twitch channel, like mychannel."),
        ({"irc": "http://x/y"}, "irc is 'http://x/y', but must look like irc://HOST:6667/CHANNEL."),
        ({"controls": ["zoom"]}, "controls is \"['zoom']\", but must look like zoom=1.08."),
        ({"channel": "A/B"}, "channel is 'A/B', but must be 1 to 32 small letters, digits, _ or -."),
        ({"hold": "nan"}, "hold is 'nan', but must be a number from 2 to 3600."),
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


def test_secrets_do_not_show() -> None:
    """Neither repr nor str of settings holds a stream key; secrets() lists it for the log's filter."""
    told = load({"rtmp": ["rtmp://me:PASS@host/app/live_KEY?auth=TOKEN"]}, None, {})
    assert not re.search("KEY|PASS|TOKEN", f"{told!r} {told} {told.model_dump_json()}")
    assert set(told.secrets()) == {"live_KEY", "auth=TOKEN", "auth%3DTOKEN", "TOKEN", "PASS"}
    assert load({"rtmp": ["rtmp://host/live/show"]}, None, {}).secrets() == ["/show"]


@given(st.integers(48, 1920), st.integers(48, 1920))
def test_sizes_round_trip(half_width: int, half_height: int) -> None:
    """Every even size in bounds is taken as written."""
    width, height = 2 * half_width, 2 * half_height
    assert types.parse_size(f"{width}x{height}") == (width, height)


@given(st.text(max_size=12))
def test_any_text_is_a_size_or_a_sentence(text: str) -> None:
    """No text makes the size parser fail in another way than ValueError."""
    try:
        width, height = types.parse_size(text)
    except ValueError:
        return
    assert width % 2 == height % 2 == 0


@pytest.mark.parametrize(
    ("accelerator", "cores", "flags", "output", "canvas"),
    [
        ("", 2, {}, (640, 360), (640, 360)),
        ("", 8, {}, (1280, 720), (640, 360)),
        ("cuda", 2, {}, (1280, 720), (1280, 720)),
        ("", 8, {"size": "1080x1920"}, (1080, 1920), (360, 640)),
        ("", 8, {"size": "3840x96"}, (3840, 96), (3840, 96)),
        ("", 8, {"size": "1920x1080", "dream_size": "480x270"}, (1920, 1080), (480, 270)),
    ],
)
def test_automatic_sizes(
    monkeypatch: pytest.MonkeyPatch,
    accelerator: str,
    cores: int,
    flags: dict[str, object],
    output: tuple[int, int],
    canvas: tuple[int, int],
) -> None:
    """Sizes follow the machine where they are not told."""
    monkeypatch.setattr(show.machine, "accelerator", lambda: accelerator)
    monkeypatch.setattr(show.machine, "cores", lambda: cores)
    told = load(flags, None, {})
    assert (told.output_size(), told.canvas_size()) == (output, canvas)


@pytest.mark.parametrize(
    ("flags", "titled"),
    [
        ({}, False),
        ({"rtmp": ["rtmp://a/b/c"]}, True),
        ({"record": "show.mp4"}, True),
        ({"overlay": "true"}, True),
        ({"overlay": False, "record": "show.mp4"}, False),
    ],
)
def test_titles_are_drawn_where_the_page_is_not(flags: dict[str, object], titled: bool) -> None:
    """The page has titles of its own; a stream or a recording has none."""
    assert load(flags, None, {}).titled() is titled


def test_settings_cannot_be_changed() -> None:
    """What was validated stays what it was."""
    with pytest.raises(ValueError, match="frozen"):
        Settings().fps = 1  # type: ignore[misc]


def test_chat_settings_are_checked(tmp_path: Path) -> None:
    """Roles, favours, aliases, sharing, language and block list are typed; a mistake is a sentence."""
    path = tmp_path / "show.toml"
    path.write_text(
        'limit = 1\nshare = "6 12"\nlanguage = "de"\nbare = true\nprefix = "?"\nignore = ["MyBot"]\n'
        '[roles]\nskip = "vip"\n[favours]\nsubscriber = 1\n[aliases]\ntraum = "dream"\n'
    )
    told = load({"roles": ["dream=follower"]}, path, {"DREAMSTREAM_VOTES_TO_SKIP": "7"})
    assert told.least() == {"dream": Role.FOLLOWER}  # a flag replaces the table of the file
    assert told.favoured() == {Role.SUBSCRIBER: 1}
    assert (told.pace().share_from, told.votes_to_skip, told.limit, told.language) == ((6, 12), 7, 1, "de")
    assert told.grammar().aliases["traum"] == "dream"
    assert told.grammar().aliases["q"] == "queue"
    assert told.ignored() >= {"mybot", "nightbot"}
    assert load({"share": "off"}, path, {}).pace().together(50) == 1
    for key, value, allowed in (
        ("roles", ["fly=vip"], "names fly, which is no command"),
        ("roles", ["skip=king"], "must give each command one of everyone, follower"),
        ("roles", ["skip"], "must look like skip=vip"),
        ("favours", ["vip=99"], "must give 0 to 10 turns"),
        ("aliases", ["fly=jump"], "must mean one of dream, queue"),
        ("share", "9 8", "must be growing numbers"),
        ("share", "often", "must be"),
        ("language", "xx", "must be one of en, de"),
        ("block_list", str(tmp_path / "none"), "cannot be read"),
        ("limit", "0", "must be a number from 1 to 50"),
        ("prefix", "dream", "must be one to three signs, like !"),
    ):
        with pytest.raises(UsageError, match=allowed):
            load({key: value}, path, {})


def test_names_that_the_page_answers_to() -> None:
    """Allowed hosts and the public address's host; what is neither a name nor an address is refused by name."""
    told = load({"allowed_host": ["Dreams.Example.", "box.local"], "public_url": "https://x.example/show"}, None, {})
    assert told.names() == ["dreams.example", "box.local", "x.example"]
    assert told.public_url == "https://x.example/show/"
    assert load({}, None, {"DREAMSTREAM_ALLOWED_HOST": "a.example b.example"}).names() == [
        "a.example",
        "b.example",
    ]
    for key, value in [
        ("allowed_host", ["http://dreams.example"]),
        ("allowed_host", ["dreams.example:8080"]),
        ("public_url", "dreams.example"),
        ("public_url", "https://user:secret@dreams.example/"),
        ("public_url", "https://dreams.example/?" + "x" * 300),
    ]:
        with pytest.raises(UserError, match=key):
            load({key: value}, None, {})
