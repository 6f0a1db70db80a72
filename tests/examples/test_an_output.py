"""The example of an output: installed, named on the command line, fed with a real stream."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

from dreamstream.core.errors import UserError
from dreamstream.outputs.factory import open_sink, parse_output
from dreamstream.outputs.hub import PacketHub
from dreamstream.outputs.kind import ShowStream
from dreamstream.outputs.manager import Sinks
from dreamstream.settings.load import load
from tests.examples.packages import install
from tests.video.plasma import encode


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(install("an_output", tmp_path / "site"))


def test_pictures_of_a_show(tmp_path: Path) -> None:
    """A show's output manager opens it by its address; the first key frame becomes a picture, the next comes later."""
    info, packets = encode(90, gop=30)
    hub = PacketHub()
    stream = ShowStream(info, lambda: None)
    sinks = Sinks(hub, lambda output, name: open_sink(output, stream, name))
    (address,) = load({"output": [f"timelapse:{tmp_path / 'pictures'}"]}, None, {}).outputs()
    name = sinks.add(address)
    for packet in packets:
        hub.publish(packet)
    sinks.close(timeout=20)
    assert [path.name for path in sorted((tmp_path / "pictures").iterdir())] == ["dream-0001.jpg"]
    with Image.open(tmp_path / "pictures" / "dream-0001.jpg") as picture:
        assert picture.size == (info.width, info.height)
    state = sinks.get(name)
    assert (name, state["kind"], state["state"]) == ("pictures", "timelapse", "closed")


def test_pictures_are_numbered_on(tmp_path: Path) -> None:
    """Nothing that is there is overwritten."""
    info, packets = encode(90, gop=30)
    (tmp_path / "dream-0007.jpg").write_bytes(b"mine")
    sink = import_module("dreamstream_timelapse").Timelapse(tmp_path, info, "mine", every=0.0)
    for packet in packets:
        sink.put(packet)
    sink.close(timeout=20)
    assert (tmp_path / "dream-0007.jpg").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.glob("*.jpg")) == [f"dream-{n:04d}.jpg" for n in (7, 8, 9, 10)]


def test_the_kinds_are_named_where_an_address_means_nothing() -> None:
    """Those of other packages as well."""
    with pytest.raises(UserError, match=r"An output is timelapse:\.\.\., rtmp://.*or a file that ends in"):
        parse_output("nonsense")


def test_what_no_package_brings() -> None:
    """It is said before anything starts, without the address, which may hold a key."""
    with pytest.raises(UserError, match=r"must be NAME:TARGET.*installed: timelapse") as refused:
        load({"output": ["sky:SECRET"]}, None, {})
    assert "SECRET" not in str(refused.value)
