"""The three forms of class evidence, against plain NumPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from dreamstream.dreamers.ascent.features import shares
from dreamstream.dreamers.ascent.objective import (
    StepWindows,
    Target,
    feathered,
    grid,
    likeness,
    living,
    objects,
    without_colour,
)
from dreamstream.dreamers.ascent.regions import raster_of
from dreamstream.networks.vgg.model import Typical

RNG = np.random.default_rng(5)
LOGITS = RNG.normal(0, 2, (6, 9, 7)).astype(np.float32)


def wanted(*wishes: tuple[int, str, float]) -> Target:
    """A padded programme."""
    padded = list(wishes) + [(0, "whole", 0.0)] * (4 - len(wishes))
    return Target(
        jnp.asarray([w[0] for w in padded]),
        jnp.asarray([w[2] for w in padded], jnp.float32),
        jnp.asarray(np.array([raster_of(w[1]) for w in padded])),
        jnp.float32(1),
        {},
    )


def glimpse(classes: np.ndarray, weights: np.ndarray, against: np.ndarray | None = None) -> StepWindows:
    """Windows of these classes and weights, somewhere."""
    refused = np.zeros((len(classes), 4)) if against is None else against
    boxes, offset = jnp.zeros((len(classes), 3)), jnp.zeros(2, int)
    return StepWindows(boxes, jnp.asarray(classes), jnp.asarray(weights), jnp.asarray(refused), offset)


def test_texture_is_the_mean_over_the_region_less_the_mean_of_all() -> None:
    """As the 2015 stream has it: class A above, class B below, all classes low."""
    found = float(grid(jnp.asarray(LOGITS), wanted((2, "top", 1.0), (4, "bottom", 1.0)), None))
    assert found == pytest.approx((LOGITS[:3, :, 2].mean() + LOGITS[3:, :, 4].mean()) / 2 - LOGITS.mean(), abs=1e-5)


def test_cells_cut_by_a_region_count_in_part() -> None:
    """A region's border through a cell weights it by its covered share; every mask has mean 1."""
    masks = np.asarray(shares(jnp.asarray(np.array([raster_of("left"), raster_of("bottom right")])), 5, 9))
    assert masks.mean(axis=(1, 2)) == pytest.approx(1, abs=1e-5)
    assert masks[0, 0] == pytest.approx([2, 2, 2, 2, 1, 0, 0, 0, 0], abs=1e-5)
    assert masks[1, 2, 4] == pytest.approx(masks[1, 4, 8] / 4, abs=1e-5)


def test_focus_weights_positions_by_their_softmax() -> None:
    """Positions where the class is seen already count most; a colder softmax looks at fewer."""
    own = LOGITS[..., 3].ravel()
    for temperature in (0.5, 2.0):
        found = float(grid(jnp.asarray(LOGITS), wanted((3, "whole", 1.0)), temperature))
        assert found == pytest.approx(float(softmax(own / temperature) @ own) - LOGITS.mean(), rel=1e-4)


def test_focus_stays_inside_its_region() -> None:
    """No position outside the region counts, however much it looks like the class."""
    spiked = LOGITS.copy()
    spiked[5, 8, 3] = 50
    found = float(grid(jnp.asarray(spiked), wanted((3, "top left", 1.0)), 1.0))
    assert found < LOGITS[..., 3].max() + 1


def test_objects_is_log_probability_and_a_share_of_margin() -> None:
    """Windows count by their weights."""
    logits = LOGITS.reshape(-1, 7)[:5]
    classes, weights = np.array([0, 3, 3, 6, 1]), np.array([1, 2, 1, 0, 1.0])
    own = logits[np.arange(5), classes]
    each = own - logsumexp(logits, axis=1) + 0.15 * (own - logits.mean(axis=1))
    found = float(objects(jnp.asarray(logits), glimpse(classes, weights), jnp.zeros(4, int), 0.15))
    assert found == pytest.approx(float((weights * each).sum() / weights.sum()), rel=1e-4)


