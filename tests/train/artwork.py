"""A package of icons as npm leaves it, with figures of our own."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

DISC = '<circle cx="64" cy="64" r="60" fill="#f22"/>'
BAR = '<path fill="#22f" d="M4 44h120v40H4z"/>'


def write_style(path: Path, icons: Mapping[str, tuple[str, str]], aliases: Mapping[str, str] | None = None) -> None:
    """Write a package: icons by name, each with its code points (hex) and SVG text; aliases by name, of icons."""
    files = {
        "icons": {
            "prefix": "made-up",
            "icons": {name: {"body": body} for name, (_, body) in icons.items()},
            "aliases": {name: {"parent": parent} for name, parent in (aliases or {}).items()},
            "width": 128,
            "height": 128,
        },
        "chars": {code: name for name, (code, _) in icons.items() if code},
    }
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(f"package/{name}.json")
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
