"""NumPy arrays as pickles ask for them, read as plain data (see pickles.py): nothing is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dreamstream.weights.readers.mapped import BadFileError, MappedFile, Tensor
from dreamstream.weights.readers.notes import Call, Name

_NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric", "numpy")


def numpy_array(value: Any) -> Tensor | None:
    """The NumPy array that a call stands for, in any of the ways that NumPy has pickled arrays; None for all else."""
    if not isinstance(value, Call) or not isinstance(value.function, Name) or value.function.module not in _NUMPY:
        return None
    if value.function.name == "_reconstruct" and isinstance(value.state, tuple) and len(value.state) == 5:
        _, shape, kind, fortran, data = value.state
    elif value.function.name == "_frombuffer" and isinstance(value.arguments, tuple) and len(value.arguments) == 4:
        data, kind, shape, order = value.arguments
        fortran = order == "F"
    elif value.function.name == "scalar" and isinstance(value.arguments, tuple) and len(value.arguments) == 2:
        (kind, data), shape, fortran = value.arguments, (), False
    else:
        return None
    dtype, content = _dtype(kind), _bytes(data)
    if dtype is None or content is None or not isinstance(shape, tuple) or len(shape) > 8:
        return None
    if not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
        return None
    if int(np.prod(shape, dtype=object)) * dtype.itemsize != len(content):
        raise BadFileError(f"an array of shape {shape} and type {dtype} comes with {len(content)} bytes")
    return MappedFile(content).tensor(0, shape, dtype, bool(fortran))


def _dtype(value: Any) -> np.dtype[Any] | None:
    if not isinstance(value, Call) or not isinstance(value.arguments, tuple) or not isinstance(value.function, Name):
        return None
    names: Sequence[Any] = value.arguments
    if value.function.name != "dtype" or value.function.module != "numpy" or not names:
        return None
    kinds = {"f4": np.float32, "f8": np.float64, "f2": np.float16}
    big = isinstance(value.state, tuple) and len(value.state) > 1 and value.state[1] == ">"
    kind = kinds.get(names[0]) if isinstance(names[0], str) else None
    return np.dtype(kind).newbyteorder(">" if big else "<") if kind else None


def _bytes(value: Any) -> memoryview | bytes | None:
    """An array's content: bytes, or how Python 3 writes bytes for Python 2 (`_codecs.encode`)."""
    if isinstance(value, (bytes, memoryview)):
        return value
    if isinstance(value, str):
        return value.encode("latin-1", "replace")
    if isinstance(value, Call) and isinstance(value.function, Name) and str(value.function) == "_codecs.encode":
        text = value.arguments[0] if isinstance(value.arguments, tuple) and value.arguments else None
        if isinstance(text, str):
            return text.encode("latin-1", "replace")
    return None
