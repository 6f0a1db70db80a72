"""What a process of our own needs of this one's environment: names on a short list, and so no secret that is there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

# What makes Python start, also on Windows and from where it was installed, and reach a server.
_PYTHON = (
    r"PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|TMP|TEMP|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA"
    r"|LOCALAPPDATA|PROGRAMDATA|VIRTUAL_ENV|PYTHON(HOME|PATH|UTF8|IOENCODING)|LD_LIBRARY_PATH"
    r"|DYLD_(FALLBACK_)?LIBRARY_PATH|SSL_CERT_(FILE|DIR)|OPENSSL_CONF|HTTP_PROXY|NO_PROXY"
)
# What tells JAX on which devices to compute, and how.
JAX = r"JAX_\w+|XLA_\w+|PJRT_\w+|TF_CPP_\w+|CUDA_\w+|NVIDIA_\w+|NCCL_\w+|HIP_\w+|HSA_\w+|ROC[MR]_\w+|TPU_\w+"


def child_environment(also: str = "(?!)", environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that are passed on. also: a pattern of further names, such as `JAX`."""
    passed = re.compile(f"{_PYTHON}|{also}", re.IGNORECASE)
    return {name: value for name, value in environ.items() if passed.fullmatch(name)}
