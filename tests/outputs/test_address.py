"""Tests of the addresses: which ones can be, and that a key is never seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.errors import UserError
from dreamstream.outputs.address import check, hide, scrub
from dreamstream.outputs.rtmp.worker import tee
from dreamstream.support.backoff import BackOff


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtmp://live.twitch.tv/app/live_123_abc", "rtmp://live.twitch.tv/app/***"),
        ("rtmps://host:443/live2/key?backup=1", "rtmps://host:443/live2/***"),
        ("rtmp://user:pass@host/app/inst/key", "rtmp://host/app/***"),
        ("rtmp://[::1]:1935/app/key#x", "rtmp://[::1]:1935/app/***"),
        ("rtmp://host/app?key=secret", "rtmp://host/app/***"),
        ("rtmp://host/app", "rtmp://host/app"),
    ],
)
def test_hide(url: str, shown: str) -> None:
    """Host and application are shown, everything else is not."""
    assert hide(url) == shown


def test_scrub_finds_the_key_anywhere() -> None:
    """Whole addresses, the key alone, and the key as it looks quoted are all hidden; other text stays."""
    url = "rtmp://user:passw0rd@host/app/live_1%2F2?auth=t0ken"
    text = f"'{url}' failed; live_1%2F2 live_1/2 t0ken passw0rd; also rtmps://other/app/otherkey: Input/output error"
    found = scrub(text, url)
    for secret in ("live_1", "t0ken", "passw0rd", "otherkey"):
        assert secret not in found
    assert found.endswith("Input/output error")
    assert "rtmps://other/app/***" in found


KEYS = st.text(
    st.characters(codec="ascii", exclude_characters=" /?#@:'\"<>|\\%*", categories=["L", "N", "P", "S"]),
    min_size=4,
    max_size=30,
)


@given(KEYS, st.text(max_size=20), st.text(max_size=20))
def test_no_key_survives_scrubbing(key: str, before: str, after: str) -> None:
    """Whatever stands around it, the key is gone."""
    url = f"rtmp://example.org/app/{key}"
    assert key not in scrub(f"{before} {url} {key} {after}", url).replace("example.org/app", "").replace(
        "rtmp", ""
    ) or (key in "***" or key in before or key in after)


@pytest.mark.parametrize(
    "url",
    [
        "http://host/app/secret1",
        "secret1",
        "rtmp:///app/secret1",
        "rtmp://host/secret1",
        "rtmp://host/app/sec ret1\n",
        "rtmp://host:99999/app/secret1",
        "rtmp://host/app/sec\x00ret1",
    ],
)
def test_wrong_addresses_are_refused_without_their_key(url: str) -> None:
    """The message says how an address looks, and not what was written."""
    with pytest.raises(UserError, match="rtmp://host") as caught:
        check(url)
    assert "ret1" not in str(caught.value)


def test_blanks_around_an_address_are_forgiven() -> None:
    """Addresses are pasted."""
    assert check("  rtmp://host/app/key\n") == "rtmp://host/app/key"


def test_tee_address_keeps_special_characters() -> None:
    """What the tee muxer treats as its own syntax is escaped, twice in options, once in the address."""
    assert tee("rtmp://host/app/a|b'c") == (
        "[f=flv:flvflags=no_duration_filesize:rw_timeout=8000000]rtmp://host/app/a\\|b\\'c"
    )
    assert tee("rtmps://host/app/key", "C:\\ca.pem").startswith(
        "[f=flv:flvflags=no_duration_filesize:rw_timeout=8000000:tls_verify=1:ca_file=C\\\\:\\\\\\\\ca.pem]"
    )


def test_back_off_doubles_to_its_limit() -> None:
    """1, 2, 4, ... 30 s, each spread downwards by up to two fifths."""
    back_off = BackOff()
    assert [back_off.before(attempt, 1.0) for attempt in (1, 2, 3, 4, 5, 6, 100)] == [1, 2, 4, 8, 16, 30, 30]
    assert back_off.before(3, 0.0) == pytest.approx(2.4)
