"""Downloads from servers that break, stall, lie, or are not there: the good file or none takes the good name."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections import namedtuple
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import filelock
import pytest

from dreamstream.core.errors import UserError
from dreamstream.weights import fetch as fetching
from dreamstream.weights.download import RetryPolicy
from dreamstream.weights.fetch import fetch
from tests.weights import networks
from tests.weights.downloads import HASTE, entry, whole
from tests.weights.site import Site, site

pytestmark = pytest.mark.usefixtures("no_proxies")


def test_a_good_server(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """One request, the file, plain lines with rate; a second fetch asks nobody."""
    with site(content) as server:
        path = fetch(entry(content, server.url), tmp_path / "weights", policy=HASTE)
        assert whole(path, content)
        assert fetch(entry(content, server.url), tmp_path / "weights") == path
        assert len(server.asked) == 1
    said = capsys.readouterr().err
    assert f"vgg: {len(content) / 1e6:.1f} of {len(content) / 1e6:.1f} MB" in said
    assert "MB per second" in said


def test_a_break_is_resumed(tmp_path: Path, content: bytes) -> None:
    """After each break the rest is asked for, of the same version."""

    def behave(number: int, handler: BaseHTTPRequestHandler) -> bool:
        if number < 4:
            server.send(handler, stop_after=200_000)
        return number < 4

    with site(content) as server:
        server.behave = behave
        assert whole(fetch(entry(content, server.url), tmp_path, policy=HASTE), content)
        assert [a.get("Range") for a in server.asked] == [None, "bytes=200000-", "bytes=400000-", "bytes=600000-"]
        assert [a.get("If-Range") for a in server.asked[1:]] == ['"one"'] * 3


def test_a_killed_download_goes_on(tmp_path: Path, content: bytes) -> None:
    """What another process left behind is used by the next one."""
    with site(content) as server:

        def behave(number: int, handler: BaseHTTPRequestHandler) -> bool:
            if number == 1:
                server.send(handler, stop_after=500_000)
            return number == 1

        server.behave = behave
        code = (
            "import sys; from pathlib import Path; from dreamstream.weights import download\n"
            "from dreamstream.weights.fetch import fetch; from tests.weights.downloads import HASTE, entry\n"
            "download.Download.run = lambda self, url: (self._attempt(url))\n"
            "fetch(entry(Path(sys.argv[1]).read_bytes(), sys.argv[2]), Path(sys.argv[3]), policy=HASTE)"
        )
        (tmp_path / "content").write_bytes(content)
        folder = tmp_path / "weights"
        arguments = [sys.executable, "-c", code, str(tmp_path / "content"), server.url, str(folder)]
        assert subprocess.run(arguments, capture_output=True, timeout=60).returncode != 0
        assert (folder / "model.safetensors.part").stat().st_size == 500_000
        assert not (folder / "model.safetensors").exists()
        assert whole(fetch(entry(content, server.url), folder, policy=HASTE), content)
        assert server.asked[1]["Range"] == "bytes=500000-"


def test_a_file_that_changed_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    """If-Range makes the server send the new version whole."""
    with site(bytes(len(content)), etag='"old"') as server:

        def behave(number: int, handler: BaseHTTPRequestHandler) -> bool:
            server.send(handler, stop_after=300_000)
            return change(server, content)

        server.behave = behave
        assert whole(fetch(entry(content, server.url, known=False), tmp_path, policy=HASTE), content)


def change(server: Site, content: bytes) -> bool:
    """The file on the server becomes another."""
    server.content, server.etag, server.behave = content, '"new"', lambda number, handler: False
    return True


def test_a_server_that_ignores_ranges(tmp_path: Path, content: bytes) -> None:
    """200 in place of 206: the file begins anew."""

    def behave(number: int, handler: BaseHTTPRequestHandler) -> bool:
        server.say(handler, 200, content[:400_000] if number == 1 else content, length=len(content))
        return True

    with site(content) as server:
        server.behave = behave
        assert whole(fetch(entry(content, server.url), tmp_path, policy=HASTE), content)
        assert len(server.asked) == 2


def test_a_server_that_lies_about_ranges(tmp_path: Path, content: bytes) -> None:
    """206 with another part than was asked for: nothing of it is used."""

    def behave(number: int, handler: BaseHTTPRequestHandler) -> bool:
        if number == 1:
            server.send(handler, stop_after=400_000)
        if number == 2:
            span = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
            server.say(handler, 206, content, span)
        return number < 3

    with site(content) as server:
        server.behave = behave
        assert whole(fetch(entry(content, server.url), tmp_path, policy=HASTE), content)
        assert server.asked[2].get("Range") is None


def test_wrong_bytes_are_fetched_once_more(tmp_path: Path, content: bytes) -> None:
    """A resumed mixture fails its hash, is discarded, and the second try is right."""
    wrong = bytes([content[5] ^ 1]).join([content[:5], content[6:]])
    with site(content) as server:
        server.behave = lambda number, handler: number == 1 and server.says(handler, 200, wrong)
        assert whole(fetch(entry(content, server.url), tmp_path, policy=HASTE), content)
        assert len(server.asked) == 2


def test_wrong_bytes_for_ever(tmp_path: Path, content: bytes) -> None:
    """Twice from each address, then one sentence; the bad file never takes the good name."""
    with site(content[:-1] + b"?") as first, site(b"{" * len(content)) as second:
        with pytest.raises(UserError, match=r"its SHA-256 is \w{16}\.\.\., not") as caught:
            fetch(entry(content, first.url, second.url), tmp_path, policy=HASTE)
        assert (len(first.asked), len(second.asked)) == (2, 2)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir() if p.suffix != ".lock"] == []


@pytest.mark.parametrize("status", [404, 403, 410])
def test_mirrors_in_order(tmp_path: Path, content: bytes, status: int) -> None:
    """An address that refuses is asked once, then the next."""
    with site(content) as first, site(content) as second:
        first.behave = lambda number, handler: first.says(handler, status, b"no")
        assert whole(fetch(entry(content, first.url, second.url), tmp_path, policy=HASTE), content)
        assert (len(first.asked), len(second.asked)) == (1, 1)


def begin_and_go(server: Site, number: int, handler: BaseHTTPRequestHandler) -> bool:
    """Serve the beginning once, then nothing."""
    if number == 1:
        server.send(handler, stop_after=300_000)
        return True
    return server.says(handler, 404, b"gone")


def test_a_mirror_completes_what_another_began(tmp_path: Path, content: bytes) -> None:
    """With a hash to check the whole, the rest may come from elsewhere; without one, it may not."""
    for known, begin in ((True, "bytes=300000-"), (False, None)):
        with site(content) as first, site(content) as second:
            first.behave = partial(begin_and_go, first)
            folder = tmp_path / str(known)
            assert whole(fetch(entry(content, first.url, second.url, known=known), folder, policy=HASTE), content)
            assert second.asked[0].get("Range") == begin


def test_busy_servers_are_asked_again(tmp_path: Path, content: bytes) -> None:
    """503 and 429 are waited out."""
    with site(content) as server:
        server.behave = lambda number, handler: (
            number < 3 and server.says(handler, (503, 429)[number - 1], b"", {"Retry-After": "0"})
        )
        assert whole(fetch(entry(content, server.url), tmp_path, policy=HASTE), content)


@pytest.mark.parametrize("how", ["stalls", "drips", "is not there", "sends nothing"])
def test_servers_that_do_not_come_to_an_end(tmp_path: Path, content: bytes, how: str) -> None:
    """A stall, a drip and a dead port are given up in time, and the next address serves."""
    policy = RetryPolicy(connect=2, read=0.3, slow=0.3, slow_bytes=1000, attempts=2, first=0.01, longest=0.01)

    def behave(number: int, handler: BaseHTTPRequestHandler) -> bool:
        bad.say(handler, 200, content[:100] if how != "sends nothing" else b"", length=len(content))
        while how == "drips" and not bad.stop.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()
        if how == "stalls":
            bad.stop.wait(5)
        return True

    with site(content) as bad, site(content) as good:
        bad.behave = behave
        url = "http://127.0.0.1:9/model" if how == "is not there" else bad.url
        path = fetch(entry(content, url, good.url), tmp_path, policy=policy)
        bad.stop.set()
        assert whole(path, content)
        assert len(bad.asked) <= 2


@pytest.mark.parametrize("claim", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_in_place_of_the_file(tmp_path: Path, claim: str, content: bytes) -> None:
    """It is refused at once, whatever it is called."""
    with site(b"<!DOCTYPE html><html><body>Please log in" + bytes(5000)) as server:
        server.behave = lambda number, handler: server.says(handler, 200, server.content, {"Content-Type": claim})
        with pytest.raises(UserError, match="a web page in place of the file"):
            fetch(entry(content, server.url, known=False), tmp_path, policy=HASTE)
        assert len(server.asked) == 1


def test_wrong_sizes(tmp_path: Path, content: bytes) -> None:
    """A size that is known beforehand is held against what the server announces, and against what it sends."""
    with site(content + b"more") as server:
        with pytest.raises(UserError, match=rf"{len(content) + 4} bytes, not {len(content)}"):
            fetch(entry(content, server.url, size=len(content)), tmp_path, policy=HASTE)
        server.behave = lambda number, handler: server.says(handler, 200, server.content, length=-1)
        with pytest.raises(UserError, match=rf"more than the {len(content)} bytes"):
            fetch(entry(content, server.url, size=len(content)), tmp_path, policy=HASTE)


def test_a_compressed_answer(tmp_path: Path, content: bytes) -> None:
    """A server that compresses though asked not to is no use: its bytes are not the file's."""
    with site(content) as server:
        packed = gzip.compress(content[:1000])
        server.behave = lambda number, handler: server.says(handler, 200, packed, {"Content-Encoding": "gzip"})
        with pytest.raises(UserError, match="compressed"):
            fetch(entry(content, server.url), tmp_path, policy=HASTE)


