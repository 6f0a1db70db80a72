"""HLS playlists: what is written is read back, and sliding windows count what they lose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.outputs.hls_playlist import Playlist, Segment

SEGMENTS = st.builds(
    Segment,
    st.integers(0, 2**31).map("dream-{}.m4s".format),
    st.integers(1, 3 * 10**5).map(lambda n: n / 10**5),
    st.integers(0, 4 * 10**12).map(lambda n: n / 1000),
    st.sampled_from(("init-1.mp4", "init-2.mp4", "init-33.mp4")),
)
PLAYLISTS = st.builds(
    Playlist, st.integers(0, 2**31), st.lists(SEGMENTS, max_size=12).map(tuple), st.integers(0, 10**6)
)


@given(PLAYLISTS)
def test_what_is_written_is_read_back(playlist: Playlist) -> None:
    """Numbers, names, lengths, times and headers; cut anywhere, it is refused or a whole line shorter."""
    assert Playlist.read(playlist.text()) == playlist


@given(PLAYLISTS, st.integers(0, 12))
def test_a_window_counts_what_slid_out(playlist: Playlist, count: int) -> None:
    """The last segments keep their numbers, and every discontinuity is before the window or in it."""
    window = playlist.last(count)
    assert window.next == playlist.next
    assert window.segments == (playlist.segments[-count:] if count else ())
    assert window.last(max(0, count - 3)) == playlist.last(max(0, count - 3))
    if window.segments:
        tags = [each.text().count("#EXT-X-DISCONTINUITY\n") for each in (playlist, window)]
        at_the_edge = len(window.segments) < len(playlist.segments) and (
            playlist.segments[-len(window.segments) - 1].init != window.segments[0].init
        )
        assert playlist.discontinuities + tags[0] == window.discontinuities + tags[1]
        assert not at_the_edge or window.discontinuities > playlist.discontinuities


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text.replace("dream-5.m4s", "../../precious"),
        lambda text: text.replace("init-1.mp4", "/etc/passwd"),
        lambda text: text.replace("SEQUENCE:7", "SEQUENCE:-7"),
        lambda text: text.replace("SEQUENCE:7", "SEQUENCE:seven"),
        lambda text: "<html>not a playlist</html>\n",
    ],
)
def test_what_is_no_playlist_of_ours_is_refused(change: object) -> None:
    """Nothing of it is believed: its names are those of files that will be deleted."""
    text = Playlist(7, (Segment("dream-5.m4s", 2.0, 1.8e9, "init-1.mp4"),)).text()
    with pytest.raises((ValueError, KeyError)):
        Playlist.read(change(text))  # type: ignore[operator]
