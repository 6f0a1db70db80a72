"""How latents move: the spring exactly, wishes reached in time, roaming for ever and the same for the same seed."""

from __future__ import annotations

import numpy as np

from dreamstream.dreamers.latent.walk import ABOUT, LEG, Walker, advance, drawn, far_apart, spring, square

POINTS = np.random.default_rng(0).normal(size=(20, 6))


def start() -> Walker:
    """At the first point, at rest."""
    return Walker(POINTS[0], np.zeros(6))


def test_the_spring_is_the_same_at_any_frame_rate() -> None:
    """One step of a second is thirty of a thirtieth; and it solves x'' = -2 k x' - k^2 (x - aim)."""
    place, speed = POINTS[0], POINTS[1]
    once = spring(place, speed, POINTS[2], 3.0, 1.0)
    for _ in range(30):
        place, speed = spring(place, speed, POINTS[2], 3.0, 1 / 30)
    np.testing.assert_allclose((place, speed), once, rtol=1e-9)
    small = 1e-5
    later, faster = spring(POINTS[0], POINTS[1], POINTS[2], 3.0, small)
    np.testing.assert_allclose((later - POINTS[0]) / small, POINTS[1], atol=1e-3)
    pull = -6 * POINTS[1] - 9 * (POINTS[0] - POINTS[2])
    np.testing.assert_allclose((faster - POINTS[1]) / small, pull, atol=1e-3)


def test_a_wish_is_seen_at_once_and_reached_soon() -> None:
    """A third of the way after half a second, nine tenths after one and a half; then it stays about there, alive."""
    walker, way = start(), np.linalg.norm(POINTS[7] - POINTS[0])
    shares, seen = [], []
    for _ in range(300):
        walker = advance(walker, POINTS, (1, 0), POINTS[7], 1 / 30)
        shares.append(1 - np.linalg.norm(walker.place - POINTS[7]) / way)
        seen.append(walker.place)
    assert shares[14] > 0.3
    assert shares[44] > 0.85
    late = np.stack(seen[150:]) - POINTS[7]
    assert 0.2 * ABOUT < np.sqrt((late**2).mean()) < 2 * ABOUT
    assert np.abs(np.diff(late, axis=0)).max() > 0


def test_roaming_goes_from_point_to_point() -> None:
    """Never at rest, never leaping, over many points, and the same for the same seed, not for another."""
    ways = []
    for seed in (1, 1, 2):
        walker, places = start(), []
        for _ in range(30 * 60):
            walker = advance(walker, POINTS, (seed, 0), None, 1 / 30)
            places.append(walker.place)
        ways.append(np.stack(places))
        assert 60 / LEG[1] - 1 <= walker.legs <= 60 / LEG[0] + 1
    np.testing.assert_array_equal(ways[0], ways[1])
    assert np.abs(ways[0] - ways[2]).max() > 0.5
    steps = np.linalg.norm(np.diff(ways[0], axis=0), axis=1)
    assert 0 < steps.min() < steps.max() < 0.15
    nearest = np.linalg.norm(ways[0][:, None] - POINTS[None], axis=2).argmin(1)
    assert len(set(nearest)) >= 8


def test_time_that_is_slept_through_is_short() -> None:
    """An hour is a second; time that goes back is none; a pace of nothing is rest."""
    hour, second = (advance(start(), POINTS, (1, 0), POINTS[3], dt) for dt in (3600, 1))
    np.testing.assert_array_equal(hour.place, second.place)
    np.testing.assert_allclose(advance(start(), POINTS, (1, 0), POINTS[3], -5).place, POINTS[0])
    np.testing.assert_allclose(advance(start(), POINTS, (1, 0), POINTS[3], 1, pace=0).place, POINTS[0])


def test_named_points_are_far_apart() -> None:
    """Of two clusters and one far point, three are chosen that belong to each."""
    points = np.concatenate([np.zeros((5, 2)), np.ones((5, 2)) * 4, [[9.0, -9.0]]])
    assert sorted(far_apart(points, 3)) in ([0, 5, 10], [0, 6, 10])
    assert len(far_apart(np.zeros((2, 2)), 8)) == 8


def test_a_square_is_walked_from_its_first_corner_to_all_of_it() -> None:
    """Shares are never negative and always one together; every corner is nearly reached, and the middle."""
    shares = np.stack([square(lived) for lived in np.arange(0, 600, 0.25)])
    np.testing.assert_allclose(shares[0], [1, 0, 0, 0], atol=1e-12)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(1), 1)
    assert (shares.max(0) > 0.95).all()
    assert np.abs(shares - 0.25).max(1).min() < 0.03
    # Smooth: in a frame it moves by little.
    assert np.abs(np.diff(shares, axis=0)).max() < 0.1


def test_a_number_draws_a_point() -> None:
    """Between three of those that are known, or anywhere; always the same, and another for another number."""
    points = np.eye(6)
    drawn_points = np.stack([drawn(points, seed, known=True) for seed in range(50)])
    assert (drawn_points >= 0).all()
    np.testing.assert_allclose(drawn_points.sum(1), 1)
    assert ((drawn_points > 0).sum(1) <= 3).all()
    np.testing.assert_array_equal(drawn(points, 7, known=True), drawn_points[7])
    strangers = np.stack([drawn(points, seed, known=False) for seed in range(50)])
    assert len(np.unique(np.concatenate([drawn_points, strangers]), axis=0)) == 100