def test_without_a_hash_the_content_is_checked(tmp_path: Path, content: bytes) -> None:
    """Another network, or none, is refused even where no hash is known."""
    small = networks.write_safetensors(tmp_path / "x", networks.SMALL, networks.random_params(networks.SMALL))
    for bad, said in ((small.read_bytes(), "another network"), (b"?" * 5000, "none of safetensors")):
        with site(bad) as server, pytest.raises(UserError, match=said):
            fetch(entry(content, server.url, known=False), tmp_path / "weights", policy=HASTE)


def test_a_full_disk(tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room is said before anything is downloaded."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("dreamstream.weights.download.shutil.disk_usage", lambda path: usage(1, 1, 1000))
    with site(content) as server, pytest.raises(UserError, match="MB free, but"):
        fetch(entry(content, server.url), tmp_path, policy=HASTE)
    assert not (tmp_path / "model.safetensors").exists()


def test_two_at_once(tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process downloads the same network, one sentence says so."""
    monkeypatch.setattr(fetching, "LOCK_WITHIN", 0.05)
    with filelock.FileLock(tmp_path / ".vgg.lock"), pytest.raises(UserError, match="Another dreamstream"):
        fetch(entry(content, "http://127.0.0.1:9/"), tmp_path, policy=HASTE)
