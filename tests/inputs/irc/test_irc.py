"""The IRC protocol as pure state: bytes in, events and bytes out."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.core.errors import UserError
from dreamstream.core.message import Message, Purge, Reply
from dreamstream.inputs.irc.connection import Lost, Server
from dreamstream.inputs.irc.lines import LONGEST_LINE, IrcLine, LineReader, format_line, parse_line
from dreamstream.inputs.irc.protocol import IrcProtocol, IrcSource, address_of


def joined(**options: str) -> IrcProtocol:
    """A protocol that is in #dream as "bot", on a server with all the usual ranks."""
    protocol = IrcProtocol("bot", "#Dream", **options)
    protocol.start()
    protocol.receive(
        b":srv 001 bot :hi\r\n:srv 005 bot PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,imnpst :are supported\r\n", 0.0
    )
    protocol.receive(b":bot!b@h JOIN #dream\r\n", 0.0)
    protocol.take()
    assert protocol.live
    return protocol


def say(protocol: IrcProtocol, nick: str, text: str = "hi") -> Message:
    """What the protocol makes of somebody's line."""
    (event,) = protocol.receive(f":{nick}!u@h PRIVMSG #dream :{text}\r\n".encode(), 5.0)
    assert isinstance(event, Message)
    return event


def test_the_conversation_begins_and_joins() -> None:
    """NICK and USER first, JOIN after the welcome, under the nick the server settled on."""
    protocol = IrcProtocol("bot", "#dream")
    protocol.start()
    assert protocol.take() == b"NICK bot\r\nUSER dreamstream 0 * dreamstream\r\n"
    assert protocol.receive(b":srv 001 bot_ :Welcome\r\n", 0.0) == []
    assert protocol.take() == b"JOIN #dream\r\n"
    assert protocol.nick == "bot_"
    assert not protocol.live
    protocol.receive(b":bot_!b@h JOIN :#dream\r\n", 0.0)
    assert protocol.live


def test_a_ping_is_answered() -> None:
    """PONG carries the same token."""
    protocol = joined()
    protocol.receive(b"PING :tok en\r\nPING x\r\n", 0.0)
    assert protocol.take() == b"PONG :tok en\r\nPONG x\r\n"


def test_sasl_sends_the_password_only_when_asked() -> None:
    """CAP, AUTHENTICATE, CAP END; without an account nothing is said of capabilities."""
    protocol = IrcProtocol("bot", "#dream", account="acc", password="hush")
    protocol.start()
    assert protocol.take().startswith(b"CAP REQ sasl\r\n")
    protocol.receive(b":srv CAP * ACK :sasl\r\n", 0.0)
    assert protocol.take() == b"AUTHENTICATE PLAIN\r\n"
    protocol.receive(b"AUTHENTICATE +\r\n", 0.0)
    assert protocol.take() == b"AUTHENTICATE " + base64.b64encode(b"acc\0acc\0hush") + b"\r\n"
    protocol.receive(b":srv 903 bot :ok\r\n", 0.0)
    assert protocol.take() == b"CAP END\r\n"
    (lost,) = protocol.receive(b":srv 904 bot :SASL authentication failed\r\n", 0.0)
    assert isinstance(lost, Lost)
    assert "hush" not in lost.reason
    other = IrcProtocol("bot", "#dream", account="acc", password="x" * 300)
    other.receive(b"AUTHENTICATE +\r\n", 0.0)
    pieces = other.take().split(b"\r\n")
    assert [len(piece) for piece in pieces[:2]] == [
        413,
        413 - 400 + len(base64.b64encode(b"acc\0acc\0" + b"x" * 300)) - 400,
    ]
    other.receive(b":srv CAP * NAK :sasl\r\n", 0.0)
    assert other.take() == b"CAP END\r\n"


@pytest.mark.parametrize("answer", [b":srv CAP * NAK :sasl\r\n", b":srv 421 * CAP :Unknown command\r\n"])
def test_a_server_without_sasl_is_not_joined_as_nobody(answer: bytes) -> None:
    """With a password, being let in without it is an end that says what to do."""
    protocol = IrcProtocol("bot", "#dream", account="acc", password="hush-hush")
    protocol.start()
    assert protocol.receive(answer, 0.0) == []
    (lost,) = protocol.receive(b":srv 001 bot :Welcome\r\n", 0.0)
    assert isinstance(lost, Lost)
    assert "leave the account and the password out" in lost.reason
    assert b"JOIN" not in protocol.take()


