"""Where the data that ships with the package lies, and where downloaded weights are kept."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import platformdirs

# The show's --cache says the same.
CACHE_VARIABLE = "DREAMSTREAM_CACHE"


@cache
def models_folder() -> Path:
    """The folder of shipped data: `models/` at the top of a checkout, `dreamstream/models/` in an installed wheel.

    Raises FileNotFoundError when neither is there, which means a broken installation.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "models", package.parent / "models"):
        if (folder / "builtin" / "classes.csv").is_file():
            return folder
    raise FileNotFoundError(f"the models folder is missing beside {package}; install dreamstream again")


def default_cache() -> Path:
    """The folder of everything that can be made or fetched again: $DREAMSTREAM_CACHE, else the platform's place."""
    folder = os.environ.get(CACHE_VARIABLE)
    return Path(folder) if folder else platformdirs.user_cache_path("dreamstream")


def weights_folder(cache: Path | None = None) -> Path:
    """Where downloaded weights are kept, in `cache` or else in the default cache folder."""
    return (cache or default_cache()) / "weights"


# Not a setting of the show, but of `dreamstream weights fetch`.
OFFLINE_VARIABLE = "DREAMSTREAM_OFFLINE"
