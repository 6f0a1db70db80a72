"""A weight file to download, and whether it has come whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.weights.catalog import Entry, RemoteFile
from dreamstream.weights.download import RetryPolicy

HASTE = RetryPolicy(connect=2, read=0.4, slow=5, slow_bytes=1000, attempts=3, first=0.01, longest=0.02)


# Large enough that a connection breaks in the middle of it.
THOUSAND = Architecture("D", 1 / 8, 32, 1000, 32)


def entry(content: bytes, *urls: str, known: bool = True, size: int | None = None) -> Entry:
    """A catalog entry with one file; known: with its SHA-256."""
    digest = hashlib.sha256(content).hexdigest() if known else None
    file = RemoteFile("model.safetensors", "torchvision", urls, digest, None, size, 1)
    return Entry("vgg", "a VGG", "MIT", "nowhere", "D", (file,), THOUSAND.width)


def whole(path: Path, content: bytes) -> bool:
    """The good file is there and nothing else."""
    assert sorted(p.name for p in path.parent.iterdir() if p.suffix != ".lock") == [path.name]
    return path.read_bytes() == content
