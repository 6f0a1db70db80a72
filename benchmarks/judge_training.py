"""How the judge of `benchmarks.judge` is trained: in another framework than what dreams, on all styles of artwork,
without adversarial training.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dreamstream.bench.judge import BLOCKS, LOOKS, SIDE, STEM, Judge, Pictures, shapes, write
from dreamstream.support.progress import progress
from dreamstream.train.glyphs import STYLES, load_style, read_classes
from dreamstream.train.scenes import Scenes
from dreamstream.weights.catalog import models_folder

SEED = 2015
UNSEEN = 2048  # pictures by which its accuracy is told


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm and a shortcut; the first may halve the size."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        same = stride == 1 and before == channels
        self.shortcut = nn.Identity() if same else nn.Conv2d(before, channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[N, before, H, W] to [N, channels, H / stride, W / stride]."""
        return torch.relu(self.shortcut(x) + self.body(x))


def network(classes: int) -> nn.Sequential:
    """What `bench.judge.logits` computes, to be trained: pictures [N, 3, 64, 64] in [-1, 1] to logits [N, classes]."""
    torch.manual_seed(SEED)
    blocks, before = list[nn.Module](), STEM
    for channels, stride in BLOCKS:
        blocks.append(Block(before, channels, stride))
        before = channels
    stem = (nn.Conv2d(3, STEM, 5, 2, 2, bias=False), nn.BatchNorm2d(STEM), nn.ReLU())
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(before, classes))
    # torch's own annotations of `to` do not know this keyword.
    made: nn.Sequential = nn.Sequential(*stem, *blocks, *head).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return made


def tensor(pictures: Pictures) -> torch.Tensor:
    """Pictures [N, S, S, 3] in [0, 1] as the network takes them."""
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last) * 2 - 1


def folded(trained: nn.Sequential) -> dict[str, NDArray[np.float32]]:
    """A trained network's parameters with its batch norms in the convolutions, by the names of `bench.judge.shapes`."""

    def numbers(values: torch.Tensor) -> NDArray[np.float32]:
        return np.asarray(values.detach().float().cpu().numpy(), np.float32)

    def kernel(convolution: nn.Module, factor: NDArray[np.float32] | float = 1.0) -> NDArray[np.float32]:
        return np.asarray(numbers(convolution.weight).transpose(2, 3, 1, 0) * factor, np.float32)  # type: ignore[arg-type]

    found: dict[str, NDArray[np.float32]] = {}

    def take(name: str, convolution: nn.Module, norm: nn.Module) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        factor = numbers(norm.weight) / np.sqrt(numbers(norm.running_var) + np.float32(norm.eps))
        found[f"{name}.kernel"] = kernel(convolution, factor)
        found[f"{name}.bias"] = numbers(norm.bias) - numbers(norm.running_mean) * factor

    take("stem", trained[0], trained[1])
    for number in range(len(BLOCKS)):
        block = trained[3 + number]
        assert isinstance(block, Block)
        take(f"{number}.first", block.body[0], block.body[1])
        take(f"{number}.second", block.body[3], block.body[4])
        if not isinstance(block.shortcut, nn.Identity):
            found[f"{number}.shortcut.kernel"] = kernel(block.shortcut)
    head = trained[-1]
    assert isinstance(head, nn.Linear)
    found |= {"head.kernel": numbers(head.weight).T.copy(), "head.bias": numbers(head.bias)}
    assert {name: value.shape for name, value in found.items()} == shapes(head.out_features)
    return found


def varied(pictures: Pictures, key: int) -> Pictures:
    """A third of the pictures with colour, detail or shading taken away: the judge must know form, too."""
    rng = np.random.default_rng([SEED, 5, key])
    kinds = [*list(LOOKS)[1:], *["as it is"] * 8]
    chosen = rng.choice(kinds, size=len(pictures))
    return np.concatenate([LOOKS[kind](picture[None]) for kind, picture in zip(chosen, pictures, strict=True)])


def train(artwork: Path, output: Path, steps: int, batch: int) -> None:
    """Train a judge of the built-in network's words, print its accuracy on pictures it has not seen, and write it."""
    classes = read_classes(models_folder() / "builtin" / "classes.csv")
    names = [item.name for item in classes]
    sprites = {style: load_style(style, classes, artwork) for style in STYLES}
    scenes = Scenes(names, sprites, dict.fromkeys(STYLES, 1.0), SIDE, SEED)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # Threads of PyTorch wait by counting: where other programs have the cores, two take six times what one takes.
    torch.set_num_threads(1)
    judge = network(len(names)).to(device)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)

    def made(number: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = scenes.batch(batch, [0, number])
        return tensor(varied(x, number)), torch.from_numpy(np.array(y)).long()

    with progress("Judge", steps, "steps") as advance, ThreadPoolExecutor(1) as pool:
        waiting, told = pool.submit(made, 0), ""
        for number in range(steps):
            x, y = waiting.result(timeout=600)
            waiting = pool.submit(made, number + 1)
            with torch.autocast(device.type, torch.bfloat16):
                loss = nn.functional.cross_entropy(judge(x.to(device)), y.to(device), label_smoothing=0.02)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            if number % 20 == 0:  # reading it waits for the device
                told = f"loss {loss.item():.2f}"
            advance(1, told)
    write(output, names, folded(judge.eval()), {"steps": steps, "batch": batch, "seed": SEED})
    finished = Judge(output)
    unseen, labels = scenes.batch(UNSEEN, [1])
    for look, change in LOOKS.items():
        right = np.mean(finished.see(change(np.asarray(unseen))).argmax(axis=1) == np.asarray(labels))
        print(f"accuracy {right:.4f} on {len(labels)} pictures never seen, {look}")
