"""VGGs as Lasagne's model zoo keeps them: a Python 2 pickle of NumPy arrays in order, with Caffe's preprocessing."""

from __future__ import annotations

from typing import Any

import numpy as np

from dreamstream.networks.vgg.preprocessing import CAFFE, Preprocessing
from dreamstream.weights.readers.mapped import BadFileError
from dreamstream.weights.readers.numpy_pickle import numpy_array
from dreamstream.weights.vgg.checkpoint import Layer


def read_lasagne(found: Any) -> tuple[list[Layer], Preprocessing, tuple[str, ...]]:
    """The layers of an unpickled file in order, the preprocessing, and the words for the classes ("" for none).

    Raises BadFileError.
    """
    if not isinstance(found, (dict, list, tuple)):
        raise BadFileError("its pickle holds neither a dict nor a list of arrays")
    values = found
    if isinstance(found, dict):
        values = found.get("param values") or found.get("values") or ()
    arrays = (
        [numpy_array(value) for value in values] if isinstance(values, (list, tuple)) and len(values) < 1000 else []
    )
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
    tensor = numpy_array(mean)
    if tensor is None or tensor.size != 3:
        return CAFFE
    blue, green, red = (float(v) for v in np.ravel(tensor.load()))
    if not all(0 <= v <= 255 for v in (blue, green, red)):
        raise BadFileError(f"its mean value {blue:g}, {green:g}, {red:g} is no colour")
    return Preprocessing(255.0, (blue, green, red), (1.0, 1.0, 1.0), bgr=True)
