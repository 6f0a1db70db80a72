"""Each figure by what it is to tell, on points instead of pictures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.train.learn.features import built_in, independent
from dreamstream.train.learn.quality import Judge, distances, kernel_distance
from tests.conftest import missing


def cloud(count: int, seed: int, middle: float = 0.0, width: float = 1.0) -> NDArray[np.uint8]:
    """Points of a normal distribution, as pictures of 1x2 pixels."""
    points = np.random.default_rng(seed).normal(128 + 20 * middle, 20 * width, (count, 1, 2, 3))
    return np.clip(points, 0, 255).astype(np.uint8)


def flat(pictures: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """The pixels themselves as features, of two depths."""
    values = np.asarray((pictures.reshape(len(pictures), -1).astype(np.float32) - 128) / 20, np.float32)
    return [values[:, :3], values[:, 3:]]


@pytest.fixture
def judge() -> Judge:
    """Of a standard cloud, with another world beside it."""
    return Judge(cloud(400, 0), cloud(400, 1), cloud(200, 2), cloud(300, 3, 5.0), flat)


def test_the_same_source_is_near_nothing_and_another_world_100(judge: Judge) -> None:
    """And what is from the same source has all other figures about 1."""
    same, other = judge(cloud(400, 4)), judge(cloud(300, 5, 5.0))
    assert abs(same.kid) < 0.5
    assert same.recall > 0.7
    assert same.near == pytest.approx(1, abs=0.1)
    assert same.spread == pytest.approx(1, abs=0.1)
    assert not same.collapsed
    assert other.kid == pytest.approx(100, rel=0.15)
    assert other.near > 3
    assert not other.collapsed


def test_frauds_are_found(judge: Judge) -> None:
    """A copy has no distance to what was taught; few pictures repeated have no recall; one picture has no spread."""
    assert judge(cloud(400, 1)).near < 0.05
    few = judge(np.repeat(cloud(5, 6), 80, axis=0))
    assert few.recall < 0.02
    assert few.collapsed
    assert judge(np.repeat(cloud(1, 7), 100, axis=0)).spread == 0
    narrow = judge(cloud(400, 4, width=0.5))
    assert narrow.spread == pytest.approx(0.5, abs=0.1)
    assert narrow.collapsed


@pytest.mark.slow
def test_the_built_in_network_looks_at_three_depths() -> None:
    """Pictures of any size, any number of them; the same picture has the same features wherever it stands."""
    pictures = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)
    depths = built_in(pictures[[0, 1, 2, 0]])
    assert [len(depth) for depth in depths] == [4, 4, 4]
    for depth in depths:
        np.testing.assert_allclose(depth[0], depth[3], rtol=1e-4, atol=1e-5)
        assert np.abs(depth[0] - depth[1]).max() > 0


def test_distances_are_euclidean() -> None:
    """Against the plain formula; and the kernel's distance of a cloud to itself is nothing."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(7, 4)).astype(np.float32), rng.normal(size=(5, 4)).astype(np.float32)
    plain = np.linalg.norm(one[:, None] - other[None], axis=2)
    np.testing.assert_allclose(distances(one, other), plain, atol=1e-4)
    halves = rng.normal(size=(2, 500, 3)).astype(np.float32)
    assert abs(kernel_distance(*halves)) < 0.1
    assert kernel_distance(halves[0], halves[1] + 2) > 1


@pytest.mark.slow
@pytest.mark.trained
def test_a_network_that_takes_no_part_looks_at_three_depths() -> None:
    """VGG-16, where its convolutions are installed: pictures of any size, and a paler one is another."""
    features = independent()
    if features is None:
        missing("VGG-16's convolutions are not installed")
    sharp = np.random.default_rng(0).integers(0, 256, (1, 48, 48, 3)).astype(np.uint8)
    depths = features(np.concatenate([sharp, sharp // 2 + 64]))
    assert [depth.shape for depth in depths] == [(2, 256), (2, 512), (2, 512)]
    assert all(np.abs(depth[0] - depth[1]).max() > 0.1 for depth in depths)
