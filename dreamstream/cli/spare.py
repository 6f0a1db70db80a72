"""A process that has loaded what a show needs, and waits to be told which: `python -m dreamstream.cli.spare`.

It is told one line of JSON on its standard input, {"words": [...], "log": FILE}, and becomes `dreamstream WORDS` whose
output goes to that file. When its input ends before, whoever kept it is gone, and so is it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys

from dreamstream.cli.main import entry

# What the usual show imports, also later, as its dreamer starts.
_LOADED = (
    "dreamstream.settings.load",
    "dreamstream.settings.ready",
    "dreamstream.show.show",
    "dreamstream.dreamers.ascent.dreamer",
    "dreamstream.dreamers.doodle.dreamer",
    "dreamstream.weights.vgg.native",
)


def main() -> None:
    """Wait, and run what is told."""
    for name in _LOADED:
        with contextlib.suppress(ImportError):  # the show itself says better what is missing
            importlib.import_module(name)
    line = sys.stdin.readline()
    if not line:
        return
    told = json.loads(line)
    log = os.open(told["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for here, there in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(here, there)
    os.close(log)
    os.close(nothing)
    sys.argv[1:] = told["words"]
    entry()


if __name__ == "__main__":
    main()
