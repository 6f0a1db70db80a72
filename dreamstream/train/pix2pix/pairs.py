"""Pairs of lines and the picture that they stand for, made of artwork or of a film's frames. Seeded.

A batch is lines uint8 [N, S, S], 0 ink and 255 paper; words int32 [N], 0 for "none"; pictures uint8 [N, S, S, 4],
straight alpha.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.pix2pix.frame import frame_of
from dreamstream.train.pix2pix.hand import DETECTED, Hand, by_hand, cut, drawing_of, shuffled
from dreamstream.train.pix2pix.outlines import Polyline, outlines
from dreamstream.video.drawn import draw_lines

Picture = NDArray[np.uint8]
Batch = tuple[Picture, NDArray[np.int32], Picture]
VARIANTS = 10  # ways in which each sprite is looked at
BLURS, THRESHOLDS = (0.5, 2.0), (45.0, 320.0)
UNTOLD = 0.15  # share of the pairs whose word is not told
SHUFFLED = 0.08  # share of the pairs whose strokes are shuffled: what is filled lies where the strokes lie
PRESSURES = (0.1, 0.85)
STROKE = 0.3  # of a stroke, in sides of the box: how long it is where lines are cut
AROUND = 0.07  # how far from a stroke its piece of the picture reaches, in sides of the frame


class Artwork:
    """Pairs of sprites.

    words: the names, of which the first is number 1. sprites[style][word]: as `load_style` makes them, uint8
    [T, T, 4]; a style may leave words out. size: side of the pictures.
    """

    def __init__(
        self,
        words: Sequence[str],
        sprites: Mapping[str, Mapping[str, Sequence[Picture]]],
        size: int = 128,
        seed: int = 0,
    ) -> None:
        self.words, self.size, self._seed = tuple(words), size, seed
        rng = np.random.default_rng([seed, 0])
        self._sprites: list[list[list[Picture]]] = []  # of each word, by each hand that draws it
        self._lines: dict[int, list[list[Polyline]]] = {}
        for word in self.words:
            hands = [list(drawn[word]) for drawn in sprites.values() if word in drawn]
            self._sprites.append(hands)
            for sprite in (each for hand in hands for each in hand):
                self._lines[id(sprite)] = [looked_at(sprite, rng) for _ in range(VARIANTS)]

    def batch(self, count: int, number: int) -> Batch:
        """Batch `number` of `count` pairs."""
        rng = np.random.default_rng([self._seed, 1, number])
        pairs = [self._pair(rng) for _ in range(count)]
        lines, words, pictures = zip(*pairs, strict=True)
        return np.stack(lines), np.array(words, np.int32), np.stack(pictures)

    def _pair(self, rng: np.random.Generator) -> tuple[Picture, int, Picture]:
        word = int(rng.integers(len(self.words)))
        hands = self._sprites[word]
        drawn = hands[int(rng.integers(len(hands)))]
        sprite = drawn[int(rng.integers(len(drawn)))]
        variants = self._lines[id(sprite)]
        lines = variants[int(rng.integers(len(variants)))]
        told = 0 if rng.random() < UNTOLD else word + 1
        into_box = placed(len(sprite), rng)
        lines = [applied(into_box, line) for line in lines]
        tinted = _tinted(sprite, rng)
        lines = by_hand(lines, _milder(rng), rng)
        moves: list[NDArray[np.float64]] = []
        if rng.random() < SHUFFLED:
            pieces = cut(lines, STROKE)
            lines, moves = shuffled(pieces, rng)
        sheet = draw_lines(drawing_of(lines, rng.uniform(*PRESSURES)), self.size)
        frame = frame_of(sheet)
        whole = chained(frame.matrix, self._pixels(into_box))
        if not moves:
            return frame.into(sheet), told, warped(tinted, whole, self.size)
        true = np.zeros((self.size, self.size, 4), np.float32)
        for piece, move in zip(pieces, moves, strict=True):
            there = chained(frame.matrix, self._pixels(move), _inverse(self._pixels()))
            self._lay(true, tinted, piece, there, into_box)
        true[..., :3] *= 255 / np.maximum(true[..., 3:], 1)
        return frame.into(sheet), told, _bytes(true)

    def _pixels(self, into_box: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """From the box (or what is mapped into it) to pixels of the sheet."""
        scale = np.array([[self.size, 0, -0.5], [0, self.size, -0.5]])
        return scale if into_box is None else chained(scale, into_box)

    def _lay(
        self,
        onto: NDArray[np.float32],
        sprite: Picture,
        piece: Polyline,
        there: NDArray[np.float64],
        into_box: NDArray[np.float64],
    ) -> None:
        """Lay what is around a piece of a line onto a picture with premultiplied colours, where the piece was moved.

        there: from pixels of the sheet as it was to the frame. piece: in the box.
        """
        mask = np.zeros((self.size, self.size), np.uint8)
        points = np.round(piece * self.size - 0.5).astype(np.int32)
        cv2.polylines(mask, [points[:, None]], False, 255, max(1, round(2 * AROUND * self.size)))
        part = warped(sprite, self._pixels(into_box), self.size).astype(np.float32)
        part[..., :3] *= part[..., 3:] / 255
        part *= mask[..., None] / np.float32(255)
        moved = cv2.warpAffine(part, there, (self.size, self.size), flags=cv2.INTER_LINEAR)
        onto *= 1 - moved[..., 3:] / 255
        onto += moved


class Frames:
    """Pairs of a film's frames, uint8 [N, S, S, 3]: the whole frame, without a word."""

    def __init__(self, frames: Picture, seed: int = 0) -> None:
        self.frames, self.size, self._seed = frames, frames.shape[1], seed

    def batch(self, count: int, number: int) -> Batch:
        """Batch `number` of `count` pairs."""
        rng = np.random.default_rng([self._seed, 1, number])
        chosen = rng.integers(len(self.frames), size=count)
        lines = np.stack([self.drawn(self.frames[at], rng) for at in chosen])
        return lines, np.zeros(count, np.int32), opaque(self.frames[chosen])

    def drawn(self, frame: Picture, rng: np.random.Generator, hand: Hand | None = None) -> Picture:
        """Lines uint8 [S, S] of a frame uint8 [S, S, 3]. hand: who draws; any, by default."""
        return lines_of(frame, hand if hand is not None else _milder(rng), rng)


