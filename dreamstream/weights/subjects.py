"""Where a subject's weights are: some are shipped and go by a name, all others by their file."""

from __future__ import annotations

from pathlib import Path

from dreamstream.support.resources import models_folder

SHIPPED = ("ancestor", "cartoon-cats")  # each a folder of the models


def file_of(subject: str) -> Path:
    """The file of a subject, given by its path or by the name of one that is shipped."""
    return models_folder() / subject / "weights.safetensors" if subject in SHIPPED else Path(subject)
