"""docker/nginx.conf for real: a stream in by RTMP comes out as HLS; and what the dashboard asks for is there."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx

from benchmarks import hls_load
from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.rtmp.sink import RtmpSink
from tests.conftest import missing, need_program
from tests.e2e.conftest import MODULES, free_port
from tests.outputs.rtmp.station import Station
from tests.polling import until
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

DOCKER = Path(__file__).parents[2] / "docker"


@contextmanager
def origin(folder: Path) -> Iterator[tuple[str, str]]:
    """docker/nginx.conf on ports of its own: where a show sends to, and the playlist."""
    (nginx,) = need_program("nginx")
    module = next((path for path in MODULES if path.is_file()), None)
    if module is None:
        missing("nginx's RTMP module is not installed")
    rtmp, web = free_port(), free_port()
    text = (DOCKER / "nginx.conf").read_text()
    for shipped, here in (
        ("modules/ngx_rtmp_module.so", str(module)),
        ("listen 1935", f"listen 127.0.0.1:{rtmp}"),
        ("listen 8081", f"listen 127.0.0.1:{web}"),
        ("/var/lib/dreamstream", str(folder)),
        ("/dev/stderr", f"{folder}/error.log"),
    ):
        assert shipped in text
        text = text.replace(shipped, here)
    # The workers of a root nginx are another user, who may not look into this folder.
    (folder / "nginx.conf").write_text(f"pid {folder}/pid;\nmaster_process off;\n{text}")
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield f"rtmp://127.0.0.1:{rtmp}/live/show", f"http://127.0.0.1:{web}/hls/show.m3u8"
    finally:
        server.kill()
        server.wait(10)


@contextmanager
def streaming(target: str) -> Iterator[None]:
    """Something to see is sent there meanwhile."""
    with Station() as station:
        sink = RtmpSink(target, station.encoder.info, station.encoder.request_keyframe)
        station.hub.attach(sink)
        try:
            yield
        finally:
            station.hub.detach(sink)
            sink.close()


def test_the_shipped_nginx_hands_a_stream_on_as_hls(tmp_path: Path) -> None:
    """The playlist is served uncached with its segments, and ffprobe reads picture and sound from it."""
    (ffprobe,) = need_program("ffprobe")
    with origin(tmp_path) as (target, url), streaming(target):
        until(lambda: _playlist(url).count(".ts") >= 2, 60, "two segments")
        answer = httpx.get(url)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["access-control-allow-origin"] == "*"
        segment = httpx.get(urljoin(url, re.findall(r".*[.]ts", answer.text)[0]))
        assert segment.headers["cache-control"] == "public, max-age=60"
        (tmp_path / "segment.ts").write_bytes(segment.content)
    found = subprocess.run(
        [ffprobe, "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", str(tmp_path / "segment.ts")],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert set(found.stdout.split()) == {"h264", "aac"}


def test_the_shipped_edge_asks_the_origin_once_for_all() -> None:
    """Sixty players behind docker/edge.conf are hardly more questions to the origin than one, and nothing fails."""
    need_program("nginx")
    if not any(path.is_file() for path in MODULES):
        missing("nginx's RTMP module is not installed")
    figures = hls_load.measure(60, 9.0, "160x96")
    assert figures["failures"] == {}
    assert figures["from_cache"]["segment"] > 0.8
    # Each of about six segments and nine seconds of playlists, once.
    assert figures["to_origin_per_second"] < 4
    assert figures["requests_per_second"]["segment"] > 10


def _playlist(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def test_every_figure_on_the_dashboard_is_one_that_a_show_gives() -> None:
    """Names in the panels' expressions, and labels in their legends, are in /metrics."""
    show = FakeShow(queue=[("bee", "lin")])
    with serving(show, Preview(encode(4)[0])) as server:
        httpx.get(f"{server.url}/api/status", headers={"host": "evil.example"})
        text = httpx.get(f"{server.url}/metrics").text
    board = json.loads((DOCKER / "figures" / "dreamstream.json").read_text())
    assert len(board["panels"]) >= 12
    for panel in board["panels"]:
        for target in panel["targets"]:
            for name in re.findall(r"dreamstream_\w+", target["expr"]):
                samples = re.findall(rf"^{name}(\{{.*\}}) ", text, re.M)
                assert samples, f"{name} on the dashboard is no figure of a show"
                for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                    assert f'{label}="' in samples[0], f"{name} has no label {label}"


def test_the_compose_file_names_files_that_exist() -> None:
    """Everything that is mounted or copied is in the folder."""
    text = (DOCKER / "compose.yaml").read_text()
    mounted = re.findall(r"\./([\w./]+):", text)
    assert len(mounted) == 6
    for name in [*mounted, *re.findall(r"COPY (\S+) ", text), "Dockerfile"]:
        assert (DOCKER / name).is_file()
