"""Settings: which layer wins, how each is written in a file and in the environment, and that no secret shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.message import Role
from dreamstream.settings import load as settings_load
from dreamstream.settings.load import load
from dreamstream.settings.show import SETTINGS, Settings
from tests.settings.refused import refusal


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
