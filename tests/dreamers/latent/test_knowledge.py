"""What a subject differs in most."""

from __future__ import annotations

import numpy as np

from dreamstream.dreamers.latent.knowledge import normalised, principal


def test_principal_directions_are_found_exactly() -> None:
    """Longest first, a standard deviation long, with a sign that no order changes; 0 where there is none."""
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    apart = np.linalg.qr(np.concatenate([np.ones((40, 1)), rng.normal(size=(40, 2))], 1))[0][:, 1:] * 40**0.5
    styles = 7 + apart @ (turn[:2] * [[3.0], [0.5]])
    axes = principal(styles)
    np.testing.assert_allclose(np.abs(axes[0] @ turn[0]), 3.0)
    np.testing.assert_allclose(np.abs(axes[1] @ turn[1]), 0.5)
    np.testing.assert_allclose(axes[2], 0.0, atol=1e-9)
    assert all(axis[np.abs(axis).argmax()] > 0 for axis in axes[:2])
    np.testing.assert_allclose(principal(styles[::-1])[:2], axes[:2])


def test_latents_have_one_length() -> None:
    """A mean square of 1."""
    np.testing.assert_allclose((normalised(np.random.default_rng(1).normal(2, 5, (3, 9))) ** 2).mean(1), 1.0)