def test_what_the_network_is_sure_of_is_climbed_on_less() -> None:
    """A sure window's gradient falls to its share, that of one not yet sure hardly; 1 leaves both as they are."""
    logits = np.zeros((2, 7), np.float32)
    logits[0, 3], logits[1, 5] = 12.0, 4.0  # the second window shows something else
    seen = glimpse(np.array([3, 3]), np.array([1.0, 1.0]))

    def lengths(*sure: float) -> NDArray[np.float32]:
        def value(logits: jax.Array) -> jax.Array:
            return objects(logits, seen, jnp.zeros(4, int), 0.4, *sure)

        return np.asarray(jnp.abs(jax.grad(value)(jnp.asarray(logits))).sum(axis=1))

    usual, less = lengths(), lengths(0.25)
    assert less[0] == pytest.approx(0.25 * usual[0], rel=1e-3)
    assert less[1] > 0.95 * usual[1]
    assert np.array_equal(lengths(1.0), usual)


def test_objects_keep_out_what_is_not_wanted() -> None:
    """Of a class that is not wanted, the log-probability of all others counts, and a logit above the mean costs."""
    logits = LOGITS.reshape(-1, 7)[:5]
    classes, weights = np.array([0, 3, 3, 6, 1]), np.array([1, 2, 1, 0, 1.0])
    against = np.zeros((5, 4))
    against[:, 1] = (0, 0.5, 0, 1, 0)
    own, seen = logits[np.arange(5), classes], logits[:, 2]
    each = weights * (own - logsumexp(logits, axis=1) + 0.15 * (own - logits.mean(axis=1)))
    absence = np.log1p(-softmax(logits, axis=1)[:, 2]) - 0.15 * np.logaddexp(0, seen - logits.mean(axis=1))
    unwanted = jnp.array([0, 2, 0, 0])
    found = float(objects(jnp.asarray(logits), glimpse(classes, weights, against), unwanted, 0.15))
    assert found == pytest.approx(float((each + against[:, 1] * absence).sum() / weights.sum()), rel=1e-4)
    alone = float(objects(jnp.asarray(logits), glimpse(classes, 0 * weights, against), unwanted, 0.15))
    assert alone == pytest.approx(float((against[:, 1] * absence).sum() / 1.5), rel=1e-4)


def test_negative_weights_push_a_class_away() -> None:
    """A wish of negative weight lowers its class."""
    for_it = float(grid(jnp.asarray(LOGITS), wanted((2, "whole", 1.0)), None)) + LOGITS.mean()
    against = float(grid(jnp.asarray(LOGITS), wanted((2, "whole", -1.0)), None)) + LOGITS.mean()
    assert against == pytest.approx(-for_it, abs=1e-5)


def test_feathered_windows_look_the_same_and_pull_only_inside() -> None:
    """Values stay as they are; the gradient is whole in the middle and fades to nothing at the edge."""
    seen = jnp.asarray(RNG.uniform(0, 1, (2, 32, 32, 3)), jnp.float32)
    assert np.asarray(feathered(seen)) == pytest.approx(np.asarray(seen), abs=1e-6)
    pull = np.asarray(jax.grad(lambda x: feathered(x).sum())(seen))[0, :, :, 0]
    assert pull[8:24, 8:24] == pytest.approx(1)
    assert max(pull[0].max(), pull[-1].max(), pull[:, 0].max(), pull[:, -1].max()) < 0.05
    assert np.all(np.diff(pull[16, :8]) >= 0)


def test_looks_without_colour_are_grey_and_pull_on_light_alone() -> None:
    """The luma of each pixel in all channels; what pulls on one channel pulls on all, as their light does."""
    seen = jnp.asarray(np.random.default_rng(3).uniform(size=(2, 4, 4, 3)), jnp.float32)
    which = jnp.asarray([1.0, 0.0])
    found = np.asarray(without_colour(seen, which))
    luma = np.asarray(seen[0]) @ np.array([0.299, 0.587, 0.114])
    assert found[0] == pytest.approx(np.repeat(luma[..., None], 3, axis=-1), abs=1e-5)
    assert np.array_equal(found[1], np.asarray(seen[1]))
    pull = np.asarray(jax.grad(lambda x: without_colour(x, which)[..., 1].sum())(seen))
    assert pull[0] == pytest.approx(np.broadcast_to([0.299, 0.587, 0.114], (4, 4, 3)), abs=1e-6)


