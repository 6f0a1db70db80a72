"""Keys, tokens and passwords: hidden wherever they stand, and words left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.support.redaction import HIDDEN, hide, hide_key, redact, secrets_of


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
    assert hide_key(url) == shown


def test_scrub_finds_the_key_anywhere() -> None:
    """Whole addresses, the key alone, and the key as it looks quoted are all hidden; other text stays."""
    url = "rtmp://user:passw0rd@host/app/live_1%2F2?auth=t0ken"
    text = f"'{url}' failed; live_1%2F2 live_1/2 t0ken passw0rd; also rtmps://other/app/otherkey: Input/output error"
    found = redact(text, secrets_of(url))
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
    assert key not in redact(f"{before} {url} {key} {after}", secrets_of(url, shortest=3)).replace(
        "example.org/app", ""
    ).replace("rtmp", "") or (key in "***" or key in before or key in after)


def test_a_short_key_is_hidden_behind_its_slash_alone() -> None:
    """At home the key may be "show", and not every show is a secret; of a text about one address it may be."""
    assert redact("the show at host/live/show", secrets_of("rtmp://host/live/show")) == f"the show at host/live{HIDDEN}"
    assert redact("the show", secrets_of("rtmp://host/live/show", shortest=3)) == f"the {HIDDEN}"


def test_what_came_up_later_is_hidden_and_a_longer_secret_goes_first() -> None:
    """Renewed tokens are kept out of everything; one secret may hold another."""
    hide("renewed-token-1", "renewed-token-1-and-more", "word")
    assert redact("renewed-token-1-and-more, renewed-token-1, word") == f"{HIDDEN}, {HIDDEN}, word"
