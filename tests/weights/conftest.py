"""What tests of downloads share: the file that they fetch, and no proxies of the machine's own."""

from __future__ import annotations

import os

import pytest

from tests.weights import networks
from tests.weights.downloads import THOUSAND


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good weight file, about a megabyte."""
    path = tmp_path_factory.mktemp("content") / "model"
    return networks.write_safetensors(path, THOUSAND, networks.random_params(THOUSAND)).read_bytes()


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies and offline mode do not count here."""
    for name in [n for n in os.environ if n.lower().endswith("_proxy")] + ["DREAMSTREAM_OFFLINE"]:
        monkeypatch.delenv(name, raising=False)
