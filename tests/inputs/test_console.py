"""The terminal as a source: pipes, files and terminals, whole lines and pieces of them."""

from __future__ import annotations

import asyncio
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from dreamstream.core.message import Message, Purge, Reply
from dreamstream.inputs.console import ConsoleSource, is_interactive
from tests.inputs.lookalike import become


class Ear:
    """Notes messages and answers each."""

    def __init__(self) -> None:
        self.heard: list[Message] = []

    def __call__(self, item: Message | Purge) -> list[Reply]:
        assert isinstance(item, Message)
        self.heard.append(item)
        return [Reply(f"heard {item.text}", item.who)]


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, int]]:
    """A stream to read and the number to write to."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stream:
        yield stream, writing
        try:
            os.close(writing)
        except OSError:  # closed by the test
            return


def test_lines_become_wishes_of_the_broadcaster(pipe: tuple[TextIO, int]) -> None:
    """A bare line is a wish, a command is a command, answers are shown, and the end of the stream is the end."""
    stream, writing = pipe
    ear, said = Ear(), list[str]()

    async def main() -> None:
        source = ConsoleSource(stream, said.append)
        task = asyncio.create_task(source.run(ear))
        os.write(writing, b"bee + pi")
        os.write(writing, "zza\n\n  !skip \n🐝\n\xff".encode()[:-2] + b"\xff\xfe\nlast")
        await become(lambda: len(ear.heard) == 3, "three lines")
        assert source.state()["state"] == "live"
        os.close(writing)
        await asyncio.wait_for(task, 5)
        assert source.state() == {"name": "console", "kind": "console", "state": "closed", "detail": "", "dropped": 1}

    asyncio.run(main())
    assert [m.text for m in ear.heard] == ["!dream bee + pizza", "!skip", "!dream 🐝", "!dream last"]
    assert {(m.who, m.source, m.roles) for m in ear.heard} == {("host", "console", frozenset(("broadcaster",)))}
    assert said[0] == "heard !dream bee + pizza"


def test_cancelling_ends_at_once(pipe: tuple[TextIO, int]) -> None:
    """Nobody types, and the show still ends."""

    async def main() -> None:
        source = ConsoleSource(pipe[0])
        task = asyncio.create_task(source.run(Ear()))
        await become(lambda: source.state()["state"] == "live", "reading")
        start = time.monotonic()
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert time.monotonic() - start < 1
        assert source.state()["state"] == "closed"

    asyncio.run(main())


def test_an_endless_line_is_dropped(pipe: tuple[TextIO, int]) -> None:
    """What has no line break is thrown away and counted; the next line is heard."""
    stream, writing = pipe
    ear = Ear()

    async def main() -> None:
        source = ConsoleSource(stream, lambda text: None)
        task = asyncio.create_task(source.run(ear))
        for _ in range(10):
            await asyncio.to_thread(os.write, writing, b"x" * 16_384)
        await asyncio.to_thread(os.write, writing, b"\nbee\n")
        await become(lambda: ear.heard, "the line after it")
        assert source.dropped == 1
        task.cancel()
        await asyncio.wait([task], timeout=5)

    asyncio.run(main())
    assert [m.text for m in ear.heard] == ["!dream bee"]


def test_a_file_as_input_is_read_to_its_end(tmp_path: Path) -> None:
    """Files cannot be waited for, and are read all the same."""
    wishes = tmp_path / "wishes.txt"
    wishes.write_text("bee\n!queue\n" + "owl\n" * 2000 + "end", encoding="utf-8")
    ear = Ear()
    with wishes.open(encoding="utf-8") as stream:
        asyncio.run(asyncio.wait_for(ConsoleSource(stream, lambda text: None).run(ear), 20))
    assert len(ear.heard) == 2003
    assert ear.heard[-1].text == "!dream end"


def test_no_stream_at_all_is_fine() -> None:
    """Under a service manager there may be nothing to read."""
    source = ConsoleSource(io.StringIO("bee\n"))
    asyncio.run(asyncio.wait_for(source.run(Ear()), 5))
    assert source.state()["state"] == "closed"


def test_only_a_terminal_is_interactive(pipe: tuple[TextIO, int]) -> None:
    """Pipes and non-streams are not; a terminal whose foreground belongs to others is not either."""
    assert not is_interactive(pipe[0])
    assert not is_interactive(io.StringIO())
    leader, follower = os.openpty()
    with os.fdopen(leader), os.fdopen(follower) as terminal:
        assert terminal.isatty()
        assert not is_interactive(terminal)  # it is no terminal that controls this process