def test_rivals_are_the_classes_that_nobody_asked_for() -> None:
    """The value falls with an unwanted class, most with the strongest, and not with a second wanted one."""
    logits = jnp.zeros((2, 3, 5)).at[..., 4].set(6.0)
    asked = wanted((1, "whole", 1.0), (2, "whole", 1.0))
    slope = jax.grad(lambda x: grid(x, asked, None, 0.0, rivals=1.0))(logits).sum((0, 1))
    assert slope[1] > 0
    assert slope[2] > 0
    # Padding is class 0, which nobody asked for: a rival, too.
    assert slope[0] < 0
    assert slope[4] < 2 * slope[3] < 0
    assert float(slope.sum()) == pytest.approx(0, abs=1e-5)


def test_likeness_is_how_near_everything_is_to_what_is_typical_there() -> None:
    """Blocks count by their strength, each wish in its own region, and what is far off draws least."""
    mean = RNG.normal(0, 1, (7, 5)).astype(np.float32)
    spread = np.array([0.5, 1, 2, 1, 4], np.float32)
    typical, blocks = Typical(mean, spread), (2, 3)
    left = jnp.asarray(np.where(np.arange(8)[None, :, None] < 4, mean[2], mean[5]) * np.ones((4, 1, 1), np.float32))
    both = wanted((2, "left", 1.0), (5, "right", 1.0), (1, "whole", -1.0))
    assert float(likeness(left, typical, blocks, (1, 1), both)) == pytest.approx(0, abs=1e-6)
    away = mean[2] + spread * np.array([1, 0, 0, 3, 0], np.float32)
    found = jnp.broadcast_to(jnp.asarray(away), (4, 8, 5))
    own = wanted((2, "whole", 0.5))
    assert float(likeness(found, typical, blocks, (2, 3), own)) == pytest.approx(-np.log(2) - np.log(10), abs=1e-5)
    slope = jax.grad(lambda x: likeness(x, typical, blocks, (1, 1), own))(found).sum((0, 1))
    assert slope[0] < 0
    assert slope[3] < 0
    far = jax.grad(lambda x: likeness(x, typical, blocks, (1, 1), own))(found + 100).sum((0, 1))
    assert abs(far[3]) < abs(slope[3])


def test_living_is_the_distance_to_pictures_in_each_layer() -> None:
    """Relative to what is in the picture, as windows are weighed, and whatever is in the corners."""
    rng = np.random.default_rng(2)
    found = {name: rng.random((3, side, side, 2)).astype(np.float32) for name, side in (("relu1_2", 8), ("relu2_2", 4))}
    theirs = {name: rng.random((4, *each.shape[1:])).astype(np.float32) for name, each in found.items()}
    seen = glimpse(np.zeros(3, int), np.zeros(3))._replace(
        pictures=jnp.array([1, 0, 1]), likenesses=jnp.array([1.0, 0.5, 0.0])
    )
    far = np.zeros(3)
    for name, each in found.items():
        side = each.shape[1]
        place = np.abs((np.arange(side) + 0.5) / side - 0.5)
        disc = np.clip((0.6 - np.hypot(place[:, None], place)) / 0.2, 0, 1)[None, :, :, None]
        wanted_ = theirs[name][[1, 0, 1]]
        far += (disc * (each - wanted_) ** 2).mean(axis=(1, 2, 3)) / ((disc * wanted_**2).mean(axis=(1, 2, 3)) + 1e-3)
    value = float(living({name: jnp.asarray(each) for name, each in found.items()}, seen, theirs))
    assert value == pytest.approx(-(far[0] + 0.5 * far[1]) / 1.5, rel=1e-4)
    cornered = {name: each.copy() for name, each in found.items()}
    cornered["relu1_2"][:, 0, 0] += 100
    assert float(living({name: jnp.asarray(each) for name, each in cornered.items()}, seen, theirs)) == value
