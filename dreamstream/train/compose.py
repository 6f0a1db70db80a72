"""Composes training pictures in JAX, on the device that trains: one emoji, strongly varied, over a strongly varied
background. A pure function of what it is made of and a key.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dreamstream.networks.pixels import towards_grey

BLUR_REACH = 3  # pixels: three times the widest blur of what is composed
WEAKENED, WEAKENED_REACH = (0.4, 2.2), 6  # pixels: the blur of what is shown without detail, and how far it reaches


class Stock(NamedTuple):
    """What pictures are composed of, on the device.

    stamps: uint8 [M, T, T, 4], premultiplied. choices: int32 [classes, K], the stamps that show each class; odds:
    float32 [classes, K], log of how often each is drawn, -inf where a class has fewer.
    backgrounds: uint8 [B, S', S', 3], larger than the pictures, each used with a random crop and flips.
    """

    stamps: jax.Array
    choices: jax.Array
    odds: jax.Array
    backgrounds: jax.Array


def compose(stock: Stock, key: jax.Array, count: int, size: int) -> tuple[jax.Array, jax.Array]:
    """`count` pictures float32 [count, size, size, 3], RGB in [0, 1], and their classes int32 [count]."""
    which, rest = jax.random.split(key)
    labels = jax.random.randint(which, (count,), 0, len(stock.choices))
    pictures = jax.vmap(lambda k, label: _picture(stock, k, label, size))(jax.random.split(rest, count), labels)
    return pictures, labels


def _picture(stock: Stock, key: jax.Array, label: jax.Array, size: int) -> jax.Array:
    keys = iter(jax.random.split(key, 14))
    picture = _crop(stock.backgrounds, next(keys), size)
    stamp = stock.choices[label, jax.random.categorical(next(keys), stock.odds[label])]
    side = size * jax.random.uniform(next(keys), minval=0.58, maxval=1.12)
    slack = 0.09 * size + jnp.maximum(0.0, (size - side) / 3)
    centre = (size - 1) / 2 + slack * jax.random.uniform(next(keys), (2,), minval=-1.0)
    colour = _stretched(stock.stamps, stamp, next(keys), side, centre, size)
    premultiplied, alpha = colour[..., :3], colour[..., 3:]
    mixture = jnp.eye(3) + 0.06 * jax.random.normal(next(keys), (3, 3))
    grey = jax.random.uniform(next(keys), minval=-0.1, maxval=0.25)  # towards grey, or a little more colourful
    mixture = (mixture * (1 - grey) + grey / 3) * jax.random.uniform(next(keys), minval=0.75, maxval=1.15)
    light = 0.05 * jax.random.normal(next(keys))
    tinted = jnp.einsum("yxc,dc->yxd", premultiplied, mixture, precision="highest") + alpha * light
    picture = jnp.clip(tinted + picture * (1 - alpha), 0, 1)
    blur = jax.random.uniform(next(keys), minval=0.3, maxval=1.1)
    picture = _blurred(picture, jnp.where(jax.random.uniform(next(keys)) < 0.3, blur, 0.0))
    strength = jax.random.uniform(next(keys), minval=0.01, maxval=0.06)
    strength = jnp.where(jax.random.uniform(next(keys)) < 0.4, strength, 0.0)
    return jnp.clip(picture + strength * jax.random.normal(next(keys), picture.shape), 0, 1)


def _crop(backgrounds: jax.Array, key: jax.Array, size: int) -> jax.Array:
    """A random crop of a random background, float32 [size, size, 3], mirrored half the time, sometimes upside down."""
    first, second, third = jax.random.split(key, 3)
    index = jax.random.randint(first, (), 0, len(backgrounds))
    corner = jax.random.randint(second, (2,), 0, backgrounds.shape[1] - size + 1)
    flip = jax.random.uniform(third, (2,)) < jnp.array([0.3, 0.5])
    crop = jax.lax.dynamic_slice(backgrounds, (index, corner[0], corner[1], 0), (1, size, size, 3))[0]
    crop = jnp.where(flip[0], crop[::-1], crop)
    crop = jnp.where(flip[1], crop[:, ::-1], crop)
    return crop.astype(jnp.float32) / 255


def _stretched(
    stamps: jax.Array, index: jax.Array, key: jax.Array, side: jax.Array, centre: jax.Array, size: int
) -> jax.Array:
    """A stamp at a size and place, a little turned and stretched, half the time mirrored: [size, size, 4] in [0, 1].

    Sampled bilinearly: sides stay between half and twice the stamp's, so nothing aliases.
    """
    from_side = stamps.shape[1]
    turn, mirror, stretch = jax.random.split(key, 3)
    angle = jnp.radians(11.0) * jax.random.normal(turn)
    flip = jnp.where(jax.random.uniform(mirror) < 0.5, -1.0, 1.0)
    wider = jnp.exp(0.07 * jax.random.normal(stretch))
    scale = side / from_side
    y, x = jnp.meshgrid(jnp.arange(size) - centre[0], jnp.arange(size) - centre[1], indexing="ij")
    c, s = jnp.cos(angle), jnp.sin(angle)
    middle = (from_side - 1) / 2
    u = (c * x + s * y) / (scale * wider) * flip + middle
    v = (c * y - s * x) / scale * wider + middle
    left, top = jnp.floor(u), jnp.floor(v)
    texels = stamps.reshape(-1, 4)
    total = jnp.zeros((size, size, 4))
    for across in (0, 1):
        for down in (0, 1):
            column, row = left + across, top + down
            weight = (1 - jnp.abs(u - column)) * (1 - jnp.abs(v - row))
            inside = (column >= 0) & (column < from_side) & (row >= 0) & (row < from_side)
            flat = (index * from_side + row.astype(jnp.int32)) * from_side + column.astype(jnp.int32)
            found = texels[jnp.where(inside, flat, 0)].astype(jnp.float32) / 255
            total += jnp.where(inside, weight, 0.0)[..., None] * found
    return total


def weakened(pictures: jax.Array, key: jax.Array, grey: float, blurred: float) -> jax.Array:
    """Pictures [N, H, W, 3] of which a share `grey` has no colour, half as many have less, and a share `blurred` has
    less detail: who is to name them must know their form.
    """
    colours, paler, detail, how = jax.random.split(key, 4)
    count = len(pictures)
    drawn = jax.random.uniform(colours, (count,))
    taken = jnp.where(drawn < 1.5 * grey, jax.random.uniform(paler, (count,)), 0.0)
    taken = jnp.where(drawn < grey, 1.0, taken)[:, None, None]
    pictures = towards_grey(pictures, taken)
    sigma = jax.random.uniform(how, (count,), minval=WEAKENED[0], maxval=WEAKENED[1])
    sigma = jnp.where(jax.random.uniform(detail, (count,)) < blurred, sigma, 0.0)
    return jax.vmap(lambda picture, s: _blurred(picture, s, WEAKENED_REACH))(pictures, sigma)


def _blurred(picture: jax.Array, sigma: jax.Array, farthest: int = BLUR_REACH) -> jax.Array:
    """A Gaussian blur of [H, W, C] that reaches `farthest` pixels; none where sigma is 0."""
    reach = jnp.arange(-farthest, farthest + 1)
    weights = jnp.exp(-(reach**2) / (2 * jnp.maximum(sigma, 1e-3) ** 2))
    weights /= weights.sum()
    for axis in (0, 1):
        border = [(farthest, farthest) if a == axis else (0, 0) for a in range(3)]
        padded = jnp.pad(picture, border, mode="reflect")
        parts = [
            jax.lax.slice_in_dim(padded, i, i + picture.shape[axis], axis=axis) * weights[i]
            for i in range(2 * farthest + 1)
        ]
        picture = sum(parts[1:], parts[0])
    return picture


def portraits(stock: Stock, key: jax.Array, count: int, size: int) -> jax.Array:
    """`count` pictures float32 [count, size, size, 3] in [0, 1]: one thing in the middle of a plain ground."""
    return jax.vmap(lambda k: _portrait(stock, k, size))(jax.random.split(key, count))


def _portrait(stock: Stock, key: jax.Array, size: int) -> jax.Array:
    keys = iter(jax.random.split(key, 12))
    label = jax.random.randint(next(keys), (), 0, len(stock.choices))
    stamp = stock.choices[label, jax.random.categorical(next(keys), stock.odds[label])]
    side = size * 0.86 * jnp.exp(0.1 * jax.random.normal(next(keys)))
    centre = (size - 1) / 2 + 0.035 * size * jax.random.normal(next(keys), (2,))
    colour = _stretched(stock.stamps, stamp, next(keys), side, centre, size)
    mixture = jnp.eye(3) + 0.05 * jax.random.normal(next(keys), (3, 3))
    light = jax.random.uniform(next(keys), minval=0.88, maxval=1.08)
    tinted = jnp.einsum("yxc,dc->yxd", colour[..., :3], mixture, precision="highest") * light
    ends = jax.random.uniform(next(keys), (2, 3), minval=0.35)
    ends = jnp.where(jax.random.uniform(next(keys)) < 0.1, jnp.ones((2, 3)), ends)
    angle = 2 * jnp.pi * jax.random.uniform(next(keys))
    y, x = jnp.meshgrid(jnp.arange(size) / size - 0.5, jnp.arange(size) / size - 0.5, indexing="ij")
    share = jnp.clip(0.5 + x * jnp.cos(angle) + y * jnp.sin(angle), 0, 1)[..., None]
    ground = ends[0] * share + ends[1] * (1 - share)
    return jnp.clip(tinted + ground * (1 - colour[..., 3:]), 0, 1)
