"""What `dreamstream prior fit` and `dreamstream train` do with folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamstream.dream.prior import read_prior
from dreamstream.errors import UserError
from dreamstream.train.command import fit_prior, read_images, train_builtin


def test_a_folder_of_pictures_becomes_a_prior(tmp_path: Path) -> None:
    """Pictures in folders below count too, other files are passed over, and the file can be read."""
    rng = np.random.default_rng(0)
    for index in range(3):
        folder = tmp_path / "pictures" / str(index)
        folder.mkdir(parents=True)
        picture = np.repeat(np.repeat(rng.integers(0, 256, (12, 16, 3)), 8, axis=0), 8, axis=1).astype(np.uint8)
        Image.fromarray(picture).save(folder / "picture.png")
    (tmp_path / "pictures" / "notes.txt").write_text("no picture")
    (tmp_path / "pictures" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    assert [image.shape for image in read_images(tmp_path / "pictures")] == [(96, 128, 3)] * 3
    fitted = fit_prior(tmp_path / "pictures", tmp_path / "prior.safetensors", pools=(1, 4))
    scales = read_prior(tmp_path / "prior.safetensors").scales
    assert [(scale.pool, pytest.approx(scale.nu)) for scale in scales] == [(scale.pool, scale.nu) for scale in fitted]
    assert [scale.pool for scale in scales] == [1, 4]


@pytest.mark.parametrize(("made", "message"), [(False, "no folder"), (True, "No picture")])
def test_nothing_to_fit_is_said(tmp_path: Path, made: bool, message: str) -> None:
    """A missing folder and one without pictures are wrong usage."""
    folder = tmp_path / "pictures"
    if made:
        folder.mkdir()
    with pytest.raises(UserError, match=message) as caught:
        fit_prior(folder, tmp_path / "prior.safetensors")
    assert caught.value.exit_code == 2
    assert not (tmp_path / "prior.safetensors").exists()


def test_pictures_too_small_for_a_scale_are_said(tmp_path: Path) -> None:
    """The sentence names the scale and the size that it needs."""
    Image.new("RGB", (20, 20)).save(tmp_path / "small.png")
    with pytest.raises(UserError, match="at least 64 pixels"):
        fit_prior(tmp_path, tmp_path / "prior.safetensors", pools=(8,))


def test_training_without_artwork_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written before the artwork is there."""
    monkeypatch.setattr("dreamstream.train.glyphs.NOTO_PLACES", ())
    with pytest.raises(UserError, match="To get it"):
        train_builtin(tmp_path / "none", tmp_path / "out")
    assert not (tmp_path / "out").exists()
