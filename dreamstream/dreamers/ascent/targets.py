"""From a programme to the arrays that the ascent climbs by: classes to numbers, regions and masks to rasters, layers,
channels and pictures to features.
"""

from __future__ import annotations

from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError
from dreamstream.core.programme import LIVING, MAX_WISHES, PICTURED, THINGS, Programme, Wish
from dreamstream.dreamers.ascent.features import GUIDE_POSITIONS, SMALLEST, Feature, feature_key, layer_names
from dreamstream.dreamers.ascent.initial_canvas import fitted
from dreamstream.dreamers.ascent.objective import Target
from dreamstream.dreamers.ascent.regions import Mask, raster_of
from dreamstream.networks.vgg.model import Model
from dreamstream.wishes.sentence import NO_CLASSES

# In which layers a thing is to be like a picture that lives: from its strokes to its parts.
LIVING_LAYERS = ("relu1_2", "relu2_2", "relu3_3")
USUAL_LAYER = "relu4_3"  # at which a picture's features are taken when a wish names no layer


class TargetEncoder:
    """What programmes mean to one model on a canvas of one size, and the pictures that they speak of.

    ids: the model's class numbers by name. masks: by the names of the pictures they are made from.
    """

    def __init__(self, model: Model, params: Any, size: tuple[int, int]) -> None:
        self._model, self._params, self._size = model, params, size
        self.ids = {name: index for index, name in enumerate(model.classes)}
        self.masks: dict[str, Mask] = {}
        self._pictures: dict[str, NDArray[np.uint8]] = {}
        self._guides: dict[tuple[str, str], jax.Array] = {}
        self._living: dict[str, dict[str, jax.Array]] = {}
        self._look = jax.jit(lambda params, canvas: _in_layers(model, params, canvas))

    def add_picture(self, name: str, picture: NDArray[np.uint8]) -> None:
        """Give a picture uint8 [h, w, 3] a name; one of the same name is replaced. Raises ValueError for no picture."""
        grey = fitted(picture, self._size).mean(axis=2, dtype=np.float32)
        self._pictures[name] = picture
        self.masks[name] = Mask(grey)
        self._guides = {key: guide for key, guide in self._guides.items() if key[0] != name}

    def show(self, name: str, picture: NDArray[np.uint8]) -> None:
        """Show a picture uint8 [s, s, 3] that lives under this name, as it is now."""
        side = self._model.architecture.window
        if picture.shape[:2] != (side, side):
            picture = np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        self._living[name] = self._look(self._params, np.asarray(picture, np.float32)[None] / 255)

    def check(self, programme: Programme) -> None:
        """Raise UserError, in a sentence, for a programme that this model cannot dream."""
        wishes = programme.wishes
        unknown = next((wish.what for wish in wishes if wish.kind == "class" and wish.what not in self.ids), None)
        if unknown is not None and not self.ids:
            raise UsageError(f"The model {self._model.name} cannot dream {unknown!r}: {NO_CLASSES}.")
        if unknown is not None:
            raise UsageError(
                f"The model {self._model.name} does not know {unknown!r}; `dreamstream classes` lists its words."
            )
        if len(wishes) > MAX_WISHES:
            raise UsageError(f"A programme of {len(wishes)} wishes is too long; {MAX_WISHES} share a canvas at most.")
        if not any(wish.weight > 0 for wish in wishes):
            raise UsageError("Nothing is wanted: at least one wish must have a weight above 0.")
        for wish in wishes:
            self._check_feature(wish)
            if wish.mask:
                self._check_mask(wish)

    def _check_feature(self, wish: Wish) -> None:
        layers = layer_names(self._model)
        if wish.kind == LIVING and wish.what not in self._living:
            raise UsageError(f"There is no picture called {wish.what!r} that lives; show it to the dreamer first.")
        if wish.kind not in THINGS and wish.layer(USUAL_LAYER) not in layers:
            raise UsageError(f"The model has no layer {wish.layer()!r}; it has {', '.join(layers)}.")
        if wish.kind == "channel":
            count = self._channels(wish.layer())
            number = wish.what.partition(":")[2]
            if not (number.isascii() and number.isdigit() and int(number) < count):
                raise UsageError(f"{wish.layer()} has the channels 0 to {count - 1}, not {number!r}.")
        if wish.kind in PICTURED and wish.picture()[0] not in self._pictures:
            raise UsageError(f"There is no picture called {wish.picture()[0]!r}; give it to the dreamer first.")

    def _check_mask(self, wish: Wish) -> None:
        if wish.mask not in self.masks:
            raise UsageError(f"There is no picture called {wish.mask!r} for a mask; give it to the dreamer first.")
        if float(self._raster(wish).max()) < 0.02:
            raise UsageError(f"The mask {wish.mask!r} is black where {wish.label()} is wanted ({wish.region}).")

    def wanted(self, programme: Programme, always: tuple[Wish, ...], prior: float) -> Target:
        """The arrays of a programme that `check` has found right, and of wishes that a look adds to every one.

        Only features of pictures lie on the device already.
        """
        classes, weights = np.zeros(MAX_WISHES, np.int32), np.zeros(MAX_WISHES, np.float32)
        rasters = np.tile(raster_of("whole"), (MAX_WISHES, 1, 1))
        for index, wish in enumerate(wish for wish in programme.wishes if wish.kind == "class"):
            classes[index], weights[index], rasters[index] = self.ids[wish.what], wish.weight, self._raster(wish)
        features: dict[str, Feature] = {}
        for wish in (*programme.wishes, *always):
            if wish.kind not in THINGS:
                key = next(
                    key
                    for key in (feature_key(wish.layer(USUAL_LAYER), wish.kind, n) for n in range(2 * MAX_WISHES))
                    if key not in features
                )
                features[key] = self._feature(wish)
        living = self._pictures_of(programme)
        return Target(classes, weights, rasters, np.float32(prior), features, self._gate(programme), living)

    def _pictures_of(self, programme: Programme) -> dict[str, jax.Array] | None:
        """What is found in the pictures that its wishes speak of, in their places among its wishes."""
        shown = [self._living.get(wish.what) if wish.kind == LIVING else None for wish in programme.wishes]
        some = next((each for each in shown if each is not None), None)
        if some is None:
            return None
        filled = [some if each is None else each for each in (*shown, *[None] * (MAX_WISHES - len(shown)))]
        return {layer: jnp.stack([each[layer] for each in filled]) for layer in LIVING_LAYERS}

    def _raster(self, wish: Wish) -> NDArray[np.float32]:
        raster = raster_of(wish.region)
        return raster * self.masks[wish.mask].raster if wish.mask else raster

    def _feature(self, wish: Wish) -> Feature:
        weight, raster = np.float32(wish.weight), self._raster(wish)
        if wish.kind == "channel":
            return Feature(weight, raster, channel=np.int32(wish.what.partition(":")[2]))
        if wish.kind in PICTURED:
            return Feature(weight, raster, guide=self._guide(wish.picture()[0], wish.layer(USUAL_LAYER)))
        return Feature(weight, raster)

    def _gate(self, programme: Programme) -> NDArray[np.float32] | None:
        """Where the picture may change: where some mask allows it, if everything that is wanted has a mask."""
        wanted = [wish for wish in programme.wishes if wish.weight > 0]
        if not all(wish.mask for wish in wanted):
            return None
        gate: NDArray[np.float32] = np.max([self.masks[wish.mask].brightness for wish in wanted], axis=0)
        return gate

    def _channels(self, layer: str) -> int:
        return self._model.architecture.layers()[layer.replace("relu", "conv" if "_" in layer else "fc")][3]

    def _guide(self, name: str, layer: str) -> jax.Array:
        """Features [GUIDE_POSITIONS, channels] of a picture, as large as it would be seen on the canvas."""
        if (name, layer) not in self._guides:
            picture = self._pictures[name]
            smallest = self._model.architecture.window if "_" not in layer else SMALLEST
            scale = max(self._size[1] / picture.shape[0], smallest / min(picture.shape[:2]))
            height, width = (max(smallest, round(side * scale)) for side in picture.shape[:2])
            small = cv2.resize(picture, (min(width, 4 * height), height), interpolation=cv2.INTER_AREA)
            canvas = jnp.asarray(small, jnp.float32)[None] / 255
            found = self._model.activations(self._params, canvas, until=layer)[layer][0].astype(jnp.float32)
            flat = found.reshape(-1, found.shape[2])
            # Evenly strewn over the picture, and the same at every start.
            order = np.random.default_rng(0).permutation(flat.shape[0])
            self._guides[name, layer] = flat[jnp.asarray(np.resize(order, GUIDE_POSITIONS))]
        return self._guides[name, layer]


def _in_layers(model: Model, params: Any, canvas: jax.Array) -> dict[str, jax.Array]:
    """What a network finds in a picture [1, s, s, 3], in LIVING_LAYERS, each [h, w, C]."""
    found = model.activations(params, canvas, until=LIVING_LAYERS[-1])
    return {layer: found[layer][0].astype(jnp.float32) for layer in LIVING_LAYERS}
