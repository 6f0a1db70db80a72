"""What this machine is: cores, accelerator, name. Found out without importing JAX."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

_M_ARENA_MAX = -8  # of glibc's malloc.h


def cores() -> int:
    """How many CPU cores this process may use."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # not on macOS
        return len(process.cpu_affinity() or ()) or 1
    return os.cpu_count() or 1


def raise_descriptor_limit(most: int = 1 << 16) -> int | None:
    """Let this process open as many files and sockets as the system allows, up to `most`; how many that is.

    None where the system sets no such limit.
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def accelerator() -> str:
    """The accelerator that JAX would most likely find ("cuda", "metal"), or "" for none.

    A guess from the driver's device file and JAX's plugin package: asking JAX itself takes seconds.
    """
    if asked_platform()[1] == "cpu":
        return ""
    plugins = ("jax_cuda12_plugin", "jax_cuda13_plugin", "jax_cuda12_pjrt", "jax_cuda13_pjrt")
    if Path("/dev/nvidiactl").exists() and any(importlib.util.find_spec(name) for name in plugins):
        return "cuda"
    if sys.platform == "darwin" and importlib.util.find_spec("jax_plugins.metal_plugin"):
        return "metal"
    return ""


def accelerators() -> int:
    """How many accelerators a process of this machine may use, found without JAX; 0 for a CPU alone."""
    if not (kind := accelerator()):
        return 0
    if kind != "cuda":
        return 1
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    if shown is not None:
        return len([part for part in shown.split(",") if part.strip()])
    return len([path for path in Path("/dev").glob("nvidia*") if path.name.removeprefix("nvidia").isdecimal()])


# In which the environment tells JAX what to compute on; the first is looked at first.
PLATFORM_VARIABLES = ("JAX_PLATFORMS", "JAX_PLATFORM_NAME")


def asked_platform(environ: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """The variable that tells JAX what to compute on, and its value; twice "" where none does."""
    return next(((name, environ[name]) for name in PLATFORM_VARIABLES if environ.get(name)), ("", ""))


def no_such_platform(environ: Mapping[str, str] = os.environ) -> str:
    """Why JAX does not start, where the environment has named what it cannot compute on here."""
    name, value = asked_platform(environ)
    return f"{name} in the environment is {value!r}, on which JAX cannot compute here; unset it, or set it to cpu."


# What a CPU can dream in time; the finish brings it to the video's size.
CPU_CANVAS_PIXELS = 640 * 360


def canvas_size(width: int, height: int, smallest: int) -> tuple[int, int]:
    """The canvas to be dreamed for a video of this size: reduced on a CPU, but no side below `smallest` pixels."""
    if accelerator() or width * height <= CPU_CANVAS_PIXELS:
        return width, height
    shrink = max((CPU_CANVAS_PIXELS / (width * height)) ** 0.5, smallest / min(width, height))
    return 2 * round(width * shrink / 2), 2 * round(height * shrink / 2)


def name() -> str:
    """One line that names the machine: processor, cores, memory, system."""
    processor = _cpu_name() or platform.processor() or platform.machine()
    parts = [f"{processor}, {cores()} cores"]
    parts.append(f"{psutil.virtual_memory().total / 2**30:.0f} GiB")
    parts.append(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}")
    return ", ".join(parts)


def resident_bytes() -> int:
    """Memory this process holds now, in bytes."""
    return int(psutil.Process().memory_info().rss)


def free_bytes(folder: Path) -> int | None:
    """What may still be written where a folder is, in bytes; None where that cannot be known."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def give_back_memory() -> None:
    """Return to the system what this process has freed and its C library keeps, which after compiling is a lot.

    glibc keeps free memory for each thread that ever asked for some; other systems' libraries have no such call.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def keep_memory_together() -> None:
    """Have the C library serve all threads from one pool of memory, where it would have eight for each core.

    Compiling takes much memory in threads that end soon, and what is left in each pool holds whole pages; of the first
    one alone `give_back_memory` also gives back its end. Call it before threads are begun. Only glibc has such pools.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def available_bytes() -> int:
    """Memory that a program may still take without swapping, in bytes."""
    free = int(psutil.virtual_memory().available)
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):  # a container's share
        with contextlib.suppress(OSError, ValueError):
            free = min(free, int(Path(name).read_text()) - resident_bytes())
    return free


def be_nice(increment: int) -> None:
    """Lower the calling thread's priority on Linux, and that of every thread it starts later; elsewhere do nothing.

    Linux keeps a nice value per thread and hands it on to new ones. Elsewhere it belongs to the whole process,
    which must stay quick.
    """
    if sys.platform == "linux":
        now = os.getpriority(os.PRIO_PROCESS, 0)  # 0 is the calling thread
        os.setpriority(os.PRIO_PROCESS, 0, min(19, now + increment))


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
