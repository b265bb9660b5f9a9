"""The ways from a photo to a cutout that bench.quality measures: one line of `VARIANTS` each.

To try something, write a function and add a line; functions must be at the top of a module, because they are
called in other processes. A mask step must leave the photo as it is; a colour step is given a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image

from alphacut.foreground import estimate
from alphacut.image import Photo
from alphacut.mask import alpha_of
from alphacut.recipe import DEFAULT, IMGLY, PLAIN, REMBG, Filter, Recipe, Resampling
from bench.matting import closed_form, learning_based
from bench.metrics import Levels

MaskStep = Callable[[Levels, Image.Image, Levels], Image.Image]
"""The network's map (uint8, (h, w)), the photo (RGB) and what the network saw of it (uint8, (h', w', 3)) to
alpha (L) of the photo's size."""

ColourStep = Callable[[Image.Image, Image.Image], Image.Image]
"""The photo (RGB) and alpha (L) to the colours of the subject (RGB)."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way from a photo to a cutout.

    Attributes
    ----------
    recipe : Recipe
        As the pipeline takes it. Scaling other than ours needs the published network, which has none.
    mask, colour : callable or None
        Done instead of what the recipe says.
    boxed : bool
        Whether the user draws a box around the subject: that of the true mask.
    against : tuple of str
        Variants that it is compared with.
    models : tuple of str
        Networks that it is measured with.
    sets : tuple of str or None
        Sets that it is measured on; None for all.
    """

    recipe: Recipe = DEFAULT
    mask: MaskStep | None = None
    colour: ColourStep | None = None
    boxed: bool = False
    against: tuple[str, ...] = ("default",)
    models: tuple[str, ...] = ("u2netp", "isnet")
    sets: tuple[str, ...] | None = None

    def measured(self, model: str, set_: str) -> bool:
        """Tell whether it is measured with a network on a set."""
        return model in self.models and (self.sets is None or set_ in self.sets)

    def alpha(self, levels: Levels, photo: Photo, seen: Levels) -> Image.Image:
        """Do the step from the map to alpha."""
        if self.mask is None:
            return alpha_of(levels, photo.rgb, seen, self.recipe, photo.noise)
        return self.mask(levels, photo.rgb, seen)

    def colours(self, rgb: Image.Image, alpha: Image.Image) -> Image.Image:
        """Do the step from the photo's colours to the subject's; `rgb` may be changed in place."""
        if self.colour is None:
            return estimate(rgb, alpha) if self.recipe.colours else rgb
        return self.colour(rgb, alpha)


def _plain(**filters: Filter) -> Recipe:
    return replace(PLAIN, resampling=Resampling(**filters))


PEERS = ("rembg", "imgly")
_WITH_ALPHA = ("am_lowres", "am_comp")

VARIANTS: dict[str, Variant] = {
    "default": Variant(against=(*PEERS, "plain")),
    "rembg": Variant(recipe=REMBG, against=()),
    "imgly": Variant(recipe=IMGLY, against=()),
    "plain": Variant(recipe=PLAIN, against=PEERS),
    # Ablations of the default: one thing is done otherwise.
    "photo's colours": Variant(recipe=replace(DEFAULT, colours=False)),
    "edges as enlarged": Variant(recipe=replace(DEFAULT, edges=None)),
    "box": Variant(boxed=True),
    # What a "fine" mode could be, where true alpha is known.
    "closed form": Variant(mask=closed_form, sets=_WITH_ALPHA),
    # Ablations of the plain recipe, where resampling is not hidden by what follows. Photos are rarely larger
    # than ISNet's input: nothing to alias.
    "no antialias": Variant(recipe=_plain(shrink=Filter.CORNER), against=("plain",), models=("u2netp",)),
    "lanczos in": Variant(recipe=_plain(shrink=Filter.LANCZOS), against=("plain",)),
    "lanczos up": Variant(recipe=_plain(grow=Filter.LANCZOS), against=("plain",)),
}

SLOW: dict[str, Variant] = {"learning based": Variant(mask=learning_based, sets=_WITH_ALPHA)}
"""Measured only if named: many seconds a photo."""
