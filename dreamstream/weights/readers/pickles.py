"""Pickles as plain data: every opcode is read here, and nothing is ever imported, called or made but notes.

A pickle is a program that asks its reader to call functions by name. This reader writes down what it is asked instead:
a `Call` with the function's name and its arguments. Who wants a tensor looks for calls that it knows and reads their
arguments as numbers; everything else stays a note that nobody acts upon.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

from dreamstream.weights.readers.mapped import BadFileError, MappedFile
from dreamstream.weights.readers.notes import Call, Name, Persistent

# A checkpoint of a VGG with its optimiser takes some ten thousand; each may make one small object.
MOST_OPCODES = 1_000_000
# Longer strings stay views of the file: they are arrays of an old pickle, not words.
LARGE = 1 << 16
LONGEST_NUMBER = 4096


class _Mark:
    """The place on the stack where a list of arguments begins."""


_MARK = _Mark()
_KEYS = (str, int, float, bytes, bool, type(None))


def read_pickle(file: MappedFile, start: int = 0) -> tuple[Any, int]:
    """The object that the pickle at `start` describes, and where the pickle ends.

    Lists, dicts, tuples, strings and numbers are themselves; long byte strings are views; see `notes` for
    the rest. Raises BadFileError.
    """
    try:
        return _Machine(file, start).run()
    except (IndexError, TypeError, ValueError, KeyError, struct.error, OverflowError, RecursionError) as error:
        raise BadFileError(f"its pickle is damaged ({type(error).__name__})") from None


_ESCAPE = re.compile(rb"\\\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1] == b"x" and len(code) == 3:
        return bytes([int(code[1:], 16)])
    return bytes([int(code, 8) & 255]) if code.isdigit() else _ESCAPED.get(code, code)


class _Machine:
    """The stack machine of Python's pickle protocols 0 to 5 (see the standard library's pickletools)."""

    def __init__(self, file: MappedFile, start: int) -> None:
        self._file, self._at = file, start
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> tuple[Any, int]:
        for _ in range(MOST_OPCODES):
            code = self._take(1)[0]
            if code == 0x2E:  # STOP
                return self._stack.pop(), self._at
            handler = _HANDLERS.get(code)
            if handler is None:
                raise BadFileError(f"its pickle has opcode {code:#04x} at byte {self._at - 1}, which is not read here")
            handler(self)
        raise BadFileError(f"its pickle takes more than {MOST_OPCODES} steps")

    # -- the bytes --------------------------------------------------------------------------------------------

    def _take(self, count: int) -> memoryview:
        view = self._file.view(self._at, count)
        self._at += count
        return view

    def _number(self, format: str) -> int:
        return int(struct.unpack(f"<{format}", self._take(struct.calcsize(f"<{format}")))[0])

    def _line(self) -> bytes:
        """Up to the next line feed, which is left out."""
        start = self._at
        while True:  # in parts, for an array of an old pickle is one very long line
            part = self._take(min(LARGE, len(self._file) - self._at) or 1)
            end = bytes(part).find(b"\n")
            if end >= 0:
                self._at += end + 1 - len(part)
                return self._file.bytes(start, self._at - 1 - start)

    def _text(self, count: int) -> str:
        return str(self._take(count), "utf-8", "surrogatepass")

    # -- the stack --------------------------------------------------------------------------------------------

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value should be")
        return value

    def top(self) -> Any:
        return self._stack[-1]

    def since_mark(self) -> list[Any]:
        values = []
        while (value := self._stack.pop()) is not _MARK:
            values.append(value)
        values.reverse()
        return values

    # -- opcodes that need more than a line -------------------------------------------------------------------

    def raw(self, count: int) -> None:
        view = self._take(count)
        self.push(view if count > LARGE else bytes(view))

    def old_text(self, count: int) -> None:
        """A byte string of Python 2: text if it is short and can be, else bytes."""
        view = self._take(count)
        try:
            self.push(view if count > LARGE else str(view, "ascii"))
        except UnicodeDecodeError:
            self.push(bytes(view))

    def quoted(self) -> None:
        line = self._line().strip()
        if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
            raise ValueError("a string without quotes")
        value = _ESCAPE.sub(_unescaped, line[1:-1])
        self.push(value if len(value) > LARGE or not value.isascii() else value.decode("ascii"))

    def whole(self) -> None:
        line = self._line()
        self.push(line == b"01" if line in (b"00", b"01") else self.long_of(line))

    @staticmethod
    def long_of(line: bytes) -> int:
        if len(line) > LONGEST_NUMBER:
            raise ValueError("a very long number")
        return int(line.rstrip(b"L"))

    def long(self, count: int) -> None:
        if count > LONGEST_NUMBER:
            raise ValueError("a very long number")
        self.push(int.from_bytes(self._take(count), "little", signed=True))

    def put(self, index: int) -> None:
        self._memo[index] = self.top()

    def get(self, index: int) -> None:
        self.push(self._memo[index])

    def name(self) -> None:
        self.push(Name(self._line().decode(), self._line().decode()))

    def stack_name(self) -> None:
        name, module = self.pop(), self.pop()
        self.push(Name(str(module)[:200], str(name)[:200]))

    def call(self, with_keywords: bool = False) -> None:
        if with_keywords:
            self.pop()
        arguments, function = self.pop(), self.pop()
        self.push(Call(function, arguments))

    def call_since_mark(self) -> None:
        function, *arguments = self.since_mark()
        self.push(Call(function, tuple(arguments)))

    def instance(self) -> None:
        self.name()
        function = self.pop()
        self.push(Call(function, tuple(self.since_mark())))

    def build(self) -> None:
        state = self.pop()
        if isinstance(target := self.top(), Call):
            target.state = state

    def append(self, values: list[Any]) -> None:
        target = self.top()
        if isinstance(target, Call):
            target.members.extend(values)
        elif isinstance(target, list):
            target.extend(values)
        elif not isinstance(target, set):
            raise TypeError("values for what is no list")

    def set_items(self, flat: list[Any]) -> None:
        target = self.top()
        into = target.items if isinstance(target, Call) else target
        if not isinstance(into, dict):
            raise TypeError("items for what is no dict")
        # Other keys are never what is looked for, and hashing them may not be safe.
        into.update((k, v) for k, v in zip(flat[::2], flat[1::2], strict=True) if isinstance(k, _KEYS))

    def new_dict(self, flat: list[Any]) -> None:
        self.push({})
        self.set_items(flat)

    def tuple_of(self, count: int) -> None:
        self.push(tuple(reversed([self.pop() for _ in range(count)])))

    def unsupported(self, what: str) -> None:
        raise BadFileError(f"its pickle uses {what}")


_Handler = Callable[[_Machine], Any]
_HANDLERS: dict[int, _Handler] = {
    ord("("): lambda m: m.push(_MARK),
    ord("0"): lambda m: m._stack.pop(),
    ord("1"): lambda m: m.since_mark(),
    ord("2"): lambda m: m.push(m.top()),
    # Numbers.
    ord("I"): lambda m: m.whole(),
    ord("L"): lambda m: m.push(m.long_of(m._line())),
    ord("F"): lambda m: m.push(float(m._line()[:LONGEST_NUMBER])),
    ord("J"): lambda m: m.push(m._number("i")),
    ord("K"): lambda m: m.push(m._number("B")),
    ord("M"): lambda m: m.push(m._number("H")),
    0x8A: lambda m: m.long(m._number("B")),
    0x8B: lambda m: m.long(m._number("i")),
    ord("G"): lambda m: m.push(struct.unpack(">d", m._take(8))[0]),
    ord("N"): lambda m: m.push(None),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    # Strings.
    ord("S"): lambda m: m.quoted(),
    ord("T"): lambda m: m.old_text(m._number("i")),
    ord("U"): lambda m: m.old_text(m._number("B")),
    ord("V"): lambda m: m.push(m._line().decode("raw-unicode-escape")),
    ord("X"): lambda m: m.push(m._text(m._number("I"))),
    0x8C: lambda m: m.push(m._text(m._number("B"))),
    0x8D: lambda m: m.push(m._text(m._number("Q"))),
    ord("B"): lambda m: m.raw(m._number("I")),
    ord("C"): lambda m: m.raw(m._number("B")),
    0x8E: lambda m: m.raw(m._number("Q")),
    0x96: lambda m: m.raw(m._number("Q")),
    # Collections.
    ord("]"): lambda m: m.push([]),
    ord("l"): lambda m: m.push(m.since_mark()),
    ord("a"): lambda m: m.append([m.pop()]),
    ord("e"): lambda m: m.append(m.since_mark()),
    ord("}"): lambda m: m.push({}),
    ord("d"): lambda m: m.new_dict(m.since_mark()),
    ord("s"): lambda m: m.set_items([m.pop(), m.pop()][::-1]),
    ord("u"): lambda m: m.set_items(m.since_mark()),
    ord(")"): lambda m: m.push(()),
    ord("t"): lambda m: m.push(tuple(m.since_mark())),
    0x85: lambda m: m.tuple_of(1),
    0x86: lambda m: m.tuple_of(2),
    0x87: lambda m: m.tuple_of(3),
    0x8F: lambda m: m.push(set()),
    0x90: lambda m: m.append(m.since_mark()),
    0x91: lambda m: m.push(tuple(m.since_mark())),
    # The memo.
    ord("p"): lambda m: m.put(m.long_of(m._line())),
    ord("q"): lambda m: m.put(m._number("B")),
    ord("r"): lambda m: m.put(m._number("I")),
    0x94: lambda m: m.put(len(m._memo)),
    ord("g"): lambda m: m.get(m.long_of(m._line())),
    ord("h"): lambda m: m.get(m._number("B")),
    ord("j"): lambda m: m.get(m._number("I")),
    # What other readers act upon, written down.
    ord("c"): lambda m: m.name(),
    0x93: lambda m: m.stack_name(),
    ord("R"): lambda m: m.call(),
    0x81: lambda m: m.call(),
    0x92: lambda m: m.call(with_keywords=True),
    ord("o"): lambda m: m.call_since_mark(),
    ord("i"): lambda m: m.instance(),
    ord("b"): lambda m: m.build(),
    ord("P"): lambda m: m.push(Persistent(m._line().decode("latin-1"))),
    ord("Q"): lambda m: m.push(Persistent(m.pop())),
    # Protocol and frames say nothing that matters here.
    0x80: lambda m: m._take(1),
    0x95: lambda m: m._take(8),
    0x98: lambda m: None,
    0x82: lambda m: m.unsupported("the extension registry"),
    0x83: lambda m: m.unsupported("the extension registry"),
    0x84: lambda m: m.unsupported("the extension registry"),
    0x97: lambda m: m.unsupported("buffers outside of it"),
}
