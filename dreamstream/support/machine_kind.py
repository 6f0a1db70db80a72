"""What decides the last bits of arithmetic here: two machines of one kind dream the very same pictures."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import sys
from pathlib import Path

from dreamstream.support import machine

# Of the processor's abilities, those by which XLA and OpenCV choose their arithmetic.
_CHOOSING = ("avx", "fma", "amx", "f16c", "sse4")
_PACKAGES = ("jaxlib", "numpy", "opencv-python-headless", "av")


def kind_of_machine() -> str:
    """The kind in one line: processor, its abilities as a digest, cores, versions, and what JAX computes on.

    The latter is left out where JAX has not been loaded.
    """
    versions = []
    for name in _PACKAGES:
        try:
            versions.append(f"{name.partition('-')[0]}-{importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{name.partition('-')[0]}-none")
    jax = sys.modules.get("jax")
    device = [str(jax.devices()[0].device_kind).replace(" ", "-")] if jax is not None else []
    return " ".join([platform.machine(), abilities(), f"{machine.cores()}-cores", *versions, *device])


def abilities() -> str:
    """A digest of what this processor can do, as far as arithmetic is chosen by it."""
    try:
        text = Path("/proc/cpuinfo").read_text()
        flags = next(line.split(":")[1].split() for line in text.splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        flags = []
    chosen = "-".join(sorted(flag for flag in flags if flag.startswith(_CHOOSING)))
    return hashlib.sha256(chosen.encode()).hexdigest()[:16]
