"""What processes of our own are told: how to start, and no secret of the one that starts them."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from dreamstream.doctor import checks
from dreamstream.settings import ready
from dreamstream.support.child_environment import JAX, child_environment

SECRETS = ("DREAMSTREAM_RTMP", "DREAMSTREAM_TWITCH_TOKEN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MY_KEY", "JAXKEY")


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets of this program and of others, among what a process needs."""
    for name in SECRETS:
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")


def test_only_what_is_needed_is_passed_on() -> None:
    """Names on the list, and those of JAX where it is asked something."""
    plain, computing = child_environment(), child_environment(JAX)
    assert "hunter2" not in (*plain.values(), *computing.values())
    assert (plain["PATH"], plain["LC_ALL"]) == (os.environ["PATH"], "C.UTF-8")
    assert "CUDA_VISIBLE_DEVICES" not in plain
    assert computing["CUDA_VISIBLE_DEVICES"] == "1"


@pytest.mark.parametrize("ask", [checks._ask_jax, lambda: ready._check_devices(2, 100)], ids=["doctor", "serve"])
def test_who_asks_jax_is_told_no_secret(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes in which JAX is asked for its devices."""
    given = []

    def run(*_: object, env: dict[str, str], **__: object) -> subprocess.CompletedProcess[str]:
        given.append(env)
        return subprocess.CompletedProcess([], 0, "2", "")

    monkeypatch.setattr(subprocess, "run", run)
    ask()
    (environment,) = given
    assert "hunter2" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]
