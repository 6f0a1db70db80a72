"""VGGs as torchvision, timm and the robustness library name their tensors, whatever was wrapped about them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from dreamstream.networks.vgg.architecture import BLOCKS
from dreamstream.networks.vgg.preprocessing import TORCHVISION, Preprocessing
from dreamstream.weights.readers.mapped import BadFileError, Tensor
from dreamstream.weights.vgg.checkpoint import Layer, Norm

# The dense layers: timm's names, and torchvision's.
_TIMM = ("pre_logits.fc1", "pre_logits.fc2", "head.fc")
# With which a VGG's own names begin.
_ROOTS = ("features", "classifier", "pre_logits", "head")
# What wrappers put before a name or into it: those of several devices, compilers, checkpoints, trainers.
_DEVICES = ("module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module", "_orig_mod")
_WRAPPERS = frozenset((*_DEVICES, "model", "backbone", "net", "network"))


def read_state_dict(tensors: Mapping[str, Tensor]) -> tuple[str, list[Layer], Preprocessing]:
    """Whose naming it is, the layers in order, and the preprocessing. Raises BadFileError."""
    prefix, own = _unwrapped(tensors)
    numbers = sorted(int(m[1]) for name in own if (m := re.fullmatch(r"features\.(\d{1,3})\.weight", name)))
    convolutions = [n for n in numbers if len(own[f"features.{n}.weight"].shape) == 4]
    normed = len(convolutions) < len(numbers)
    if convolutions not in [_places(counts, normed) for counts in BLOCKS.values()]:
        shown = ", ".join(map(str, convolutions[:20]))
        raise BadFileError(f"its convolutions are features.{{{shown}}}: neither VGG-16 nor VGG-19")
    layers = [_layer(own, f"features.{n}", "OIHW", f"features.{n + 1}" if normed else None) for n in convolutions]
    timm = f"{_TIMM[0]}.weight" in own
    dense = _TIMM if timm else tuple(f"classifier.{n}" for n in _classifier(own))
    if len(dense) not in (0, 3):
        raise BadFileError(f"it has {len(dense)} dense layers after the convolutions, not 3, or none")
    for name in dense:
        weight = own.get(f"{name}.weight")
        layers.append(_layer(own, name, "OIHW" if weight and len(weight.shape) == 4 else "O(IHW)", None))
    robust = prefix.startswith("module.model.") or f"{prefix.removesuffix('model.')}normalizer.new_mean" in tensors
    writer = "timm" if timm else "robustness" if robust else "torchvision"
    return writer + (", batch norm" if normed else ""), layers, _preprocessing(tensors, prefix)


def _unwrapped(tensors: Mapping[str, Tensor]) -> tuple[str, dict[str, Tensor]]:
    """What stands before "features.0.weight", and the tensors by the names that the network itself gives them."""
    names = {name: _parted(name) for name in tensors}
    # A wrapper that attacks the network holds it a second time.
    ends = [before for before, own in names.values() if own == "features.0.weight" and "attacker" not in before]
    if not ends:
        shown = ", ".join(sorted(tensors)[:3])[:120] or "nothing"
        raise BadFileError(f"it holds {shown}, and no features.0.weight as a VGG does")
    prefix = min(ends, key=len)
    unwrapped = {own: tensors[name] for name, (before, own) in names.items() if before == prefix}
    # Only a part of the network may be wrapped, or each part in its own way.
    for name, (before, own) in names.items():
        if _plain(before) == _plain(prefix):
            unwrapped.setdefault(own, tensors[name])
    return prefix, unwrapped


def _parted(name: str) -> tuple[str, str]:
    """What stands before the network's own name of a tensor, and that name without wrappers in its middle."""
    parts = name.split(".")
    root = max((at for at, part in enumerate(parts) if part in _ROOTS), default=0)
    return ".".join([*parts[:root], ""]), ".".join([parts[root], *_plain(parts[root + 1 :])])


def _plain(parts: Sequence[str] | str) -> list[str]:
    """The parts of a name, or of its beginning, that no wrapper put there."""
    return [part for part in (parts.split(".") if isinstance(parts, str) else parts) if part not in _WRAPPERS]


def _places(counts: tuple[int, ...], normed: bool) -> list[int]:
    """The convolutions' places among torchvision's `features`: each is followed by its ReLU, each block by a pool."""
    places, at = [], 0
    for count in counts:
        for _ in range(count):
            places.append(at)
            at += 3 if normed else 2
        at += 1
    return places


def _classifier(own: Mapping[str, Tensor]) -> list[int]:
    matches = (re.fullmatch(r"classifier\.(\d{1,3})\.weight", name) for name in own)
    return sorted(int(match[1]) for match in matches if match)


def _layer(own: Mapping[str, Tensor], name: str, order: str, norm: str | None) -> Layer:
    def need(key: str) -> Tensor:
        if key not in own:
            raise BadFileError(f"{key} is missing")
        return own[key]

    parts = None
    if norm:
        parts = Norm(*(need(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")))
    return Layer(name, need(f"{name}.weight"), own.get(f"{name}.bias"), order, parts)


def _preprocessing(tensors: Mapping[str, Tensor], prefix: str) -> Preprocessing:
    """torchvision's, but for the robustness library, whose wrapper holds mean and deviation itself."""
    wrapper = prefix.removesuffix("model.")
    mean, std = (tensors.get(f"{wrapper}normalizer.{part}") for part in ("new_mean", "new_std"))
    if mean is None or std is None or mean.size != 3 or std.size != 3:
        return TORCHVISION
    shift, spread = ([round(float(v), 6) for v in np.ravel(tensor.load())] for tensor in (mean, std))
    if not all(-10 < v < 10 for v in shift) or not all(1e-3 < v < 10 for v in spread):
        raise BadFileError(f"its own mean {shift} and deviation {spread} cannot be those of pictures")
    return Preprocessing(1.0, (shift[0], shift[1], shift[2]), (spread[0], spread[1], spread[2]))