def test_a_message_comes_with_its_speaker_and_rank() -> None:
    """Ranks come from NAMES and MODE, follow a new nick, and go with their holder."""
    protocol = joined()
    protocol.receive(b":srv 353 bot = #dream :bot @ann ~&owner +vic plain %half\r\n", 0.0)
    assert say(protocol, "Ann", "!skip") == Message("!skip", "Ann", "irc", "", frozenset(("moderator",)), 5.0, "ann")
    assert say(protocol, "owner").roles == {"broadcaster", "moderator"}
    assert say(protocol, "vic").roles == {"vip"}
    assert say(protocol, "half").roles == {"moderator"}
    assert say(protocol, "plain").roles == frozenset()
    protocol.receive(b":ann!u@h MODE #dream +kov-o+b key plain plain ann *!*@bad\r\n", 0.0)
    assert say(protocol, "plain").roles == {"moderator", "vip"}
    assert say(protocol, "ann").roles == frozenset()
    protocol.receive(b":plain!u@h NICK :Fancy\r\n", 0.0)
    assert say(protocol, "fancy").roles == {"moderator", "vip"}
    assert say(protocol, "plain").roles == frozenset()
    for gone in (b":fancy!u@h PART #dream\r\n", b":owner!u@h QUIT :bye\r\n"):
        protocol.receive(gone, 0.0)
    assert say(protocol, "fancy").roles == say(protocol, "owner").roles == frozenset()
    protocol.receive(b":x!u@h MODE #dream -l+l 5\r\n:x!u@h MODE #dream +o\r\n:x!u@h MODE bot +i\r\n", 0.0)


def test_what_is_not_for_us_is_left_alone() -> None:
    """Other channels, private words, notices, CTCP, and our own voice."""
    protocol = joined()
    for line in (
        b":a!u@h PRIVMSG #other :!dream bee",
        b":a!u@h PRIVMSG bot :!dream bee",
        b":a!u@h NOTICE #dream :!dream bee",
        b":a!u@h PRIVMSG #dream :\x01ACTION !dream bee\x01",
        b":bot!u@h PRIVMSG #dream :!dream bee",
        b":srv 372 bot :- motd",
        b":srv TOPIC",
        b"PRIVMSG",
    ):
        assert protocol.receive(line + b"\r\n", 0.0) == []


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (b":srv RECONNECT", True),
        (b"ERROR :Closing link", False),
        (b":op!u@h KICK #dream bot :out", False),
        (b":bot!u@h PART #dream", False),
        (b":srv 474 bot #dream :Cannot join channel (+b)", False),
        (b":srv 465 bot :You are banned", False),
        (b":srv 403 bot #dream :No such channel", False),
    ],
)
def test_the_end_is_noticed(line: bytes, asked: bool) -> None:
    """Orders to leave, refusals and errors end the connection with a reason."""
    (event,) = joined().receive(line + b"\r\n", 0.0)
    assert isinstance(event, Lost)
    assert event.asked == asked
    assert event.reason


def test_a_kicked_viewer_is_purged() -> None:
    """Their requests go, ours stay."""
    assert joined().receive(b":op!u@h KICK #dream Ann :out\r\n", 0.0) == [Purge("irc", user="ann")]


def test_a_refused_nick_is_changed_a_few_times() -> None:
    """Taken: a number is added. Too long: it is cut. In the end we give up."""
    protocol = IrcProtocol("dreamstream", "#dream")
    protocol.receive(b":srv 433 * dreamstream :in use\r\n", 0.0)
    assert protocol.take() == b"NICK dreamst1\r\n"
    protocol = IrcProtocol("dreamstream", "#dream")
    protocol.receive(b":srv 432 * dreamstream :bad\r\n", 0.0)
    assert protocol.take() == b"NICK dreamstre\r\n"
    events = [e for _ in range(30) for e in protocol.receive(b":srv 433 * x :in use\r\n", 0.0)]
    assert isinstance(events[0], Lost)


def test_replies_are_single_safe_lines() -> None:
    """Line breaks cannot smuggle commands in; a long text is cut at a whole character."""
    protocol = joined()
    protocol.say(Reply("bee is next.\r\nQUIT :ha", "ann"))
    protocol.say(Reply("é" * 400, "ann"))
    protocol.ping()
    protocol.quit()
    first, second, *rest = protocol.take().split(b"\r\n")
    assert first == b"PRIVMSG #Dream :@ann bee is next. QUIT :ha"
    assert len(second) <= 510
    second.decode("utf-8")
    assert rest == [b"PING dreamstream", b"QUIT :the show is over", b""]


