"""Packages of examples/ as pip would install them: their module, and their entry points in a dist-info folder."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def install(name: str, site: Path) -> Path:
    """Put the package in examples/`name` into the folder `site`, which belongs on the path; returns `site`."""
    folder = EXAMPLES / name
    told = tomllib.loads((folder / "pyproject.toml").read_text())
    project = told["project"]
    for file in told["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]:
        shutil.copy(folder / file, site / file)
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [
        line
        for group, points in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{point} = {value}" for point, value in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return site
