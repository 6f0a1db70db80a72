"""SASL PLAIN over TLS, with a scripted server that asks for it, and TLS with a real one."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import ssl
from pathlib import Path

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.chat.paid_requests import PaidRequests
from dreamstream.core.errors import UserError
from dreamstream.core.message import Message, Purge, Reply
from dreamstream.inputs.irc.protocol import IrcSource
from dreamstream.requests.queue import RequestQueue
from dreamstream.settings.load import load
from dreamstream.show.build_inputs import make_sources
from dreamstream.support import logs
from dreamstream.support.backoff import Backoff
from dreamstream.wishes.vocabulary import Vocabulary
from tests.e2e.ngircd import IrcServer, IrcUser
from tests.inputs.certificates import certificate
from tests.inputs.lookalike import become

PASSWORD = "hush-hush-very-secret"


class SaslServer:
    """A server that lets in only who knows the account and the password."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.received: list[str] = []
        self.port = 0

    async def __aenter__(self) -> SaslServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        allowed = False
        nick = ""
        with_conn = writer
        while raw := await reader.readline():
            line = raw.decode().strip()
            self.received.append(line)
            command, _, rest = line.partition(" ")
            answer = ""
            if command == "NICK":
                nick = rest
            elif command == "CAP" and rest.startswith("REQ"):
                answer = f":srv CAP {nick or '*'} ACK :sasl"
            elif line == "AUTHENTICATE PLAIN":
                answer = "AUTHENTICATE +"
            elif command == "AUTHENTICATE":
                allowed = base64.b64decode(rest).decode().split("\0") == ["dreamer", "dreamer", PASSWORD]
                answer = f":srv 903 {nick} :welcome" if allowed else f":srv 904 {nick} :SASL authentication failed"
            elif line == "CAP END" and allowed:
                answer = f":srv 001 {nick} :hello"
            elif command == "JOIN" and allowed:
                answer = f":{nick}!u@h JOIN {rest}\r\n:ann!u@h PRIVMSG {rest} :!dream bee"
            if answer:
                with_conn.write(f"{answer}\r\n".encode())
        writer.close()


def test_sasl_lets_us_in_and_is_never_shown(tmp_path: Path) -> None:
    """The right password joins and reads; a wrong one is explained; neither is in a state or a log line."""
    server, trusting = certificate(tmp_path)
    stream = io.StringIO()
    heard: list[Message | Purge] = []

    def receive(item: Message | Purge) -> list[Reply]:
        heard.append(item)
        return []

    async def main() -> None:
        async with SaslServer(server) as irc:
            url = f"ircs://localhost:{irc.port}/dream"
            for password in (PASSWORD, "wrong-" + PASSWORD):
                options = {"account": "dreamer", "password": password, "tls_context": trusting}
                source = IrcSource(url, backoff=Backoff(30.0, 30.0), **options)  # type: ignore[arg-type]
                task = asyncio.create_task(source.run(receive))
                if password == PASSWORD:
                    await become(lambda: heard, "a message")
                    assert source.state()["state"] == "live"
                else:
                    await become(lambda s=source: "SASL" in str(s.state()["detail"]), "the refusal")  # type: ignore[misc]
                assert password not in json.dumps(source.state()) + repr(source)
                task.cancel()
                await asyncio.wait([task], timeout=5)

    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logs.setup("main", [PASSWORD], stream=stream, verbose=True)
        asyncio.run(asyncio.wait_for(main(), 30))
    finally:
        root.handlers[:], root.level = before
    assert "SASL authentication failed" in stream.getvalue()
    assert PASSWORD not in stream.getvalue()


def test_the_password_comes_from_the_environment_or_the_file_only(tmp_path: Path) -> None:
    """It is hidden in the settings and in what they say, refused without TLS, and refused in the address."""
    config = tmp_path / "config.toml"
    config.write_text(f'irc = "ircs://irc.example.net/dream"\nirc_account = "dreamer"\nirc_password = "{PASSWORD}"\n')
    told = load({}, config, {})
    assert PASSWORD not in repr(told)
    assert PASSWORD in told.secrets()
    empty = tmp_path / "empty.toml"
    empty.touch()
    told = load({"irc": "irc://irc.example.net/dream"}, empty, {"DREAMSTREAM_IRC_PASSWORD": PASSWORD})
    words = Vocabulary.builtin()
    bot = Bot(RequestQueue(words), words)
    with pytest.raises(UserError, match="ircs://") as caught:
        make_sources(told, bot, PaidRequests(bot))
    assert PASSWORD not in str(caught.value)
    with pytest.raises(UserError) as caught:
        load({"irc": f"ircs://dreamer:{PASSWORD}@irc.example.net/dream"}, empty, {})
    assert PASSWORD not in str(caught.value)


def test_a_real_server_over_tls(tmp_path: Path) -> None:
    """ngircd with a certificate that is trusted: wishes come in, answers go out."""
    context, trusting = certificate(tmp_path)
    del context
    home = tmp_path / "ngircd"
    home.mkdir()
    plain = IrcServer(home)
    from tests.e2e.conftest import free_port

    port = free_port()
    extra = f"[SSL]\nCertFile = {tmp_path / 'cert.pem'}\nKeyFile = {tmp_path / 'key.pem'}\nPorts = {port}\n"
    plain.file.write_text(plain.file.read_text() + extra)
    plain.start()

    async def main() -> None:
        source = IrcSource(f"ircs://localhost:{port}/dream", tls_context=trusting, backoff=Backoff(0.1, 0.3))
        task = asyncio.create_task(
            source.run(lambda item: [Reply("heard you", "ann", "irc")] if isinstance(item, Message) else [])
        )
        await become(lambda: source.state()["state"] == "live", "the link")
        ann = await asyncio.to_thread(IrcUser, plain, "ann")
        await asyncio.to_thread(ann.say, "hello")
        await asyncio.to_thread(ann.hears, "@ann heard you")
        ann.leave()
        task.cancel()
        await asyncio.wait([task], timeout=5)

    try:
        asyncio.run(asyncio.wait_for(main(), 30))
    finally:
        plain.stop()
