"""The connection to a Ray cluster that runs already: which Ray will do, and what is said where there is none to use."""

from __future__ import annotations

import logging
import socket
from typing import Any

from dreamstream.core.errors import UserError

LEAST, BELOW = (2, 50), (3, 0)
# Seconds for a cluster to take a connection.
ANSWERS_WITHIN = 10.0
START = "ray start --head --num-cpus N --object-store-memory 80000000 --include-dashboard false --disable-usage-stats"


def connected(namespace: str, address: str) -> Any:
    """Ray, connected to the cluster, with names of its own for actors. Raises UserError."""
    try:
        import ray
    except ImportError:
        raise UserError("Ray is not installed, which this needs: pip install 'dreamstream[farm]'") from None
    version = tuple(int(part) for part in ray.__version__.split(".")[:2])
    if not LEAST <= version < BELOW:
        wanted = f"{LEAST[0]}.{LEAST[1]} or later, below {BELOW[0]}"
        raise UserError(f"This is Ray {ray.__version__}, and {wanted} is needed: pip install 'dreamstream[farm]'")
    try:
        _check_answers(address)
        ray.init(address=address, namespace=namespace, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError):
        raise UserError(f"There is no Ray cluster at {address!r}. On its first machine: {START}") from None
    except PermissionError as error:
        raise UserError(
            f"The Ray cluster at {address!r} is another user's: {error.filename} is closed to us."
        ) from None
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        if "ersion mismatch" in str(error):
            first = f"it is of another version than Ray {ray.__version__} here"
        raise UserError(f"The Ray cluster at {address!r} cannot be used: {first}.") from None
    return ray


def _check_answers(address: str) -> None:
    """Raise ConnectionError where an address with a port does not answer; Ray itself would end this process for it."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        try:
            socket.create_connection((host, int(port)), ANSWERS_WITHIN).close()
        except (OSError, OverflowError) as error:
            raise ConnectionError(str(error)) from None
