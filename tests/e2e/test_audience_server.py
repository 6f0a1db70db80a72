"""docker/nginx.conf for real: a stream in by RTMP comes out as HLS; and what the dashboard asks for is there."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from pathlib import Path

import httpx

from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.rtmp.sink import RtmpSink
from tests.conftest import missing, need_program
from tests.e2e.conftest import MODULES, free_port
from tests.outputs.rtmp.station import Station
from tests.polling import until
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

DOCKER = Path(__file__).parents[2] / "docker"


def test_the_shipped_nginx_hands_a_stream_on_as_hls(tmp_path: Path) -> None:
    """The playlist is served uncached with its segments, and ffprobe reads picture and sound from it."""
    nginx, ffprobe = need_program("nginx", "ffprobe")
    module = next((path for path in MODULES if path.is_file()), None)
    if module is None:
        missing("nginx's RTMP module is not installed")
    rtmp, web = free_port(), free_port()
    text = (DOCKER / "nginx.conf").read_text()
    for shipped, here in (
        ("modules/ngx_rtmp_module.so", str(module)),
        ("listen 1935", f"listen 127.0.0.1:{rtmp}"),
        ("listen 8081", f"listen 127.0.0.1:{web}"),
        ("/var/lib/dreamstream", str(tmp_path)),
        ("/dev/stderr", f"{tmp_path}/error.log"),
    ):
        assert shipped in text
        text = text.replace(shipped, here)
    # The workers of a root nginx are another user, who may not look into this folder.
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nmaster_process off;\n{text}")
    command = [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{web}/hls/show.m3u8"
    try:
        with Station() as station:
            sink = RtmpSink(
                f"rtmp://127.0.0.1:{rtmp}/live/show", station.encoder.info, station.encoder.request_keyframe
            )
            station.hub.attach(sink)
            until(lambda: _playlist(url).count(".ts") >= 2, 40, "two segments")
            answer = httpx.get(url)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["access-control-allow-origin"] == "*"
            segment = httpx.get(f"http://127.0.0.1:{web}/hls/{re.findall(r'.*[.]ts', answer.text)[0]}")
            assert segment.headers["cache-control"] == "public, max-age=60"
            (tmp_path / "segment.ts").write_bytes(segment.content)
            station.hub.detach(sink)
            sink.close()
    finally:
        server.kill()
        server.wait(10)
    found = subprocess.run(
        [ffprobe, "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", str(tmp_path / "segment.ts")],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert set(found.stdout.split()) == {"h264", "aac"}


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
    mounted = re.findall(r"\./(figures/[\w.]+):", text)
    assert len(mounted) == 5
    for name in [*mounted, "nginx.conf", "Dockerfile"]:
        assert (DOCKER / name).is_file()
