"""What dreams, and how: flags that `serve` shares with `render`, `image`, `gallery` and `bench`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, FiniteFloat

from dreamstream.core.arguments import DTYPES, pairs, parse_size
from dreamstream.settings.field import AutoInt, auto, home, one_of, setting
from dreamstream.weights.catalog import BUILTIN, catalog
from dreamstream.weights.subjects import SHIPPED


def _size(value: Any) -> Any:
    return None if auto(value) is None else parse_size(value)


def _model(value: Any) -> Any:
    """A name of the catalog in any case, else a file."""
    if not isinstance(value, str):
        return value
    name = value.strip()
    known = name.casefold() in ("auto", BUILTIN, *catalog())
    return name.casefold() if known else str(home(value))


def _subject(value: Any) -> Any:
    """The name of a shipped subject, or a file."""
    return str(home(value)) if isinstance(value, str) and value.strip() else value


def _word(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else value


Size = Annotated[tuple[int, int] | None, BeforeValidator(_size)]
Controls = Annotated[dict[str, FiniteFloat], BeforeValidator(pairs("zoom=1.08"))]


class DreamSettings(BaseModel):
    """The dreams."""

    model: Annotated[str, BeforeValidator(_model)] = setting(
        "auto",
        "the network: builtin, vgg16, vgg16-features, vgg16-bn, vgg16-robust, vgg19, or a file of weights",
        metavar="NAME",
    )
    dreamer: str = setting(
        "ascent",
        f"what dreams: a dreamer that is installed, or a subject: {', '.join(SHIPPED)}, or a file that `learn` made",
        metavar="NAME",
    )
    subject: Annotated[str, BeforeValidator(_subject)] = setting(
        "",
        f"a subject among the things of the dreams: {', '.join(SHIPPED)}, or a file that `learn` made",
        metavar="NAME",
        usually="none",
    )
    preset: Annotated[str, BeforeValidator(_word)] = setting(
        "auto", "the look of the dreams", metavar="NAME", usually="auto: the dreamer's first"
    )
    controls: Controls = setting(
        {}, "set a control, like zoom=1.08; may be given several times", metavar="NAME=VALUE", flag="--set"
    )
    dream_size: Size = setting(
        None, "size of the canvas that is dreamed", metavar="WxH", usually="auto: what the machine can do in time"
    )
    steps: AutoInt = setting(None, "ascent steps per dream", usually="auto: as many as are in time", ge=1, le=500)
    dtype: Annotated[str, BeforeValidator(one_of(DTYPES))] = setting(
        "auto",
        "what the network computes in: float32 or bfloat16",
        metavar="NAME",
        usually="auto: bfloat16 on an accelerator",
    )
    devices: int = setting(1, "how many devices share the canvas", ge=1, le=1024)
    seed: AutoInt = setting(
        None, "make the same choices as another show with this seed", usually="new ones", ge=0, le=2**31 - 1
    )
