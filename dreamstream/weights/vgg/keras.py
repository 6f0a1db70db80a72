"""VGGs as Keras keeps them in HDF5: `save_weights`, `save`, and the files of keras.applications."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dreamstream.weights.readers.mapped import BadFileError, Tensor
from dreamstream.weights.vgg.checkpoint import Layer


def read_keras(datasets: Mapping[str, Tensor]) -> list[Layer]:
    """The layers in order. Raises BadFileError."""
    groups: dict[str, list[Tensor]] = {}
    for path, tensor in datasets.items():
        if path.startswith(("optimizer", "_optimizer")):
            continue
        folder, _, name = path.rpartition("/")
        # Keras 1 and 2 say "..._W_1:0" or "kernel:0", Keras 3 "kernel" or the numbers 0 and 1.
        groups.setdefault(folder or name, []).append(tensor)
    layers = []
    for folder, tensors in sorted(groups.items(), key=lambda item: _place(item[0])):
        kernels = [t for t in tensors if len(t.shape) in (2, 4)]
        biases = [t for t in tensors if len(t.shape) == 1]
        if len(kernels) != 1 or len(biases) > 1 or len(tensors) > 2:
            shapes = ", ".join(str(t.shape) for t in tensors[:4])
            raise BadFileError(f"{folder[:80]} holds {shapes}, and not one kernel and one bias")
        kernel = kernels[0]
        order = "HWIO" if len(kernel.shape) == 4 else "(HWI)O"
        if len(kernel.shape) == 4 and kernel.shape[:2] != (3, 3) and kernel.shape[2:] == (3, 3):
            raise BadFileError(f"{folder[:80]} is in Theano's axis order; take the file named tf_dim_ordering")
        layers.append(Layer(folder, kernel, biases[0] if biases else None, order))
    if not layers:
        raise BadFileError("it holds no arrays of floats")
    return layers


def _place(folder: str) -> tuple[int, int, int]:
    """Where a layer stands: by block and number, or among its kind, dense layers last."""
    if found := re.search(r"block(\d+)_conv(\d+)", folder):
        return 0, int(found[1]), int(found[2])
    if found := re.search(r"conv2d(?:_(\d+))?(?:/|$)", folder):
        return 0, 0, int(found[1] or 0)
    if found := re.search(r"(?:^|/)(?:fc|dense_?)(\d*)(?:/|$)", folder):
        return 1, 0, int(found[1] or 0)
    return 2, 0, 0