def lines_of(frame: Picture, hand: Hand, rng: np.random.Generator) -> Picture:
    """A frame uint8 [S, S, 3] as lines uint8 [S, S]. DETECTED: as a machine finds them, always the same."""
    steady = hand is DETECTED
    blur = 1.2 if steady else rng.uniform(0.8, 2.4)
    threshold = 120.0 if steady else float(np.exp(rng.uniform(*np.log(THRESHOLDS))))
    side = len(frame)
    found = [np.asarray((line + 0.5) / side, np.float32) for line in outlines(frame, blur, threshold)]
    return (
        draw_lines(drawing_of(by_hand(found, hand, rng), 0.5), side) if found else np.full((side, side), 255, np.uint8)
    )


def looked_at(sprite: Picture, rng: np.random.Generator) -> list[Polyline]:
    """The lines of a sprite at a random scale and threshold, in its pixels."""
    blur = rng.uniform(*BLURS)
    return outlines(sprite, blur, float(np.exp(rng.uniform(*np.log(THRESHOLDS)))), rng.uniform(3, 9))


def placed(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A sprite's place in the box, [2, 3]: much geometry, from its pixels to the box."""
    extent = 0.97 - 0.55 * rng.uniform() ** 1.5
    angle, wider, skew = 0.12 * rng.normal(), np.exp(0.09 * rng.normal()), 0.08 * rng.normal()
    mirror = rng.choice([-1.0, 1.0])
    c, s = np.cos(angle), np.sin(angle)
    linear = np.array([[c, -s], [s, c]]) @ np.array([[1, skew], [0, 1]]) @ np.diag([mirror * wider, 1 / wider])
    corners = np.array([[x, y] for x in (-1, 1) for y in (-1, 1)]) @ linear.T / 2
    linear *= extent / np.ptp(corners, axis=0).max()
    slack = (1 - extent) / 2
    middle = 0.5 + rng.uniform(-slack, slack, 2)
    linear = linear / side
    return np.concatenate([linear, (middle - linear @ np.full(2, (side - 1) / 2))[:, None]], axis=1)


def lit_alike(frames: Picture, like: Picture, *, evenly: bool = False) -> Picture:
    """Frames uint8 [N, S, S, 3] in the light of the mean of others.

    Light is a factor for each colour that rises or falls evenly across the picture; evenly: one factor for all of it,
    for pictures that show different things. Nobody draws it, so a painter cannot know it.
    """
    side = 16
    y, x = np.mgrid[0:side, 0:side] / (side - 1) - 0.5
    base = np.stack([np.ones(side * side), x.ravel(), y.ravel()], axis=1)

    def small(frame: Picture) -> NDArray[np.float64]:
        return np.asarray(cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA), np.float64)

    mean = np.mean([small(frame) for frame in like], axis=0)
    size = frames.shape[1]
    v, u = np.mgrid[0:size, 0:size] / (size - 1) - 0.5
    made = []
    for frame in frames:
        apart = np.log((small(frame) + 8) / (mean + 8)).reshape(-1, 3)
        if evenly:
            light = np.zeros((3, 3))
            light[0] = apart.mean()
        else:
            light, *_ = np.linalg.lstsq(base, apart, rcond=None)
        factor = np.exp(-(light[0] + u[..., None] * light[1] + v[..., None] * light[2]))
        made.append(_bytes(frame * factor))
    return np.stack(made)


