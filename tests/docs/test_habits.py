"""What contributors lean on holds: links of the pages, scripts, workflow files, hooks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("*.md")),
    *sorted((ROOT / ".github").glob("*.md")),
]
SCRIPTS = [
    *sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix),
    ROOT / ".ci/run",
]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted(set((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")) - {ROOT / ".github/ISSUE_TEMPLATE/config.yml"})


def tool(name: str, *args: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment that the tests run in."""
    path = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    assert path is not None, f"{name} is missing; run scripts/install"
    return subprocess.run([path, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=120)


def anchors(page: Path) -> set[str]:
    """The names that a page's headings can be linked by."""
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file that is there, and to a heading that it has."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_scripts_that_the_guide_names_are_there() -> None:
    """And no other: each has its line."""
    named = set(re.findall(r"scripts/(\w+)", (ROOT / "CONTRIBUTING.md").read_text()))
    assert {"install", "lint", "check", "test", "docs"} <= named
    assert {path.name for path in SCRIPTS} - {"run", "architecture"} <= named
    assert all((ROOT / "scripts" / name).is_file() for name in named)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permission")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_can_be_run(script: Path) -> None:
    """As they are, after a clone."""
    assert os.access(script, os.X_OK)


def test_scripts_are_clean() -> None:
    """By shellcheck, with every optional file followed."""
    found = tool("shellcheck", *SCRIPTS)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-issue-forms", FORMS),
        ("vendor.github-issue-config", [ROOT / ".github/ISSUE_TEMPLATE/config.yml"]),
        ("vendor.compose-spec", [ROOT / "docker/compose.yaml"]),
    ],
)
def test_files_for_hosts_and_containers_fit_their_schema(schema: str, files: list[Path]) -> None:
    """As it ships with check-jsonschema; nothing is fetched."""
    assert files
    found = tool("check-jsonschema", "--builtin-schema", schema, *files)
    assert found.returncode == 0, found.stdout


def test_a_broken_workflow_is_found(tmp_path: Path) -> None:
    """The check above can fail."""
    broken = tmp_path / "checks.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    assert tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", broken).returncode == 1


def test_actions_are_pinned() -> None:
    """To a commit, with the version beside it, so that nobody can move them."""
    for workflow in WORKFLOWS:
        used = re.findall(r"uses: (.+)", workflow.read_text())
        assert used
        assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in used), workflow.name


def test_every_promised_python_is_tried() -> None:
    """The oldest is that of pyproject.toml, and none between is left out."""
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    tried = re.search(r"python: \[(.+)\]", (ROOT / ".github/workflows/checks.yml").read_text())
    assert tried is not None
    versions = [int(minor) for minor in re.findall(r'"3\.(\d+)"', tried[1])]
    assert promised == f">=3.{versions[0]}"
    assert versions == list(range(versions[0], versions[0] + len(versions)))


def test_hooks_are_valid() -> None:
    """What `pre-commit` will run."""
    found = tool("pre-commit", "validate-config", ".pre-commit-config.yaml")
    assert found.returncode == 0, found.stdout + found.stderr
