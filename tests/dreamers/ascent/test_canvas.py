"""What is climbed on: pixels, or a code that stands for a picture."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.dreamers.ascent.canvas import COLOURS, FADING, Code, Pixels
from dreamstream.dreamers.ascent.windows import views


def picture(seed: int = 0) -> jax.Array:
    """A picture [24, 32, 3] with all values from dark to bright."""
    return jnp.asarray(np.random.default_rng(seed).uniform(0, 1, (24, 32, 3)), jnp.float32)


def test_a_code_stands_for_its_picture() -> None:
    """There and back within a sigmoid's reach, so that photographs and snapshots can be gone on from."""
    code = Code(1.0, 0.0)
    given = picture()
    back = code.picture(code.begin(given))
    assert float(jnp.abs(back - jnp.clip(given, 0.02, 0.98)).max()) < 1e-4
    assert np.array_equal(Pixels(0.0).picture(Pixels(0.0).begin(given)), given)


def test_channels_of_a_code_are_natural_colours() -> None:
    """The first is light and dark; the others are weaker and leave the brightness nearly as it is."""
    light, *others = COLOURS.T
    assert light.min() > 0.9 * light.max()
    for colour in others:
        assert np.linalg.norm(colour) < 0.5 * np.linalg.norm(light)
        assert abs(colour.mean()) < 0.2 * np.abs(colour).max()


def test_contrast_is_bounded_and_the_past_fades() -> None:
    """However long it is pushed, the contrast stays; what is not pushed any more goes towards grey."""
    code = Code(contrast=0.8, balance=0.01)
    push = jax.random.normal(jax.random.key(0), (24, 32, 3)).at[:12].set(0)
    held = code.begin(picture())
    before = float(jnp.abs(held[:12]).mean())
    for _ in range(200):
        held = code.moved(held, 0.1 * push, 1.0)
    assert float(jnp.sqrt(jnp.mean((held @ COLOURS.T) ** 2))) <= 0.81
    assert float(jnp.abs(held[:12]).mean()) < 0.05 * before
    seen = code.picture(held)
    assert float(seen.min()) > 0
    assert float(seen.max()) < 1


def test_a_photographs_contrast_fades_slowly() -> None:
    """Black and white, far beyond what dreams keep, lose a tenth at a step, not all at once."""
    code = Code(contrast=0.8, balance=0.0)
    photo = jnp.asarray(np.random.default_rng(0).integers(0, 2, (24, 32, 1)).repeat(3, axis=2), jnp.float32)
    held = code.begin(photo)
    after = code.moved(held, jnp.zeros_like(held), 1.0)
    assert np.allclose(after, FADING * held)


@pytest.mark.parametrize("held", [Pixels(0.01), Code(0.3, 0.01)])
def test_what_may_not_change_does_not(held: Pixels | Code) -> None:
    """Where a mask allows nothing, fading and balance change nothing either."""
    before = held.begin(picture())
    share = jnp.zeros((24, 32, 1)).at[:, 16:].set(1)
    after = held.moved(before, jnp.ones_like(before), share)
    assert np.array_equal(after[:, :16], before[:, :16])
    assert float(jnp.abs(after[:, 16:] - before[:, 16:]).min()) > 0


def test_views_look_from_near_by() -> None:
    """Each is a turn, a scale and a shift within bounds, about the canvas's middle; for none, nothing is drawn."""
    rng = np.random.default_rng(0)
    size = (320, 192)
    found = views(64, size, 1.0, rng)
    assert found.shape == (64, 2, 3)
    middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2, 1])
    off = found @ middle - middle[:2]
    assert (np.abs(off) <= 0.0601 * np.array(size)).all()
    scale = np.hypot(found[:, 0, 0], found[:, 1, 0])
    turn = np.degrees(np.arctan2(found[:, 1, 0], found[:, 0, 0]))
    assert ((scale > 1 / 1.051) & (scale < 1 / 0.949)).all()
    assert (np.abs(turn) <= 5.001).all()
    assert np.std(turn) > 1
    state = rng.bit_generator.state
    assert np.array_equal(views(3, size, 0.0, rng), np.tile(np.eye(2, 3), (3, 1, 1)))
    assert rng.bit_generator.state == state