def _milder(rng: np.random.Generator) -> Hand:
    """Any hand between a machine's and a shaky one."""
    hand, share = Hand(), rng.uniform(0.2, 1.4)
    return replace(
        hand, wobble=hand.wobble * share, shift=hand.shift * share, turn=hand.turn * share, shake=hand.shake * share
    )


def _tinted(sprite: Picture, rng: np.random.Generator) -> Picture:
    """A little lighter or darker, its colours hardly moved."""
    factor = np.append(np.exp(0.04 * rng.normal() + 0.02 * rng.normal(size=3)), 1.0)
    return _bytes(sprite * factor - 0.5)


def applied(matrix: NDArray[np.float64], line: Polyline) -> Polyline:
    """A polyline mapped by [2, 3]."""
    return np.asarray(line @ matrix[:, :2].T + matrix[:, 2], np.float32)


def chained(*matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maps [2, 3] one after the other, the last one first."""
    whole = np.eye(3)
    for matrix in matrices:
        whole = whole @ np.concatenate([matrix, [[0, 0, 1]]])
    return np.asarray(whole[:2])


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.invertAffineTransform(matrix))


def warped(sprite: Picture, matrix: NDArray[np.float64], size: int) -> Picture:
    """A sprite, straight alpha, mapped onto a transparent picture of another size."""
    shown = sprite.astype(np.float32)
    shown[..., :3] *= shown[..., 3:] / 255
    grown = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if grown < 0.75:  # finer than pixels: averaged first
        shown = np.asarray(cv2.GaussianBlur(shown, (0, 0), 0.35 / grown), np.float32)
    mapped = np.asarray(cv2.warpAffine(shown, matrix, (size, size), flags=cv2.INTER_LINEAR), np.float32)
    mapped[..., :3] *= 255 / np.maximum(mapped[..., 3:], 1)
    return _bytes(mapped)


def _bytes(picture: NDArray[np.float32]) -> Picture:
    return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)


def opaque(pictures: Picture) -> Picture:
    """Pictures uint8 [N, S, S, 3] with a matte that hides everything."""
    return np.concatenate([pictures, np.full((*pictures.shape[:3], 1), 255, np.uint8)], axis=3)
