"""`dreamstream doodle`: any kind of drawing becomes lines, lines become a picture, and mistakes are said."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dreamstream.cli.main import main
from dreamstream.core.errors import UserError
from dreamstream.networks.pix2pix.unet import Shape, UNet
from dreamstream.render.doodle import enlarged
from dreamstream.render.line_art import read_lines
from dreamstream.weights.painters import Painting, write_painting

SIDE = 64


def ring(paper: int, ink: int, size: tuple[int, int] = (300, 200), width: int = 3) -> NDArray[np.uint8]:
    """A circle on paper."""
    sheet = np.full((*size[::-1], 3), paper, np.uint8)
    cv2.circle(sheet, (150, 100), 80, (ink, ink, ink), width, cv2.LINE_AA)
    return sheet


def check(lines: NDArray[np.uint8]) -> None:
    """They are a circle of thick ink that nearly fills a sheet of paper."""
    assert lines.shape == (SIDE, SIDE)
    ink = np.argwhere(lines < 128)
    away = np.hypot(*(ink - (SIDE - 1) / 2).T)
    np.testing.assert_allclose(away, away.mean(), atol=2.5)
    assert 0.4 * SIDE < away.mean() < 0.5 * SIDE
    assert lines[SIDE // 2, SIDE // 2] == 255
    assert lines.min() < 40


def test_pictures_of_lines_of_all_kinds(tmp_path: Path) -> None:
    """Dark on light, light on dark, thin and thick, on nothing, and a photograph of paper in a shadow."""
    x = np.linspace(0.5, 1, 300)[None, :, None]
    kinds = {
        "dark": ring(255, 0),
        "light": ring(20, 240),
        "thick": ring(255, 0, width=9),
        "shadow": (ring(230, 60) * x).astype(np.uint8),
        "black on nothing": np.dstack([ring(255, 0) * 0, 255 - ring(255, 0)[..., :1]]),
        "white on nothing": np.dstack([ring(255, 0) * 0 + 255, 255 - ring(255, 0)[..., :1]]),
    }
    for name, picture in kinds.items():
        path = tmp_path / f"{name}.png"
        Image.fromarray(np.asarray(picture, np.uint8)).save(path)
        check(read_lines(path, SIDE))


def test_an_svg_and_strokes(tmp_path: Path) -> None:
    """The same ring; strokes keep the place where they were drawn."""
    pytest.importorskip("resvg_py")
    svg = tmp_path / "ring.svg"
    svg.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200">'
        '<circle cx="150" cy="100" r="80" fill="none" stroke="#000"/></svg>'
    )
    check(read_lines(svg, SIDE))
    strokes = tmp_path / "line.json"
    strokes.write_text(json.dumps({"strokes": [{"points": [[0.25, 0.5, 0], [0.75, 0.5, 1]]}]}))
    ink = np.argwhere(read_lines(strokes, SIDE) < 128)
    assert ink[:, 1].min() == pytest.approx(0.25 * SIDE, abs=1.5)
    assert ink[:, 1].max() == pytest.approx(0.75 * SIDE, abs=1.5)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "a.json is no JSON"),
        ("a.json", b'{"strokes": []}', "a.json: A drawing must have 1 to"),
        ("a.json", b" " * 200_000, "no drawing has"),
        ("a.svg", b"<svg", "a.svg is no SVG that can be drawn"),
        ("a.png", b"no picture", "is no picture that can be read"),
    ],
)
def test_what_is_no_drawing_is_said(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """In a sentence that names the file."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_lines(path, SIDE)


def test_an_empty_sheet_is_said(tmp_path: Path) -> None:
    """White paper, and no file at all."""
    path = tmp_path / "empty.png"
    Image.new("L", (50, 50), 255).save(path)
    with pytest.raises(UserError, match="shows no lines"):
        read_lines(path, SIDE)
    with pytest.raises(UserError, match="There is no drawing"):
        read_lines(tmp_path / "none.png", SIDE)


def test_a_matte_keeps_its_colours_when_it_is_enlarged() -> None:
    """A red square on nothing, black where it is transparent: no dark edge comes in."""
    picture = np.zeros((16, 16, 4), np.uint8)
    picture[4:12, 4:12] = (250, 0, 0, 255)
    large = enlarged(picture, 64)
    seen = large[large[..., 3] > 20]
    assert seen[:, 0].min() > 200


@pytest.mark.slow
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture with its matte, nothing overwritten unasked, words by any of their names, and the nearest of others."""
    shape = Shape(32, 3, (4, 6, 8), 5)
    params = jax.jit(UNet(shape).init)(jax.random.key(0), jnp.zeros((1, 32, 32, 1)), jnp.zeros(1, jnp.int32))
    model, drawing, output = tmp_path / "m.safetensors", tmp_path / "d.png", tmp_path / "out.png"
    write_painting(model, Painting(("cat", "tree frog"), shape, params))
    Image.fromarray(ring(255, 0)).save(drawing)
    words = ["doodle", str(drawing), "-o", str(output), "--model", str(model), "--cache", str(tmp_path / "cache")]
    assert main([*words, "-c", "toad", "--size", "96"]) == 0
    assert "filled in as tree frog" in capsys.readouterr().out
    with Image.open(output) as made:
        assert (made.size, made.mode) == ((96, 96), "RGBA")
    assert main(words) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*words, "--force", "-c", "caat"]) == 2
    assert "No drawing can be filled as 'caat'; did you mean cat?" in capsys.readouterr().err
    assert main([*words, "--force", "--size", "9"]) == 2
    flat = str(tmp_path / "flat.jpg")
    assert main([*words[:3], flat, *words[4:]]) == 0
