"""The process that sends to one RTMP server (worker.py), from outside: its start, what it is told and says, its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
import sys
from pathlib import Path

from dreamstream.core.packet import StreamInfo
from dreamstream.outputs.rtmp import wire
from dreamstream.support.child_environment import child_environment


async def start() -> asyncio.subprocess.Process:
    """A process that waits for its greeting. Raises OSError."""
    # The child must find this package wherever it was imported from. Its own session keeps Ctrl-C from it.
    package_home = str(Path(__file__).resolve().parents[3])
    paths = [package_home, *filter(None, [os.environ.get("PYTHONPATH")])]
    # The address with its key, the only secret that it needs, comes through its input.
    environment = child_environment() | {"PYTHONPATH": os.pathsep.join(paths)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "dreamstream.outputs.rtmp.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


def greeting(url: str, info: StreamInfo) -> bytes:
    """What the process must know: where to send, and what."""
    described = json.dumps(wire.info_to_json(info))
    return json.dumps({"url": url, "ca_file": authorities(), "info": described}).encode() + b"\n"


async def farewell(process: asyncio.subprocess.Process) -> None:
    """End the stream properly, which the server may have two seconds for."""
    assert process.stdin is not None
    process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2.0):
            await process.wait()


async def kill(process: asyncio.subprocess.Process) -> None:
    """End it by force, and wait until it has ended."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()


def authorities() -> str:
    """The file of certificate authorities that RTMPS servers are checked against: the system's, else certifi's."""
    system = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    if system and Path(system).is_file():
        return system
    import certifi

    return str(certifi.where())


def explain(reason: str, opened: bool, encrypted: bool) -> str:
    """FFmpeg's word for an error, as a person would say it."""
    word = reason.lower()
    if "refused" in word:
        return "nothing answers at this address"
    if "timed out" in word:
        return "the server does not answer" if not opened else "the server stopped answering"
    if (
        "input/output" in word
        or "broken pipe" in word
        or "reset" in word
        or "end of file" in word
        or "not permitted" in word
    ):
        if opened:
            return "the server closed the connection; if this happens again and again, check the stream key"
        certificate = ", its certificate" if encrypted else ""
        return f"the server and this stream did not come together; check the address{certificate} and the stream key"
    return reason or "the connection failed"
