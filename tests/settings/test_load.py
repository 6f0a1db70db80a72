"""Settings: which layer wins, what is refused, and that no secret shows."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.message import Role
from dreamstream.settings import load as settings_load
from dreamstream.settings.load import load
from dreamstream.settings.show import SETTINGS, Settings


@pytest.fixture(autouse=True)
def _no_own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings_load, "default_config", lambda: tmp_path / "none.toml")


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
    monkeypatch.setattr(settings_load, "default_config", lambda: tmp_path / "config.toml")
    assert load({}, None, {}).fps == 12


def test_words_from_the_environment() -> None:
    """Lists and tables are plain words in the environment."""
    told = load({}, None, {"DREAMSTREAM_RTMP": "rtmp://a/b/c rtmps://d/e/f", "DREAMSTREAM_CONTROLS": "zoom=1.2, pan=0"})
    assert [url.get_secret_value() for url in told.rtmp] == ["rtmp://a/b/c", "rtmps://d/e/f"]
    assert told.controls == {"zoom": 1.2, "pan": 0.0}


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


def test_secrets_do_not_show() -> None:
    """Neither repr nor str of settings holds a stream key; secrets() lists it for the log's filter."""
    told = load({"rtmp": ["rtmp://me:PASS@host/app/live_KEY?auth=TOKEN"]}, None, {})
    assert not re.search("KEY|PASS|TOKEN", f"{told!r} {told} {told.model_dump_json()}")
    assert set(told.secrets()) == {"live_KEY", "auth=TOKEN", "auth%3DTOKEN", "TOKEN", "PASS"}
    assert load({"rtmp": ["rtmp://host/live/show"]}, None, {}).secrets() == ["/show"]


def test_settings_cannot_be_changed() -> None:
    """What was validated stays what it was."""
    with pytest.raises(ValueError, match="frozen"):
        Settings().fps = 1


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
        ("roles", ["skpi=vip"], r"names skpi, which is no command; did you mean skip\?$"),
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
        ("overflow", "cdn.example/show.m3u8"),
        ("overflow", "https://cdn.example/show.mp4"),
        ("overflow", "https://cdn.example; script-src */show.m3u8"),
        ("overflow", "https://user:secret@cdn.example/show.m3u8"),
        ("public_url", "dreams.example"),
        ("public_url", "https://user:secret@dreams.example/"),
        ("public_url", "https://dreams.example/?" + "x" * 300),
    ]:
        with pytest.raises(UserError, match=SETTINGS[key].flag):
            load({key: value}, None, {})


def test_an_empty_variable_is_an_unset_one() -> None:
    """Container files hand on variables that nobody has set; that holds for every setting."""
    environ = {told.variable: "" for told in SETTINGS.values()} | {"DREAMSTREAM_CONFIG": "", "DREAMSTREAM_OFFLINE": ""}
    assert load({}, None, environ) == Settings()
    assert load({"port": "81"}, None, {"DREAMSTREAM_PORT": " "}).port == 81


def test_what_a_cluster_sets_is_no_setting() -> None:
    """Kubernetes sets such variables beside a Service called dreamstream, or dreamstream-anything."""
    environ = {
        "DREAMSTREAM_PORT": "tcp://10.0.171.239:8080",
        "DREAMSTREAM_SERVICE_HOST": "10.0.171.239",
        "DREAMSTREAM_SERVICE_PORT": "8080",
        "DREAMSTREAM_SERVICE_PORT_HTTP": "8080",
        "DREAMSTREAM_PORT_8080_TCP": "tcp://10.0.171.239:8080",
        "DREAMSTREAM_PORT_8080_TCP_PROTO": "tcp",
        "DREAMSTREAM_PORT_8080_TCP_PORT": "8080",
        "DREAMSTREAM_PORT_8080_TCP_ADDR": "10.0.171.239",
        "DREAMSTREAM_HLS_SERVICE_HOST": "10.0.171.240",
        "DREAMSTREAM_HLS_PORT": "udp://10.0.171.240:80",
    }
    assert load({}, None, environ) == Settings()
    assert "DREAMSTREAM_PORT is 'tcp'" in refusal({}, None, {"DREAMSTREAM_PORT": "tcp"})


@pytest.mark.parametrize("home", ["/home/ada", "/root"])
def test_the_home_folder_in_every_path(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """~ means in a settings file and in the environment what the shell makes of it in a flag."""
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("USERPROFILE", home)
    config = tmp_path / "tilde.toml"
    config.write_text('hls = "~/www"\nstate = "~/st"\n')
    read = load({}, config, {})
    assert (read.hls, read.state) == (Path(home) / "www", Path(home) / "st")
    paths = [key for key, told in SETTINGS.items() if told.metavar in ("FILE", "FOLDER", "PATH")]
    assert set(paths) == {"audio", "record", "hls", "twitch_logins", "block_list", "state", "cache", "log_file"}
    paths.remove("block_list")  # it is read at once
    for key in paths:
        assert getattr(load({}, None, {SETTINGS[key].variable: "~/x.mp4"}), key) == Path(home) / "x.mp4"
    files = {"DREAMSTREAM_MODEL": "~/w.pth", "DREAMSTREAM_SUBJECT": "~/c.safetensors"}
    told = load({}, None, {"DREAMSTREAM_MPEGTS": "~/a.ts udp://1.2.3.4:5 -", **files})
    assert told.subject == f"{home}/c.safetensors"
    assert load({}, None, {"DREAMSTREAM_SUBJECT": "cartoon-cats"}).subject == "cartoon-cats"
    assert told.mpegts == [f"{home}/a.ts", "udp://1.2.3.4:5", "-"]
    assert told.model == f"{home}/w.pth"


def test_a_path_that_is_empty_or_somebody_elses_is_refused(tmp_path: Path) -> None:
    """An empty path would be the current folder."""
    config = tmp_path / "show.toml"
    config.write_text('state = ""\n')
    assert refusal({}, config) == f"state in {config} is '', but must name a file or folder."
    assert "this machine does not know" in refusal({"record": "~nobody-of-this-name/x.mp4"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_every_editor(encoding: str, end: str, tmp_path: Path) -> None:
    """Notepad and PowerShell write marks, UTF-16 and other line ends; the list of blocked words as well."""
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    words = tmp_path / "words.txt"
    words.write_bytes(f"{mark}blöd{end}=doof{end}".encode(encoding))
    config = tmp_path / "show.toml"
    lines = ["fps = 20", "prefix = '¿'", f"block_list = '{words}'", "[controls]", "zoom = 1.1", ""]
    config.write_bytes((mark + end.join(lines)).encode(encoding))
    told = load({}, config, {})
    assert (told.fps, told.prefix, told.controls) == (20, "¿", {"zoom": 1.1})
    assert told.blocked().hits("so-ein-blöd")
    assert told.blocked().hits("doof")


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
