"""Pixel operations on canvases.

All functions expect float32 canvases [H, W, 3], RGB, sRGB-encoded, values in [0, 1], and stay in that range where they
average; (x, y) are pixel centres at whole numbers, x to the right, y down.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of R, G and B, sRGB-encoded


def towards_grey(pictures: jax.Array, share: jax.Array) -> jax.Array:
    """Pictures [..., 3] that have gone a share of the way to their luma, which is grey. share: [...], from 0 to 1."""
    return pictures + share[..., None] * ((pictures @ LUMA)[..., None] - pictures)


def mean_pool(canvas: jax.Array, factor: int) -> jax.Array:
    """Means of factor x factor blocks; rows and columns that do not fill a block are left out."""
    if factor == 1:
        return canvas
    h, w, c = canvas.shape[0] // factor, canvas.shape[1] // factor, canvas.shape[2]
    return canvas[: h * factor, : w * factor].reshape(h, factor, w, factor, c).mean(axis=(1, 3))


def affine(canvas: jax.Array, matrix: jax.Array) -> jax.Array:
    """Bilinear resampling of [H, W, C] to the same size: output pixel p shows input position matrix @ (x, y, 1).

    matrix: [2, 3], output coordinates to input coordinates. Positions outside repeat the edge.
    Equals scipy.ndimage.affine_transform(order=1, mode="nearest") of each channel.
    """
    h, w, c = canvas.shape
    y, x = jnp.meshgrid(jnp.arange(h, dtype=jnp.float32), jnp.arange(w, dtype=jnp.float32), indexing="ij")
    u = jnp.clip(matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2], 0, w - 1)
    v = jnp.clip(matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2], 0, h - 1)
    left = jnp.minimum(jnp.floor(u), w - 2)
    top = jnp.minimum(jnp.floor(v), h - 2)
    fu, fv = (u - left)[..., None], (v - top)[..., None]
    flat = canvas.reshape(h * w, c)
    corner = top.astype(jnp.int32) * w + left.astype(jnp.int32)

    def take(offset: int) -> jax.Array:
        return jnp.take(flat, corner + offset, axis=0, indices_are_sorted=False, mode="clip")

    upper = take(0) * (1 - fu) + take(1) * fu
    lower = take(w) * (1 - fu) + take(w + 1) * fu
    return upper * (1 - fv) + lower * fv


def _resampling(centre: jax.Array, side: jax.Array, start: jax.Array, length: int, out: int) -> jax.Array:
    """The [out, length] matrix that resamples `side` pixels about `centre` to `out`, with a triangle filter against
    aliasing.
    """
    step = side / out  # below nought where it is mirrored
    place = centre + (jnp.arange(out, dtype=jnp.float32) - (out - 1) / 2) * step - start
    place = jnp.clip(place, 0, length - 1)
    reach = jnp.maximum(jnp.abs(step), 1.0)
    weights = jax.nn.relu(1 - jnp.abs(jnp.arange(length, dtype=jnp.float32)[None] - place[:, None]) / reach)
    return weights / weights.sum(axis=1, keepdims=True)


def windows(canvas: jax.Array, boxes: jax.Array, out: int, reach: int) -> jax.Array:
    """Square windows of the canvas resampled to [K, out, out, 3].

    boxes: [K, 3], each (x of the centre, y of the centre, side) in pixels; what lies outside the canvas repeats its
    edge. A window with a negative side is mirrored, left for right.
    reach: the largest side that can be asked for, in pixels (static); a larger side is cut at `reach`.
    Resampling is two small matrix products for each window: on a CPU a gather costs several times as much.
    """
    h, w, _ = canvas.shape
    rows, columns = min(reach + 4, h), min(reach + 4, w)
    crops = []
    for index in range(boxes.shape[0]):
        x, y, side = boxes[index, 0], boxes[index, 1], boxes[index, 2]
        top = jnp.clip(jnp.round(y - rows / 2), 0, h - rows)
        left = jnp.clip(jnp.round(x - columns / 2), 0, w - columns)
        part = jax.lax.dynamic_slice(canvas, (top.astype(jnp.int32), left.astype(jnp.int32), 0), (rows, columns, 3))
        down = _resampling(y, jnp.abs(side), top, rows, out)
        across = _resampling(x, side, left, columns, out)
        crops.append(jnp.einsum("ay,yxc,bx->abc", down, part, across, optimize=[(0, 1), (0, 1)]))
    return jnp.stack(crops)


def to_bytes(canvas: jax.Array) -> jax.Array:
    """A canvas as uint8, rounded."""
    return jnp.round(jnp.clip(canvas, 0, 1) * 255).astype(jnp.uint8)
