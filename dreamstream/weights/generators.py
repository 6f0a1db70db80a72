"""A generator's file: what it has learned, in safetensors with a card; or somebody's StyleGAN2 (`stylegan2.reader`).

Nothing in it is ever executed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.names import nearest
from dreamstream.support.files import write_tensors
from dreamstream.weights.stylegan2 import reader
from dreamstream.weights.subjects import SHIPPED

if TYPE_CHECKING:
    from dreamstream.networks.generators import Shape

FORMAT = "dreamstream generator 1"
PUBLISHED = "published stylegan2"  # the network of somebody's StyleGAN2, as `networks.generators` names it
LARGEST = 64 << 20  # bytes of a file; that of the largest shape has 20 MB
Tree = Mapping[str, Any]

# The network of files that do not say it: the first there was.
FIRST_NETWORK = "stylegan2"


@dataclass(frozen=True)
class Subject:
    """What a generator has learned.

    name: of what it shows. generator, discriminator: parameters as the networks take them; a discriminator is needed to
    go on learning only. card: how it was taught and how good it is, as JSON. points: latents [N, latent] of frames that
    it knows by heart, in their order; None for a generator whose random latents are as good.
    """

    name: str
    shape: Shape
    generator: Tree
    discriminator: Tree | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    points: NDArray[np.float32] | None = None


def write_subject(path: Path, subject: Subject) -> None:
    """Write it in 16-bit floats. Raises UserError when it cannot be written."""
    from flax.traverse_util import flatten_dict

    from dreamstream.networks.generators import kind_of

    tensors = {}
    for part in ("generator", "discriminator"):
        params = getattr(subject, part)
        if params is not None:
            for name, value in flatten_dict(params["params"], sep="/").items():
                tensors[f"{part}/{name}"] = np.asarray(value, np.float16)
    if subject.points is not None:
        tensors["points"] = np.asarray(subject.points, np.float16)
    metadata = {"format": FORMAT, "name": subject.name, "network": kind_of(subject.shape)}
    metadata["shape"] = json.dumps(asdict(subject.shape))
    write_tensors(path, tensors, metadata | {"card": json.dumps(dict(subject.card), ensure_ascii=False)})


def read_subject(path: Path) -> Subject:
    """Read it. Raises UserError for what is no generator's file, with what it is and what is wrong."""
    from flax.traverse_util import unflatten_dict

    from dreamstream.networks.generators import SHAPES

    if reader.is_published(path):
        return _published(path)
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST >> 20} MB")
        with safe_open(path, "numpy") as file:
            told = _told(file)
            network = told.get("network", FIRST_NETWORK)
            if network not in SHAPES:
                raise ValueError(f"its network is a {network!r}, and there are {', '.join(SHAPES)}")
            shape = SHAPES[network](**{key: _plain(value) for key, value in json.loads(told["shape"]).items()})
            tensors = {name: np.asarray(file.get_tensor(name), np.float32) for name in file.keys()}  # noqa: SIM118
        parts = unflatten_dict(tensors, sep="/")
        _check(parts.get("generator", {}), shape)
        discriminator = {"params": parts["discriminator"]} if "discriminator" in parts else None
        points = parts.get("points")
        if points is not None and (points.ndim != 2 or points.shape[1] != shape.latent or len(points) < 2):
            raise ValueError(f"its points are {list(points.shape)}")
        generator, card = {"params": parts["generator"]}, json.loads(told.get("card", "{}"))
        return Subject(told["name"], shape, generator, discriminator, card, points)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no generator's file: {error}.") from None


def heading_of(path: Path) -> tuple[str, str]:
    """The name of the subject in a file and that of its network; no more is read. No JAX.

    Raises UserError for what is no subject's file.
    """
    if not path.is_file():
        shipped = nearest(str(path), SHIPPED)
        advice = f"did you mean {shipped}?" if shipped else "`dreamstream learn` makes one of a film."
        raise UsageError(f"There is no subject {path}; {advice}")
    if reader.is_published(path):
        reader.read_published(path)
        return path.stem, PUBLISHED
    try:
        with safe_open(path, "numpy") as file:
            told = _told(file)
            return str(told["name"]), told.get("network", FIRST_NETWORK)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (SafetensorError, ValueError, KeyError) as error:
        raise UserError(f"{path} is no generator's file: {error}.") from None


def _published(path: Path) -> Subject:
    """Somebody's StyleGAN2, by the name of its file."""
    from dreamstream.networks.stylegan2.published import PublishedShape

    found = reader.read_published(path)
    style, latent = found.mapping[-1][0].shape[0], found.mapping[0][0].shape[1]
    shape = PublishedShape(found.channels(), latent, style, len(found.mapping), int(found.free))
    params = found.params()
    try:
        _check(params, shape)
    except ValueError as error:
        raise UserError(f"{path} is no StyleGAN2 that can be read: {error}.") from None
    return Subject(path.stem, shape, {"params": params}, None, {"layout": found.writer})


def _told(file: Any) -> dict[str, str]:
    """What a file says of itself. Raises ValueError when it is no generator's."""
    told: dict[str, str] = file.metadata() or {}
    if told.get("format") != FORMAT:
        raise ValueError("it holds no generator")
    return told


def _plain(value: Any) -> Any:
    return tuple(int(each) for each in value) if isinstance(value, list) else int(value)


def _check(params: Tree, shape: Shape) -> None:
    """Raise ValueError unless the parameters are those of the shape."""
    import jax
    import jax.numpy as jnp
    from flax.traverse_util import flatten_dict

    from dreamstream.networks.generators import generator_of

    counts = [count for value in asdict(shape).values() for count in (value if isinstance(value, tuple) else [value])]
    if not 1 <= len(shape.channels) <= 9 or not 0 <= min(counts) <= max(counts) <= 4096:
        raise ValueError("its shape is beyond what can be made")
    made = jax.eval_shape(generator_of(shape).init, jax.random.key(0), jnp.zeros((1, shape.latent)))["params"]
    wanted = {name: value.shape for name, value in flatten_dict(made, sep="/").items()}
    held = {name: value.shape for name, value in flatten_dict(params, sep="/").items()}
    for name in sorted(wanted.keys() | held.keys()):
        if wanted.get(name) == held.get(name):
            continue
        raise ValueError(f"{name} is {held.get(name, 'missing')}, but should be {wanted.get(name, 'absent')}")
