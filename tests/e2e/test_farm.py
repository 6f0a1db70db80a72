"""A farm of real shows: up, killed in parts, killed as a whole, taken over, down."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import free_port
from tests.polling import until
from tests.processes import lives

PLAN = """
farm = 1
[wall]
port = {wall}
[defaults]
size = "160x96"
fps = 10
seed = 1
[channels.owls.settings]
port = {owls}
[channels.bees]
restart = "{restart}"
[channels.bees.settings]
port = {bees}
"""
WITHIN = 120.0


class Farm:
    """`dreamstream farm` in a folder, as a person would use it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = {"wall": free_port(), "owls": free_port(), "bees": free_port()}
        self.plan()
        self.process: subprocess.Popen[bytes] | None = None

    def plan(self, restart: str = "always") -> None:
        """Write the plan."""
        (self.home / "farm.toml").write_text(PLAN.format(restart=restart, **self.ports))

    def up(self) -> None:
        """Start the farm in the foreground of a process of its own."""
        environ = os.environ | {"DREAMSTREAM_CACHE": str(self.home / "cache"), "DREAMSTREAM_FPS": "50"}
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command("up", "farm.toml"), stdout=log, stderr=log, cwd=self.home, env=environ
            )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command to the farm that runs."""
        return self._run(self._command(*words))

    def channels(self) -> dict[str, dict[str, Any]]:
        """What the command line says of each channel."""
        said = self.run("status", "--json")
        return {each["name"]: each for each in json.loads(said.stdout)["channels"]} if said.stdout else {}

    def runs(self, **pids: int) -> bool:
        """Whether all run, those that are named in another process than that."""
        found = self.channels()
        return len(found) == 2 and all(
            each["phase"] == "running" and each["pid"] != pids.get(name) for name, each in found.items()
        )

    def submit(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A job for it."""
        return self._run([*self._command("submit"), *words])

    def jobs(self) -> list[dict[str, Any]]:
        """What the command line says of its jobs."""
        said = self.run("jobs", "--json")
        return list(json.loads(said.stdout)) if said.stdout else []

    def log(self) -> str:
        """What the farm has said."""
        return (self.home / "up.log").read_text()

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, cwd=self.home, timeout=WITHIN, check=False)

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "dreamstream", "farm", *words, "--folder", str(self.home / "farm")]


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    """A farm of two, whose processes are taken away at the end."""
    made = Farm(tmp_path)
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.wait(30)
    for record in (tmp_path / "farm" / "records").glob("*.json"):
        with contextlib.suppress(psutil.Error):
            psutil.Process(json.loads(record.read_text())["pid"]).kill()


def test_a_farm_is_killed_in_parts_and_whole_and_goes_on(farm: Farm, browser: Browser) -> None:
    """A killed channel is back with its queue and the other unmoved; a killed farm's channels go on and are adopted."""
    farm.up()
    until(farm.runs, WITHIN, "the channels", every=1)
    owls, bees = (farm.channels()[name] for name in ("owls", "bees"))
    asked = httpx.post(f"{bees['page']}api/ask", json={"text": "!dream pizza", "who": "ada"}, trust_env=False)
    assert "pizza" in asked.json()["reply"]

    psutil.Process(bees["pid"]).kill()
    until(lambda: farm.runs(bees=bees["pid"]), WITHIN, "the killed one", every=1)
    now = farm.channels()
    assert now["owls"]["pid"] == owls["pid"]
    assert now["owls"]["starts"] == 1
    assert now["bees"]["starts"] == 2
    status = httpx.get(f"{bees['page']}api/status", trust_env=False).json()
    assert "pizza" in json.dumps([status["now"], status["queue"]])
    assert status["frames"]["fps"] < 12  # not what the environment says, which is of no channel
    wall(farm, browser)

    small = ("--size", "160x96", "--steps", "4")
    assert "Job 1 is to write" in farm.submit("image", "-c", "bee", "-o", "bee.png", *small).stdout
    until(lambda: farm.jobs()[0]["state"] != "waiting", WITHIN, "the job's turn", every=0.5)
    assert farm.process is not None
    farm.process.kill()
    farm.process.wait(30)
    assert "No farm runs" in farm.run("status").stderr
    assert all(lives(each["pid"]) for each in now.values())
    farm.up()
    until(farm.runs, WITHIN, "the farm that takes over", every=1)
    after = farm.channels()
    assert {name: each["pid"] for name, each in after.items()} == {name: each["pid"] for name, each in now.items()}
    assert "runs already" in farm.log()
    until(lambda: farm.jobs()[0]["state"] == "done", WITHIN, "the job", every=1)
    assert farm.jobs()[0]["code"] == 0
    assert (farm.home / "bee.png").exists()
    again = farm.submit("image", "-c", "bee", "-o", "bee.png")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "exists already" in again.stderr

    farm.plan("failure")
    assert "1 changed" in farm.run("up", "farm.toml").stdout
    until(lambda: farm.runs(bees=after["bees"]["pid"]), WITHIN, "the changed one", every=1)
    assert farm.channels()["owls"]["pid"] == owls["pid"]
    assert "The show is on" in farm.run("logs", "owls").stdout

    last = [each["pid"] for each in farm.channels().values()]
    farm.process.send_signal(signal.SIGTERM)
    assert farm.process.wait(WITHIN) == 0
    assert not any(lives(pid) for pid in last)
    assert not list((farm.home / "farm" / "records").iterdir())


def wall(farm: Farm, browser: Browser) -> None:
    """The operator's link opens the wall, which shows both channels with their pictures."""
    found = re.search(r"For operators: (\S+)", farm.log())
    assert found is not None
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(found[1])
    pictures = "document.querySelectorAll('.scene img[src^=blob]').length"
    until(lambda: page.evaluate(pictures) == 2, WITHIN, "the channels' pictures", every=0.5)
    assert page.locator(".tile .name").all_inner_texts() == ["owls", "bees"]
    assert "control#" in (page.locator("[data-way]").first.get_attribute("href", timeout=10_000) or "")
    shown = "[...document.querySelectorAll('.scene img')].every((image) => getComputedStyle(image).opacity === '1')"
    assert page.evaluate(shown)
    assert errors == []
    page.close()


def test_a_wrong_plan_starts_nothing(farm: Farm) -> None:
    """One sentence, exit code 2, no folder and no process."""
    (farm.home / "farm.toml").write_text("farm = 1\n[channels.a.settings]\npreset = 3\n[chanels.b]\n")
    said = farm.run("up", "farm.toml")
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert "Did you mean channels?" in said.stderr
    assert not (farm.home / "farm").exists()
