"""render and image: the real engine at a small size, and every refusal before any work."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dreamstream.cli.main import main
from dreamstream.dreamers.ascent import factory
from dreamstream.render import video as render
from dreamstream.video.encoder import Encoder

pytestmark = pytest.mark.slow

SMALL = ["--size", "160x96"]


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Programs compiled by one test serve the others, and the user's own cache is left alone."""
    monkeypatch.setattr(factory, "default_cache", lambda: tmp_path_factory.getbasetemp() / "cache")
    monkeypatch.setattr(render, "RUN_UP", 2)


def pictures(path: Path) -> list[NDArray[np.uint8]]:
    """Every frame of a video."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False) for frame in container.decode(video=0)]


def test_a_video_is_rendered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Size, rate and length are as told, every frame differs from the one before, and nothing else is left behind."""
    output = tmp_path / "bees.mp4"
    words = ["render", "bee + pizza", "-o", str(output), "--seconds", "1.2", "--fps", "10", "--steps", "2", *SMALL]
    assert main(words) == 0
    with av.open(str(output)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.width, video.codec_context.height) == (160, 96)
        assert video.average_rate == 10
    frames = pictures(output)
    assert len(frames) == 12
    assert all(np.abs(a.astype(int) - b).mean() > 0.3 for a, b in itertools.pairwise(frames))
    assert frames[0].std() > 10
    assert [path.name for path in tmp_path.iterdir()] == ["bees.mp4"]
    said = capsys.readouterr()
    assert "12 of 12 frames" in said.err
    assert "bees.mp4: 1.2 s of bee + pizza, 160x96 at 10 frames per second." in said.out


def test_a_video_begins_with_the_photograph(tmp_path: Path) -> None:
    """The first frame is the photo, a little dreamed on."""
    photo = wave()
    Image.fromarray(photo).save(tmp_path / "photo.png")
    output = tmp_path / "out.mkv"
    words = [
        "render",
        "bee",
        "-o",
        str(output),
        "--seconds",
        "0.2",
        "--fps",
        "10",
        "--photo",
        str(tmp_path / "photo.png"),
    ]
    assert main([*words, *SMALL]) == 0
    assert likeness(pictures(output)[0], photo) > 0.9


def test_a_broken_off_video_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C that drops it: exit code 130, no file of that name and no half one; an older file stays."""
    output = tmp_path / "bees.mp4"
    output.write_bytes(b"older")
    encode = Encoder.encode

    def encode_some(self: Any, frame: Any, index: int, keyframe: bool = False) -> Any:
        if index == 3:
            raise KeyboardInterrupt
        return encode(self, frame, index, keyframe)

    monkeypatch.setattr(Encoder, "encode", encode_some)
    words = ["render", "bee", "-o", str(output), "--seconds", "1", "--fps", "10", "--steps", "2", *SMALL]
    assert main([*words, "--force"]) == 130
    assert output.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["bees.mp4"]  # noqa: PTH208


def wave() -> NDArray[np.uint8]:
    """A soft picture, 160x96."""
    x, y = np.meshgrid(np.arange(160), np.arange(96))
    shades = [127 + 100 * np.sin(x / 30 + phase) * np.cos(y / 25) for phase in (0, 1, 2)]
    return np.stack(shades, axis=-1).astype(np.uint8)


def likeness(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """The correlation of two pictures."""
    return float(np.corrcoef(a.astype(float).ravel(), b.astype(float).ravel())[0, 1])


def test_an_image_grows_out_of_a_photograph(tmp_path: Path) -> None:
    """Few steps leave the photo recognisable, more steps change it more; its size is kept."""
    photo = wave()
    Image.fromarray(photo).save(tmp_path / "photo.png")
    found = []
    for steps in ("2", "30"):
        output = tmp_path / f"{steps}.png"
        assert main(["image", str(tmp_path / "photo.png"), "-c", "volcano", "-o", str(output), "--steps", steps]) == 0
        found.append(np.asarray(Image.open(output).convert("RGB")))
        assert found[-1].shape == photo.shape
    assert likeness(found[0], photo) > 0.9
    assert likeness(found[1], photo) < likeness(found[0], photo)


def test_octaves_keep_the_photograph_and_add_to_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each size goes on from what the one before has added; the last is the photograph's own, and shows it."""
    photo = wave()
    Image.fromarray(photo).save(tmp_path / "photo.png")
    words = ["image", str(tmp_path / "photo.png"), "-c", "layer relu3_3", "--size", "192x136", "--steps", "6"]
    found = []
    for octaves in ("1", "2"):
        output = tmp_path / f"{octaves}.png"
        assert main([*words, "--octaves", octaves, "-o", str(output)]) == 0
        found.append(np.asarray(Image.open(output)))
    assert "192x136, 6 steps in 2 octaves" in capsys.readouterr().out
    whole = np.asarray(Image.fromarray(photo).resize((192, 136)))
    assert all(0.8 < likeness(picture, whole) < 0.999 for picture in found)
    assert not np.array_equal(found[0], found[1])


