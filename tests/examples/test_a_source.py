"""The example of a source: installed, named on the command line, asked over TCP."""

from __future__ import annotations

import asyncio
import random
import socket
import sys
from pathlib import Path

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.core.errors import UserError
from dreamstream.inputs.registry import open_source
from dreamstream.requests.queue import RequestQueue
from dreamstream.settings.load import load
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.vocabulary import Vocabulary
from tests.examples.packages import install

WORDS = Vocabulary([ClassName(0, "bee"), ClassName(1, "pizza")])


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install("a_source", tmp_path))


@pytest.fixture
def bot() -> Bot:
    """A bot that knows two words."""
    return Bot(RequestQueue(WORDS, cooldown=0.0, rng=random.Random(1)), WORDS, lambda: 0.0)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def ask(port: int, text: bytes) -> str:
    """What comes back for some lines; the server may need a moment to listen."""
    async with asyncio.timeout(20):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.write(text)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer.decode()


def test_lines_are_wishes(bot: Bot) -> None:
    """A wish, a command, and a line that is too long; then the next one is served."""
    port = free_port()
    source = open_source(load({"source": [f"lines:{port}"]}, None, {}).source[0], bot.due)

    async def talk() -> list[str]:
        running = asyncio.create_task(source.run(bot.receive))
        try:
            return [await ask(port, text) for text in (b"bee + pizza\n!queue\n", b"x" * 2000 + b"\n", b"bee\n")]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    first, long, last = asyncio.run(talk())
    wish, queue = first.splitlines()
    assert wish.startswith("@a line bee + pizza is next") or wish.startswith("bee + pizza is next")
    assert "1 waiting: bee + pizza (a line)" in queue
    assert long == ""
    assert "bee" in last
    assert source.state()["messages"] == 3
    assert source.state()["state"] == "live"


@pytest.mark.parametrize("address", ["lines", "lines:", "sms:7000"])
def test_what_no_package_brings(address: str) -> None:
    """It is said before anything starts, with what there is."""
    with pytest.raises(UserError, match=r"must be NAME:TARGET.*installed: lines"):
        load({"source": [address]}, None, {})


@pytest.mark.parametrize("target", ["0", "70000", "seven"])
def test_what_is_no_port(target: str, bot: Bot) -> None:
    """The package says what its targets look like."""
    with pytest.raises(UserError, match="from 1 to 65535"):
        open_source(f"lines:{target}", bot.due)


def test_a_package_that_is_broken(tmp_path: Path, bot: Bot) -> None:
    """One sentence names it."""
    (tmp_path / "dreamstream_lines.py").write_text("import nothing_of_the_kind\n")
    sys.modules.pop("dreamstream_lines", None)
    with pytest.raises(UserError, match=r"The source lines cannot be used: dreamstream_lines:open_lines fails with"):
        open_source("lines:7000", bot.due)
