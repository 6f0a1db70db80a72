"""Files of small StyleGAN2s, as the published programs write them, by PyTorch and by pickle."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tests.weights.stylegans import CHANNELS, HOSTILE, LATENT, LAYERS


@contextmanager
def modules(**classes: Any) -> Iterator[None]:
    """While the block lasts, modules of these names (`a__b` is a.b) hold something: pickle writes where it finds it."""
    before = dict(sys.modules)
    for name, held in classes.items():
        path = name.split("__")
        for length in range(1, len(path) + 1):
            module = sys.modules.setdefault(".".join(path[:length]), types.ModuleType(".".join(path[:length])))
        for each in held:
            each.__module__ = module.__name__
            setattr(module, each.__name__, each)
    try:
        yield
    finally:
        for added in set(sys.modules) - set(before):
            del sys.modules[added]


def _reconstruct_persistent_obj(meta: Any) -> Any:
    raise AssertionError("nobody calls it")


def write_nvidia(path: Path, generator: Any) -> Path:
    """As NVIDIA's PyTorch program writes it: a pickle of modules with their source."""
    with modules(torch_utils__persistence=[_reconstruct_persistent_obj]):
        content = pickle.dumps({"G": generator, "D": None, "G_ema": generator, "augment_pipe": None})
    path.write_bytes(content)
    return path


class EasyDict(dict):  # type: ignore[type-arg]
    """A dict of a class of its own."""


class Network:
    """What NVIDIA's TensorFlow program pickles."""

    def __init__(self, variables: dict[str, Any], **components: Network) -> None:
        self.state = {
            "version": 4,
            "name": "G",
            "static_kwargs": EasyDict(resolution=16),
            "components": EasyDict(components),
            "build_module_src": HOSTILE,
            "build_func_name": "G_main",
            "variables": list(variables.items()),
        }

    def __getstate__(self) -> Any:
        """What is pickled."""
        return self.state


def write_tensorflow(path: Path, generator: Any) -> Path:
    """The same numbers as NVIDIA's TensorFlow program writes them."""
    tensors = {name: value.numpy() for name, value in generator.state_dict().items()}
    mapping: dict[str, Any] = {}
    for number in range(LAYERS):
        mapping[f"Dense{number}/weight"] = tensors[f"mapping.fc{number}.weight"].T.copy()
        mapping[f"Dense{number}/bias"] = tensors[f"mapping.fc{number}.bias"]
    synthesis: dict[str, Any] = {"4x4/Const/const": tensors["synthesis.b4.const"][None]}
    number = 0
    for level in range(len(CHANNELS)):
        side = 4 * 2**level
        names = [("Conv0_up", "conv0"), ("Conv1", "conv1")] if level else [("Conv", "conv1")]
        for old, new in [*names, ("ToRGB", "torgb")]:
            here: dict[str, Any] = {key: tensors.get(f"synthesis.b{side}.{new}.{key}") for key in ("weight", "bias")}
            kernel = here["weight"].transpose(2, 3, 1, 0)
            synthesis[f"{side}x{side}/{old}/weight"] = np.ascontiguousarray(
                kernel[::-1, ::-1] if old == "Conv0_up" else kernel
            )
            synthesis[f"{side}x{side}/{old}/bias"] = here["bias"]
            affine = f"synthesis.b{side}.{new}.affine"
            synthesis[f"{side}x{side}/{old}/mod_weight"] = tensors[f"{affine}.weight"].T.copy()
            synthesis[f"{side}x{side}/{old}/mod_bias"] = tensors[f"{affine}.bias"] - 1
            if old != "ToRGB":
                strength = tensors[f"synthesis.b{side}.{new}.noise_strength"]
                synthesis[f"{side}x{side}/{old}/noise_strength"] = np.float32(strength)
                synthesis[f"noise{number}"] = tensors[f"synthesis.b{side}.{new}.noise_const"][None, None]
                number += 1
    with modules(dnnlib__tflib__network=[Network], dnnlib__util=[EasyDict]):
        parts = {"mapping": Network(mapping), "synthesis": Network(synthesis)}
        whole = Network({"lod": np.float32(0), "dlatent_avg": np.zeros(LATENT, np.float32)}, **parts)
        path.write_bytes(pickle.dumps((Network({}), Network({}), whole), protocol=4))
    return path


def write_rosinality(path: Path, generator: nn.Module, old: bool = False) -> Path:
    """As rosinality's training writes it. old: in PyTorch's format before 1.6."""
    state, other = generator.state_dict(), nn.Linear(9, 9).state_dict()
    moments = {"step": 12, "exp_avg": torch.zeros(9, 9)}
    held = {"g": state, "d": other, "g_ema": state, "g_optim": {"state": {0: moments}, "param_groups": [{"lr": 0.002}]}}
    torch.save(held, path, _use_new_zipfile_serialization=not old)
    return path


def write_lucidrains(path: Path, generator: nn.Module) -> Path:
    """As lucidrains' training writes it."""
    state = generator.state_dict()
    both = {name[0] + name[2:]: value for name, value in state.items()}  # S and G beside SE and GE
    torch.save({"GAN": {**both, **state, "D.to_logit.weight": torch.zeros(1, 4)}, "version": "1.8.9"}, path)
    return path
