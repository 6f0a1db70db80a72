"""Files: text of any editor, and outputs that are refused before any work."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support.files import check_output, read_text, write_tensors


def test_a_file_that_exists_is_only_written_over_by_force(tmp_path: Path) -> None:
    """Nothing is lost that nobody meant to lose."""
    output = tmp_path / "out.png"
    check_output(output)
    output.write_text("mine")
    with pytest.raises(UsageError, match=r"out\.png exists already; .*--force"):
        check_output(output)
    check_output(output, force=True)
    output.unlink()
    output.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists already"):
        check_output(output)


@pytest.mark.parametrize("link", [False, True])
def test_the_source_is_never_written_over(tmp_path: Path, link: bool) -> None:
    """By no name of it, and not by force."""
    source = tmp_path / "photo.png"
    source.write_text("a photograph")
    output = tmp_path / "same.png" if link else tmp_path / "." / "photo.png"
    if link:
        os.link(source, output)
    with pytest.raises(UsageError, match="made from"):
        check_output(output, source, force=True)


def test_what_can_be_no_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a device, a folder that is not there or takes nothing."""
    with pytest.raises(UsageError, match="is a folder"):
        check_output(tmp_path, force=True)
    with pytest.raises(UserError, match="There is no folder"):
        check_output(tmp_path / "none" / "out.png")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UsageError, match="no ordinary file"):
        check_output(tmp_path / "pipe.png", force=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UserError, match="takes no new files"):
        check_output(tmp_path / "out.png")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_of_every_editor(tmp_path: Path, encoding: str) -> None:
    """Marks and line ends of Windows do not arrive."""
    path = tmp_path / "words.txt"
    path.write_bytes("blöd\r\ndoof\n".encode(encoding))
    assert read_text(path) == "blöd\ndoof\n"
    path.write_bytes("blöd".encode("latin-1"))
    with pytest.raises(UnicodeDecodeError):
        read_text(path)


def test_what_is_no_number_is_not_written(tmp_path: Path) -> None:
    """Neither what never was one, nor what is too large for 16 bits; the file that was there stays."""
    path = tmp_path / "some.safetensors"
    write_tensors(path, {"one": np.ones(3, np.float16)}, {})
    with np.errstate(over="ignore"):
        too_large = np.array([1.0, 1e5]).astype(np.float16)
    for bad in (np.array([np.nan], np.float32), too_large):
        with pytest.raises(UserError, match=r"some\.safetensors is not written: kernel holds"):
            write_tensors(path, {"one": np.zeros(3, np.float16), "kernel": bad}, {})
    np.testing.assert_array_equal(load_file(path)["one"], np.ones(3))


def test_arrays_are_written_as_they_are_indexed_not_as_they_lie(tmp_path: Path) -> None:
    """Transposed, every second one, and a single number."""
    numbers = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {
        "as it is": numbers,
        "transposed": numbers.T,
        "every second": numbers[:, ::2],
        "one": np.float32(7).reshape(1),
    }
    write_tensors(tmp_path / "some.safetensors", arrays, {})
    found = load_file(tmp_path / "some.safetensors")
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