def test_a_mask_and_a_guide_are_files(tmp_path: Path) -> None:
    """Outside the mask the photograph stays as it is; a layer and another picture's features are raised within."""
    photo, output = wave(), tmp_path / "out.png"
    Image.fromarray(photo).save(tmp_path / "photo.png")
    mask = np.zeros((96, 160), np.uint8)
    mask[:, :80] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    Image.fromarray(photo[::-1, ::-1]).save(tmp_path / "guide.png")
    wishes = f"layer relu3_3 + picture {tmp_path / 'guide.png'} - bee"
    words = ["image", str(tmp_path / "photo.png"), "-c", wishes, "--mask", str(tmp_path / "mask.png")]
    assert main([*words, "-o", str(output), "--steps", "8"]) == 0
    changed = np.abs(np.asarray(Image.open(output)).astype(int) - photo)
    assert changed[:, 80:].max() == 0
    assert changed[:, :80].mean() > 3


def test_the_same_seed_gives_the_same_image(tmp_path: Path) -> None:
    """Seed 1 twice is the same file; seed 2 is another."""
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        words = ["image", "-c", "bee", "-o", str(tmp_path / f"{name}.png"), "--steps", "3", "--seed", seed, *SMALL]
        assert main(words) == 0
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["render", "xqxqxq", "-o", "{}/a.mp4"], "There is no class 'xqxqxq'. `dreamstream classes`"),
        (["render", "wolfhound spaniel", "-o", "{}/a.mp4"], "There is no class 'wolfhound spaniel'."),
        (["render", "bee", "-o", "{}/a.gif"], "The video's name must end in .mp4 or .mkv"),
        (["render", "bee", "-o", "{}/a.mp4", "--fps", "0"], "--fps is '0', but must be a number from 1 to 60."),
        (["render", "bee", "-o", "{}/a.mp4", "--seconds", "nan"], "seconds is nan, but must be"),
        (["render", "bee", "-o", "{}/a.mp4", "--size", "99x99"], "size is '99x99', but must have even sides"),
        (["render", "bee", "-o", "{}/a.mp4", "--model", "nowhere"], "There is no weight file nowhere"),
        (["image", "-c", "bee", "-o", "{}/a.bmp"], "The picture's name must end in"),
        (["image", "-c", "bee", "-o", "{}/a.png", "--octaves", "3"], "Octaves go from a photograph's forms"),
        (["image", "none.jpg", "-c", "bee", "-o", "{}/a.png"], "There is no picture none.jpg."),
        (["image", "-c", "bee", "-o", "{}/a.png", "--preset", "loud"], "There is no preset 'loud'"),
        (["image", "-c", "bee", "-o", "{}/a.png", *SMALL, "--mask", "none.png"], "There is no picture none.png."),
        (["image", "-c", "picture none.png", "-o", "{}/a.png", *SMALL], "There is no picture none.png."),
        (["image", "-c", "layer relu7_1", "-o", "{}/a.png", *SMALL], "has no layer 'relu7_1'"),
        (["image", "-c", "bee", "-o", "{}/a.png", *SMALL, "--set", "zoom=99"], "--set: zoom must be"),
        (["image", "-c", "bee", "-o", "{}/a.png", *SMALL, "--set", "zoom"], "must look like zoom=1.08"),
    ],
)
def test_wrong_usage(words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one sentence, before anything is written."""
    code = main([word.format(tmp_path) for word in words])
    assert code == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("dreamstream: ")
    assert sentence in said
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []


def test_near_names_are_offered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A class that is not known: up to three names that are."""
    assert main(["render", "voclanish", "-o", str(tmp_path / "a.mp4")]) == 2
    assert "Near to it: volcano." in capsys.readouterr().err


def test_a_folder_that_is_not_there_fails_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody should render for an hour to learn that."""
    assert main(["render", "bee", "-o", str(tmp_path / "none" / "a.mp4")]) == 1
    assert "There is no folder" in capsys.readouterr().err
