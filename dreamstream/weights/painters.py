"""A painter's file: a U-Net that fills drawings, in safetensors with a card. Nothing in it is ever executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support.files import write_tensors
from dreamstream.support.resources import models_folder
from dreamstream.weights.catalog import file_hash

if TYPE_CHECKING:
    from dreamstream.networks.pix2pix.painter import Painter
    from dreamstream.networks.pix2pix.unet import Shape

FORMAT = "dreamstream painter 1"
LARGEST = 64 << 20  # bytes of a file; the one that ships has 2.3 MB
MOST_WORDS, MOST_CHANNELS, MOST_SIDE = 1000, 1024, 1024
Tree = Mapping[str, Any]


@dataclass(frozen=True)
class Painting:
    """What a painter has learned.

    words: what it can be told that a drawing shows, none for one that takes no words. shape: of the network; it has a
    word more, for none. framed: whether drawings are brought to one size and place first. card: how it was taught, as
    JSON.
    """

    words: tuple[str, ...]
    shape: Shape
    params: Tree
    framed: bool = True
    card: Mapping[str, Any] = field(default_factory=dict)


def write_painting(path: Path, painting: Painting) -> None:
    """Write it in 16-bit floats. Raises UserError when it cannot be written."""
    from flax.traverse_util import flatten_dict

    flat = flatten_dict(painting.params["params"], sep="/")
    tensors = {name: np.asarray(value, np.float16) for name, value in flat.items()}
    metadata = {
        "format": FORMAT,
        "words": json.dumps(painting.words, ensure_ascii=False),
        "shape": json.dumps(asdict(painting.shape)),
        "framed": json.dumps(painting.framed),
        "card": json.dumps(dict(painting.card), ensure_ascii=False),
    }
    write_tensors(path, tensors, metadata)


def read_painting(path: Path) -> Painting:
    """Read it. Raises UserError for what is no painter's file, with what it is and what is wrong."""
    from flax.traverse_util import unflatten_dict

    if not path.is_file():
        raise UsageError(f"There is no painter {path}; `dreamstream learn --recipe pix2pix` makes one.")
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST >> 20} MB")
        with safe_open(path, "numpy") as file:
            told = _told(file)
            words = tuple(json.loads(told["words"]))
            shape = _shape(json.loads(told["shape"]), words)
            tensors = {name: np.asarray(file.get_tensor(name), np.float32) for name in file.keys()}  # noqa: SIM118
        _check(tensors, shape)
        framed, card = json.loads(told["framed"]), json.loads(told.get("card", "{}"))
        if not isinstance(framed, bool) or not isinstance(card, dict):
            raise ValueError("its card is none")
        return Painting(words, shape, {"params": unflatten_dict(tensors, sep="/")}, framed, card)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{path} is no painter's file: {error}.") from None


def open_painter(model: str = "auto", cache: Path | None = None) -> Painter:
    """The painter of a file, or with "auto" the one that ships, ready to paint.

    cache: where what is compiled is kept; by default nowhere. Raises UserError.
    """
    from dreamstream.networks import runtime
    from dreamstream.networks.pix2pix.painter import Painter

    path = shipped() if model == "auto" else Path(model)
    painting = read_painting(path)
    if cache is not None:
        runtime.keep(cache / "jax")
    return Painter(painting.words, painting.shape, painting.params, framed=painting.framed)


def painter_hash() -> str:
    """The SHA-256 of the painter that ships; "" when it cannot be read."""
    try:
        return file_hash(shipped())
    except UserError:
        return ""


def shipped() -> Path:
    """The file of the painter that ships."""
    return models_folder() / "doodle" / "weights.safetensors"


def _told(file: Any) -> dict[str, str]:
    """What a file says of itself. Raises ValueError when it is no painter's."""
    told: dict[str, str] = file.metadata() or {}
    if told.get("format") != FORMAT:
        raise ValueError("it holds no painter")
    return told


def _shape(described: Any, words: tuple[Any, ...]) -> Shape:
    """The shape that a file describes. Raises ValueError, KeyError or TypeError for what cannot be made."""
    from dreamstream.networks.pix2pix.unet import Shape

    if not all(isinstance(word, str) and word for word in words) or len(words) > MOST_WORDS:
        raise ValueError("its words are none")
    channels = tuple(int(count) for count in described["channels"])
    smooth = bool(described.get("smooth", False))
    shape = Shape(int(described["size"]), int(described["words"]), channels, int(described["word"]), smooth)
    if shape.words != len(words) + 1:
        raise ValueError(f"it has {len(words)} words, but its network has {shape.words}")
    if not 2 <= len(channels) <= 9 or not 1 <= min(channels) <= max(channels) <= MOST_CHANNELS:
        raise ValueError("its shape is beyond what can be made")
    if not 1 <= shape.word <= MOST_CHANNELS or not 16 <= shape.size <= MOST_SIDE or shape.size % 2 ** len(channels):
        raise ValueError("its shape is beyond what can be made")
    return shape


def _check(tensors: Mapping[str, Any], shape: Shape) -> None:
    """Raise ValueError unless the parameters are those of the shape, and numbers."""
    import jax
    import jax.numpy as jnp
    from flax.traverse_util import flatten_dict

    from dreamstream.networks.pix2pix.unet import UNet

    lines, words = jnp.zeros((1, shape.size, shape.size, 1)), jnp.zeros(1, jnp.int32)
    made = jax.eval_shape(UNet(shape).init, jax.random.key(0), lines, words)["params"]
    wanted = {name: value.shape for name, value in flatten_dict(made, sep="/").items()}
    for name in sorted(wanted.keys() | tensors.keys()):
        found = tensors[name].shape if name in tensors else "missing"
        if wanted.get(name) != found:
            raise ValueError(f"{name} is {found}, but should be {wanted.get(name, 'absent')}")
        if not np.isfinite(tensors[name]).all():
            raise ValueError(f"{name} holds what is no number")
