"""Hundreds of broken and hostile files: each is refused in one sentence or is a network, and nothing else happens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.weights import hostile

pytestmark = pytest.mark.slow

# Reads every file of a folder as the show would, under limits, and says for each what came of it. The audit hook sees
# whatever could be the work of a file: code that is made or run, modules and classes that are looked up, processes,
# connections, and files that are opened for writing.
CHILD = """
import json, os, resource, signal, sys, time
from pathlib import Path
from dreamstream.core.errors import UserError
import dreamstream.networks.vgg.model
from dreamstream.weights.formats import checkpoint_of, in_one_sentence
from dreamstream.weights.stylegan2.reader import read_published

folder, seconds, room, kind = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (pages + room, pages + room))
seen = []
BAD = ("exec", "compile", "import", "os.", "subprocess.", "pickle.", "socket.", "shutil.", "ctypes.", "code.", "pty.")

def hook(event, arguments):
    if watching and event.startswith(BAD) and not event.startswith(("os.listdir", "os.scandir")):
        seen.append(f"{event} {arguments[:1]}"[:100])
    if watching and event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append(f"open {arguments}"[:100])

watching = False
sys.addaudithook(hook)

def read(path):
    if kind == "generators":
        return read_published(path)
    with checkpoint_of(path) as checkpoint, in_one_sentence(path, checkpoint.format):
        checkpoint.parameters()

def attempt(path):
    try:
        read(path)
        return "read"
    except UserError as error:
        return str(error)

b"a".decode("cp437")  # what is imported on first use, like this codec of old zip directories, is no file's doing
for name in sorted(folder.glob("good-*")):
    assert attempt(name) == "read", name
for path in sorted(folder.glob("bad-*")):
    seen.clear()
    signal.setitimer(signal.ITIMER_PROF, seconds)  # of work, so that a busy machine changes nothing
    began, watching = time.process_time(), True
    said = attempt(path)
    watching = False
    signal.setitimer(signal.ITIMER_PROF, 0)
    took = time.process_time() - began
    print(json.dumps({"path": str(path), "said": said, "seen": seen, "seconds": took}), flush=True)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # getrusage tells the parent's
print(json.dumps({"peak": int(peak.split()[1]) * 1024}))
"""

SECONDS, ROOM = 10, 1 << 30


linux = pytest.mark.skipif(sys.platform != "linux", reason="limits on address space and time are Linux's")


@linux
def test_broken_and_hostile_files(tmp_path: Path) -> None:
    """At least 200 files: no crash, no hang, no code run, nothing opened for writing, little memory."""
    _check(tmp_path, hostile.files(tmp_path), "weights")


@linux
@pytest.mark.parity
def test_broken_and_hostile_generators(tmp_path: Path) -> None:
    """The same of StyleGAN2s, of which PyTorch writes the good ones."""
    pytest.importorskip("torch")
    _check(tmp_path, hostile.generators(tmp_path), "generators")


def _check(tmp_path: Path, broken: dict[str, bytes], kind: str) -> None:
    assert len(broken) >= 150
    names = {}
    for number, (name, data) in enumerate(broken.items()):
        path = tmp_path / f"bad-{number:03}"
        path.write_bytes(data)
        names[str(path)] = name
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), str(SECONDS), str(ROOM), kind],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
        env=_environment(),
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last = names.get(lines[-2]["path"] if len(lines) > 1 and "peak" in lines[-1] else "", "?")
    assert done.returncode == 0, f"after {len(lines)} files, {last}: {done.stderr[-2000:]}"
    assert len(lines) == len(broken) + 1
    refused = 0
    for line in lines[:-1]:
        name = names[line["path"]]
        assert not line["seen"], (name, line)
        assert line["seconds"] < SECONDS / 2, (name, line)
        if line["said"] != "read":
            refused += 1
            assert line["path"] in line["said"], (name, line)
            assert "\n" not in line["said"], (name, line)
            assert len(line["said"]) < 500, (name, line)
        else:  # a bit of a weight may differ, or something after the end; what was made to be refused must be
            assert " flip " in name or " filled " in name or " twice" in name or " behind " in name, (name, line)
    assert refused >= 0.6 * len(broken)
    assert lines[-1]["peak"] < 900 << 20
    assert not list(tmp_path.rglob(hostile.CANARY))


def _environment() -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
