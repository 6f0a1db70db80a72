"""The process that talks to one RTMP server: packets in on stdin, what happens out on stdout.

FFmpeg holds Python's interpreter lock while it connects and closes. Measured: 0.2 s against a healthy server, 3 s
against one that accepts and says nothing, 7 s when one stalls. So every connection has a process of its own, which
the show can kill without noticing.

stdin: one line of JSON {"url", "ca_file", "info"}, then packets as wire.py writes them; its end closes the stream.
stdout: lines "open", "live", "closed" or "error REASON", in that order; never the address.
"""

from __future__ import annotations

import faulthandler
import json
import signal
import socket
import sys
import time
from urllib.parse import urlsplit

import av

from dreamstream.core.packet import VIDEO, StreamInfo
from dreamstream.outputs.mux import Muxer, escape
from dreamstream.outputs.rtmp import wire
from dreamstream.support.redaction import redact, secrets_of

# Seconds FFmpeg may wait for one answer.
ANSWER_SECONDS = 8
# Seconds without any progress after which this process ends itself, in case nobody is left to kill it.
GIVE_UP_SECONDS = 30
# A server that refuses the key closes the connection soon after it was opened.
PROOF_SECONDS = 1.0


def tee(url: str, ca_file: str = "") -> str:
    """The address of FFmpeg's tee muxer for one RTMP target.

    Unlike the flv muxer, tee hands options to the protocol below (timeouts, certificates); unlike fifo, it connects
    before it returns, so that success and the true reason of a failure are known.
    """
    options = {"f": "flv", "flvflags": "no_duration_filesize", "rw_timeout": str(ANSWER_SECONDS * 1_000_000)}
    if url.lower().startswith("rtmps:"):
        options |= {"tls_verify": "1", "ca_file": ca_file}
    packed = ":".join(f"{key}={escape(value, chr(92) + chr(39) + ':]')}" for key, value in options.items())
    return escape(f"[{packed}]{url}", "\\'|")


def main() -> int:
    """Run until stdin ends (0) or the connection does (1)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _watch()
    first = json.loads(sys.stdin.buffer.readline())
    url = first["url"]
    try:
        # FFmpeg calls an unknown host an input/output error, which helps nobody.
        socket.getaddrinfo(urlsplit(url).hostname, None)
        _send(url, first["ca_file"], wire.info_from_json(first["info"]))
    except socket.gaierror:
        _say("error the host was not found; check the address")
        return 1
    except (OSError, ValueError, av.error.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        _say(f"error {redact(reason, secrets_of(url, shortest=3))}")
        return 1
    _say("closed")
    return 0


def _send(url: str, ca_file: str, info: StreamInfo) -> None:
    with Muxer(tee(url, ca_file), info, "tee") as muxer:
        _say("open")
        opened, live = time.monotonic(), False
        _watch()
        while (packet := wire.read(sys.stdin.buffer)) is not None:
            muxer.write(packet)
            if packet.kind == VIDEO and packet.keyframe:
                _watch()
            if not live and time.monotonic() - opened > PROOF_SECONDS:
                live = True
                _say("live")
        _watch()


def _watch() -> None:
    """Begin the countdown anew. It runs in a C thread, which a held interpreter lock does not stop."""
    faulthandler.dump_traceback_later(GIVE_UP_SECONDS, exit=True)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
