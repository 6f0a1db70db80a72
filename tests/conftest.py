"""What all tests share."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tiers by place: what talks to servers and browsers is e2e, what is held against other libraries is parity."""
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here)
        if place.parts[0] == "e2e":
            item.add_marker(pytest.mark.e2e)
        if place.name.startswith("test_parity"):
            item.add_marker(pytest.mark.parity)


@pytest.fixture(scope="session", autouse=True)
def _kept_quickly() -> Iterator[None]:
    """Before JAX keeps a program it looks at all that are kept, to hold the bound; here they come to be thousands.

    What holds the bound is tested in processes of its own.
    """
    if "jax" not in sys.modules:  # and so not among what was collected
        yield
        return
    from jax._src.lru_cache import LRUCache

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LRUCache, "_evict_if_needed", lambda *_, **__: None, raising=False)
        yield


@pytest.fixture
def compiled_plainly() -> Iterator[None]:
    """A few steps and pictures do not earn what compiling well costs."""
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def need_program(*names: str) -> list[str]:
    """The paths of these programs; skips the test where one is missing, but fails it when CI is set."""
    # Servers often live in sbin, which is not on every user's path.
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    paths = []
    for name in names:
        path = shutil.which(name, path=places)
        if path is None:
            missing(f"{name} is not installed")
        else:
            paths.append(path)
    return paths


def missing(reason: str) -> NoReturn:
    """Skip the test for want of something outside this project; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI is set", pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def need_library(name: str) -> None:
    """Skip the test, or the module when called at its top, where this library is missing; in CI that is a failure."""
    if importlib.util.find_spec(name) is None:
        missing(f"{name} is not installed")
