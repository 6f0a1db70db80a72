"""Downloads where the environment has a say: no network, proxies, and exceptions from them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.weights import fetch as fetching
from dreamstream.weights.download import RetryPolicy
from dreamstream.weights.fetch import fetch
from tests.weights.downloads import HASTE, entry, whole
from tests.weights.site import site

pytestmark = pytest.mark.usefixtures("no_proxies")


@pytest.mark.parametrize("how", ["flag", "environment"])
def test_offline(tmp_path: Path, content: bytes, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked; the sentence says what to put where. What is there already is found."""
    if how == "environment":
        monkeypatch.setenv("DREAMSTREAM_OFFLINE", "1")
    with site(content) as server:
        with pytest.raises(UserError, match=r"put model\.safetensors there"):
            fetch(entry(content, server.url), tmp_path, offline=how == "flag")
        assert server.asked == []
    (tmp_path / "model.safetensors").write_bytes(content)
    assert fetch(entry(content, "http://127.0.0.1:9/"), tmp_path, offline=True).name == "model.safetensors"


def test_a_proxy_from_the_environment(tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY is asked for the whole address; a proxy that cannot be used is said."""
    with site(content) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.rpartition("/")[0])
        assert whole(fetch(entry(content, "http://weights.example/a"), tmp_path, policy=HASTE), content)
        assert proxy.asked[0]["path"] == "http://weights.example/a"
    monkeypatch.setenv("HTTP_PROXY", "nonsense://x")
    with pytest.raises(UserError, match="proxy"):
        fetch(entry(content, "http://weights.example/a"), tmp_path / "b", policy=HASTE)


@pytest.mark.parametrize("exceptions", ["[::1]", "fe80::/10", "::1,10.0.0.0/8,[fe80::1]:80,x:abc, .example.org", "*"])
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_odd_exceptions_from_the_proxy_are_left_out(
    name: str, exceptions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What httpx would take for a broken address keeps nobody from downloading; the environment stays as it is."""
    monkeypatch.setenv(name, exceptions)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    fetching._client(RetryPolicy()).close()
    assert os.environ[name] == exceptions


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "http://127.0.0.1:port"),
        ("HTTPS_PROXY", "ftp://me:SECRET@proxy.example"),
        ("ALL_PROXY", "http://me:SECRET@proxy.example:port"),
        ("SSL_CERT_FILE", "/no/such/file.pem"),
    ],
)
def test_a_proxy_that_cannot_be_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence names the variable, and no password."""
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=f"^{name} in the environment cannot be used") as caught:
        fetching._client(RetryPolicy())
    assert "SECRET" not in str(caught.value)
