"""A source: everyone on this machine asks by a line over TCP, from a shell, a sensor or another program.

pip install ./examples/a_source
dreamstream serve --source lines:7000
echo "bee + pizza" | nc -N localhost 7000
"""

import asyncio

from dreamstream.core.errors import UsageError
from dreamstream.core.message import Message, Receive
from dreamstream.inputs.registry import Due

LONGEST = 500


class LinesSource:
    """Listens on a port of this machine; each line is a wish, or a command like !queue."""

    name = "lines"

    def __init__(self, port: int) -> None:
        self._port, self._state, self._detail, self._messages = port, "starting", "", 0

    async def run(self, receive: Receive) -> None:
        """Listen until cancelled; where the port is taken, try again every few seconds."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                async with asyncio.timeout(60):
                    while line := await reader.readline():
                        text = line.decode("utf-8", "replace").strip()
                        self._messages += 1
                        wish = text if text.startswith("!") else f"!dream {text}"
                        for reply in receive(Message(wish, "a line", self.name)):
                            writer.write(f"{reply.text}\n".encode())
                        await writer.drain()
            except (TimeoutError, OSError, ValueError):  # ValueError: a line that is too long
                pass
            finally:
                writer.close()

        while True:
            try:
                async with await asyncio.start_server(serve, "127.0.0.1", self._port, limit=LONGEST) as server:
                    self._state, self._detail = "live", ""
                    await server.serve_forever()
            except OSError as error:
                self._state, self._detail = "waiting", f"port {self._port}: {error.strerror}"
            await asyncio.sleep(5)

    def state(self) -> dict[str, object]:
        """What the control room shows."""
        return {
            "name": self.name,
            "kind": "lines",
            "state": self._state,
            "detail": self._detail,
            "messages": self._messages,
        }


def open_lines(target: str, due: Due) -> LinesSource:
    """The source of lines:PORT. due: answers held back while a chat was busy; here everyone is answered at once."""
    if not target.isdigit() or not 1 <= int(target) <= 65535:
        raise UsageError(f"lines:{target} must be lines:PORT, with a port from 1 to 65535.")
    return LinesSource(int(target))
