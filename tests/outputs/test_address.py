"""Tests of the addresses: which ones can be, and that a key is never seen."""

from __future__ import annotations

import pytest

from dreamstream.core.errors import UserError
from dreamstream.outputs.address import check
from dreamstream.outputs.rtmp.worker import tee


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
