"""VGGs as Lasagne's model zoo keeps them: a Python 2 pickle of NumPy arrays in order, with Caffe's preprocessing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dreamstream.networks.vgg.preprocessing import CAFFE, Preprocessing
from dreamstream.weights.readers.mapped import BadFileError, MappedFile, Tensor
from dreamstream.weights.readers.pickles import Call, Name, read_pickle
from dreamstream.weights.vgg.checkpoint import Layer

_NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric", "numpy")


def read_lasagne(file: MappedFile) -> tuple[list[Layer], Preprocessing, tuple[str, ...]]:
    """The layers in order, the preprocessing, and the words for the classes ("" for none). Raises BadFileError."""
    found, _ = read_pickle(file)
    if not isinstance(found, (dict, list, tuple)):
        raise BadFileError("its pickle holds neither a dict nor a list of arrays")
    values = found
    if isinstance(found, dict):
        values = found.get("param values") or found.get("values") or ()
    arrays = [_array(value) for value in values] if isinstance(values, (list, tuple)) and len(values) < 1000 else []
    if not arrays or None in arrays:
        raise BadFileError(
            "its pickle holds no list of NumPy arrays under 'param values', as Lasagne's model zoo has it"
        )
    layers = []
    for index, (kernel, bias) in enumerate(zip(arrays[::2], arrays[1::2], strict=False)):
        assert kernel is not None
        layers.append(Layer(f"array {2 * index}", kernel, bias, "OIHW" if len(kernel.shape) == 4 else "(IHW)O"))
    described = found if isinstance(found, dict) else {}
    words = described.get("synset words")
    names = tuple(w for w in words if isinstance(w, str)) if isinstance(words, (list, tuple)) else ()
    return layers, _preprocessing(described.get("mean value")), names


def _preprocessing(mean: Any) -> Preprocessing:
    tensor = _array(mean)
    if tensor is None or tensor.size != 3:
        return CAFFE
    blue, green, red = (float(v) for v in np.ravel(tensor.load()))
    if not all(0 <= v <= 255 for v in (blue, green, red)):
        raise BadFileError(f"its mean value {blue:g}, {green:g}, {red:g} is no colour")
    return Preprocessing(255.0, (blue, green, red), (1.0, 1.0, 1.0), bgr=True)


def _array(value: Any) -> Tensor | None:
    """The NumPy array that a call stands for, in any of the ways that NumPy has pickled arrays; None for all else."""
    if not isinstance(value, Call) or not isinstance(value.function, Name) or value.function.module not in _NUMPY:
        return None
    if value.function.name == "_reconstruct" and isinstance(value.state, tuple) and len(value.state) == 5:
        _, shape, kind, fortran, data = value.state
    elif value.function.name == "_frombuffer" and isinstance(value.arguments, tuple) and len(value.arguments) == 4:
        data, kind, shape, order = value.arguments
        fortran = order == "F"
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
