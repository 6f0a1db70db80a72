"""Where the data that ships with the package lies."""

from __future__ import annotations

from functools import cache
from pathlib import Path


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
