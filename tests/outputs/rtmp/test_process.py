"""What the process that speaks RTMP is given."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from dreamstream.outputs.rtmp import process as rtmp_process


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_the_process_starts_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real process, as the system sees it, has none of them, and its module can be imported."""
    monkeypatch.setenv("DREAMSTREAM_RTMP", "rtmp://host/app/hunter2")

    async def start() -> tuple[bytes, int | None]:
        process = await rtmp_process.start()
        assert process.stdin is not None
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        process.stdin.write(b'{"url": "rtmp://127.0.0.1:1/a/b", "ca_file": "", "info": {"streams": []}}\n')
        process.stdin.close()
        assert process.stdout is not None
        said = await asyncio.wait_for(process.stdout.read(), 30)
        await process.wait()
        assert b"ModuleNotFound" not in said
        return environment, process.returncode

    environment, _ = asyncio.run(start())
    assert b"PATH=" in environment
    assert b"hunter2" not in environment
