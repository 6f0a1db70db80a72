"""A small RTMP server for measuring: `python -m dreamstream.bench.taker PORT` takes one stream after another.

It keeps nothing. A process of its own, so that it can be killed as a server dies: in the middle of a stream.
"""

from __future__ import annotations

import sys
import time

import av

PATH = "live/soak"


def main() -> None:
    """Take streams until the process is ended."""
    url = f"rtmp://127.0.0.1:{int(sys.argv[1])}/{PATH}"
    while True:
        try:
            with av.open(url, options={"listen": "1"}) as stream:
                for _ in stream.demux():
                    pass
        except (av.error.FFmpegError, OSError):
            time.sleep(0.1)  # the stream ended, or the port is not free yet


if __name__ == "__main__":
    main()
