"""What the containers hold is locked: every package that pyproject.toml asks for, in a version that it allows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The containers' Python, and the oldest.
PYTHONS = ("3.12", "3.11")
LOCKS = {"requirements.txt": ("twitch", "discord"), "requirements-cuda12.txt": ("twitch", "discord", "cuda12")}


def entries(name: str) -> list[str]:
    """The lock's entries, each with its hashes."""
    text = re.sub(r"^#.*\n", "", (DOCKER / name).read_text(), flags=re.M)
    return re.findall(r"^\S(?:.*\\\n)*.*$", text, flags=re.M)


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_locked_within_its_range(name: str, python: str) -> None:
    """Once for each Python: no more and no fewer than one version, `scripts/lock` having been forgotten fails here."""
    environment = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
    }
    locked: dict[str, str] = {}
    for entry in entries(name):
        pinned = Requirement(entry.partition("\\")[0].partition("--hash")[0].strip())
        if pinned.marker is None or pinned.marker.evaluate({k: str(v) for k, v in environment.items()}):
            key = canonicalize_name(pinned.name)
            assert key not in locked
            locked[key] = str(pinned.specifier).removeprefix("==")
    wanted = [*PROJECT["dependencies"], *(DOCKER / "build.in").read_text().split()]
    wanted += [each for extra in LOCKS[name] for each in PROJECT["optional-dependencies"][extra]]
    for text in wanted:
        asked = Requirement(text)
        version = locked.get(canonicalize_name(asked.name))
        assert version is not None, f"{asked.name} is not in docker/{name}; run scripts/lock"
        assert asked.specifier.contains(version), f"{asked.name} {version} is not {asked.specifier}; run scripts/lock"


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_has_hashes_and_no_place_of_its_own(name: str) -> None:
    """Nothing is fetched that was not meant, wherever it is fetched from."""
    assert len(entries(name)) > 50
    for entry in entries(name):
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert not re.search(r"://|--index|--find", (DOCKER / name).read_text())


def test_the_containers_install_by_hash_and_fetch_nothing_else() -> None:
    """Each image takes its lock, then the package alone."""
    for image, lock in (("Dockerfile", "requirements.txt"), ("Dockerfile.cuda", "requirements-cuda12.txt")):
        text = (DOCKER / image).read_text()
        assert f"COPY docker/{lock} /tmp/requirements.txt" in text
        installs = re.findall(r"pip install (.*)", text)
        assert all("--require-hashes" in each or "--no-deps --no-build-isolation" in each for each in installs)
        assert len(installs) == 2
