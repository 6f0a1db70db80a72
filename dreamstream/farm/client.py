"""The command line's way to the farm that runs on a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from dreamstream.core.errors import UserError

# A plan of two hundred channels is read and checked meanwhile.
WITHIN = 60.0


def status(folder: Path) -> dict[str, Any]:
    """What the farm says of its channels. Raises UserError when none runs."""
    return _call(folder, "GET", "")


def jobs(folder: Path) -> list[dict[str, Any]]:
    """The farm's jobs. Raises UserError when none runs."""
    listed: list[dict[str, Any]] = _call(folder, "GET", "/jobs").get("jobs", [])
    return listed


def tell(folder: Path, order: str, said: Mapping[str, Any]) -> str:
    """Give the farm an order; its answer. Raises UserError when none runs, or it refuses."""
    return str(_call(folder, "POST", f"/{order}", said).get("reply", ""))


def _call(folder: Path, method: str, path: str, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    none = f"No farm runs on {folder}; start one with `dreamstream farm up FILE`, or say which with --folder."
    try:
        wall = json.loads((folder / "wall.json").read_bytes())
        headers = {"authorization": f"Bearer {wall['token']}"}
        with httpx.Client(trust_env=False, timeout=WITHIN) as http:
            answer = http.request(method, f"{wall['url']}api/farm{path}", headers=headers, json=said)
        body = answer.json()
    except PermissionError:
        raise UserError(f"The farm's folder {folder} belongs to somebody else.") from None
    except (OSError, ValueError, KeyError, TypeError, httpx.TransportError):
        raise UserError(none) from None
    if answer.status_code == 401:
        raise UserError(none)
    if answer.status_code != 200 or not isinstance(body, dict):
        raise UserError(str(body.get("error") if isinstance(body, dict) else "The farm gave no answer."))
    return body