def test_lines_are_cut_out_of_any_pieces() -> None:
    """However the stream is cut, the same lines come out; bad ones are dropped, counted, and harm no neighbour."""
    stream = (
        b":a!u@h PRIVMSG #d :one\r\n"
        b":a!u@h PRIVMSG #d :\xff\xfe\r\n" + b"X" * (LONGEST_LINE * 3) + b"\r\n\r\n\n@t=1 PING :two\n"
        b":only.a.prefix\r\n"
        b"PING :thr\xc3\xa9e\r\n"
        b"\0\0\r\n"
    )
    chance = random.Random(1)
    for size in (1, 7, 4096, len(stream)):
        reader = LineReader()
        lines: list[IrcLine] = []
        place = 0
        while place < len(stream):
            step = size if size == len(stream) else chance.randint(1, size)
            lines += reader.feed(stream[place : place + step])
            place += step
        assert [line.param(-1) for line in lines] == ["one", "two", "thrée"]
        assert reader.dropped == 4


def test_an_endless_line_needs_no_memory() -> None:
    """Megabytes without a line break are thrown away as they come."""
    reader = LineReader()
    for _ in range(1000):
        assert reader.feed(b"x" * 4096) == []
    assert len(reader._rest) <= LONGEST_LINE
    assert reader.dropped == 1
    assert reader.feed(b"tail\r\nPING :ok\r\n") == [IrcLine("PING", ("ok",))]


def test_a_line_is_taken_apart() -> None:
    """Tags with escapes, prefix, command, and a last parameter with spaces."""
    line = parse_line(rb"@a=1;b;c=x\:y\sz\\\r\n\q;d=\ :n!u@h pRiVmSg #c  extra :the rest : of it")
    assert line == IrcLine(
        "PRIVMSG", ("#c", "extra", "the rest : of it"), "n!u@h", {"a": "1", "b": "", "c": "x;y z\\\r\nq", "d": ""}
    )
    assert line.nick == "n"
    assert line.param(9) == line.param(-9) == ""
    assert parse_line(b"PING :") == IrcLine("PING", ("",))
    assert parse_line(b"") is parse_line(b":x") is parse_line(b"@a=b") is parse_line(b"??? x") is None


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(exclude_characters="\r\n\0 :", exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.text(max_size=300),
)
def test_a_sent_line_reads_back(target: str, text: str) -> None:
    """Formatting and parsing agree up to white space, for any text."""
    data = format_line("PRIVMSG", target, text)
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == data.count(b"\r") == 1
    line = parse_line(data[:-2])
    assert line is not None
    assert line.command == "PRIVMSG"
    expected = " ".join(text.replace("\0", "").split())
    assert expected.encode("utf-8", "replace").decode().startswith(line.param(-1))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.sampled_from(
                [
                    b":a!b@c ",
                    b"PRIVMSG #dream :",
                    b"MODE #dream +o",
                    b" 353 bot = #dream :@",
                    b"\r\n",
                    b"@",
                    b"KICK ",
                    b"NICK",
                    b"005 x PREFIX=(",
                    b"CAP * ACK",
                ]
            ),
        ),
        max_size=30,
    )
)
def test_no_bytes_upset_the_protocol(pieces: list[bytes]) -> None:
    """Any bytes give messages, purges or an end, and never an exception."""
    protocol = joined()
    for piece in pieces:
        for event in protocol.receive(piece, 0.0):
            assert isinstance(event, Message | Purge | Lost)
    protocol.take()


@pytest.mark.parametrize(
    ("url", "address", "channel"),
    [
        ("irc://127.0.0.1:7000/dream", Server("127.0.0.1", 7000), "#dream"),
        ("irc://irc.example.net/%23dream", Server("irc.example.net", 6667), "#dream"),
        ("ircs://irc.example.net/dream", Server("irc.example.net", 6697, tls=True), "#dream"),
        ("irc://irc.example.net/#dream", Server("irc.example.net", 6667), "#dream"),
        ("irc://[::1]:7000/&local", Server("::1", 7000), "&local"),
    ],
)
def test_addresses(url: str, address: Server, channel: str) -> None:
    """Server, port, encryption and channel are read from one address."""
    assert address_of(url) == (address, channel)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "irc://",
        "irc://host",
        "irc://host/",
        "http://host/c",
        "irc://host:99999/c",
        "irc://host/a%20b",
        "irc://host/a%0d",
    ],
)
def test_wrong_addresses_are_explained(url: str) -> None:
    """The message shows what was given and what it must look like."""
    with pytest.raises(UserError, match="must look like irc://HOST:6667/CHANNEL"):
        address_of(url)


def test_a_password_needs_tls() -> None:
    """It is refused before it could travel in the open."""
    with pytest.raises(UserError, match="ircs://"):
        IrcSource("irc://127.0.0.1/dream", account="a", password="b")
