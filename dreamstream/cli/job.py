"""One job of a farm, as a process: `python -m dreamstream.cli.job RESULT COMMAND ...` runs a command of `dreamstream`.

It gives way to the channels, and writes its exit code into the file RESULT as its last act, where the farm finds it,
also a later farm, or one on another machine.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from dreamstream.cli.main import entry
from dreamstream.support import files, machine

# How nice the job's threads are: more than those that dream in a channel. Where Linux shares the processor among
# sessions first, each channel is one (5 nice once it is up), and a third of a channel's share lets a job come to an end
# beside many.
THREADS, SESSION = 12, 10


def main() -> None:
    """Run the command that the process was started for."""
    result = Path(sys.argv.pop(1))
    machine.be_nice(THREADS)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(SESSION))
    try:
        entry(lambda code: files.write(result, str(code).encode(), private=True))
    except Exception:
        files.write(result, b"1", private=True)
        raise


if __name__ == "__main__":
    main()
