"""Where the data that ships with the package lies, and which network a name means."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dreamstream.dream.model import Model
    from dreamstream.dream.prior import Prior


@cache
def models_folder() -> Path:
    """The folder of shipped data: `models/` at the top of a checkout, `dreamstream/models/` in an installed wheel.

    Raises FileNotFoundError when neither is there, which means a broken installation.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "models", package.parent / "models"):
        if (folder / "builtin" / "classes.csv").is_file():
            return folder
    raise FileNotFoundError(f"the models folder is missing beside {package}; install dreamstream again")


def load_model(model: str | Path) -> Model:
    """The network called `model`: "auto" and "builtin" are the built-in one, anything else is a weight file.

    Raises UserError when there is no such file or it is no model.
    """
    from dreamstream.weights.native import read_model

    if str(model) in ("auto", "builtin"):
        return read_model(models_folder() / "builtin" / "weights.safetensors")
    return read_model(Path(model))


def load_prior(model: str = "builtin") -> Prior:
    """The patch prior for a network by its name: the built-in one has its own kind of picture, all others have
    photographs.
    """
    from dreamstream.dream.prior import read_prior

    kind = "builtin" if model == "builtin" else "natural"
    return read_prior(models_folder() / "prior" / f"{kind}.safetensors")
