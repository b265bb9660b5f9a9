"""The ways from a photo to a cutout that bench.quality measures: one line of `VARIANTS` each.

To try something, write a function and add a line; functions must be at the top of a module, because they are
called in other processes. A mask step must leave the photo as it is; a colour step is given a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from alphacut.mask import alpha_of
from alphacut.recipe import DEFAULT, IMGLY, REMBG, Filter, Recipe, Resampling
from bench.metrics import Levels

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are the first ones outside."""

MaskStep = Callable[[Levels, Image.Image, Image.Image | None], Image.Image]
"""The network's map (uint8, (h, w)), the photo (RGB) and the alpha it brought (L or None) to alpha (L) of the
photo's size."""

ColourStep = Callable[[Image.Image, Image.Image], Image.Image]
"""The photo (RGB) and alpha (L) to the colours of the subject (RGB)."""

CropStep = Callable[[tuple[int, int], Box], Box]
"""The photo's size and the box that a user drew to the part that the network sees; alpha is 0 outside."""


def keep_colours(rgb: Image.Image, alpha: Image.Image) -> Image.Image:
    """Leave the old background in the colours of the edge."""
    return rgb


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way from a photo to a cutout.

    Attributes
    ----------
    recipe : Recipe
        How the photo is resampled and scaled for the network. Scaling other than ours needs the published
        network, which has none of its own.
    mask : callable or None
        From the map to alpha; None resizes the map as the recipe says.
    colour : callable
        From the photo's colours to the subject's.
    crop : callable or None
        For a user's box around the subject, which is the box of the true mask here; None: no box is drawn.
    against : tuple of str
        Variants that it is compared with.
    models : tuple of str
        Networks that it is measured with.
    """

    recipe: Recipe = DEFAULT
    mask: MaskStep | None = None
    colour: ColourStep = keep_colours
    crop: CropStep | None = None
    against: tuple[str, ...] = ("default",)
    models: tuple[str, ...] = ("u2netp", "isnet")

    @property
    def published(self) -> bool:
        """Whether it needs the network as it was published."""
        return self.recipe.scaling != DEFAULT.scaling

    def alpha(self, levels: Levels, rgb: Image.Image, existing: Image.Image | None) -> Image.Image:
        """Do the step from the map to alpha."""
        if self.mask is None:
            return alpha_of(levels, rgb.size, existing, self.recipe.resampling.grow)
        return self.mask(levels, rgb, existing)


def with_margin(size: tuple[int, int], box: Box, margin: float = 0.1) -> Box:
    """Widen a box by a part of its longer side, as far as the photo reaches."""
    more = round(margin * max(box[2] - box[0], box[3] - box[1]))
    left, top, right, bottom = box
    return max(0, left - more), max(0, top - more), min(size[0], right + more), min(size[1], bottom + more)


PEERS = ("rembg", "imgly")

VARIANTS: dict[str, Variant] = {
    "default": Variant(against=(*PEERS, "plain")),
    "rembg": Variant(recipe=REMBG, against=()),
    "imgly": Variant(recipe=IMGLY, against=()),
    # Ablations: the default with one thing done otherwise, or "plain", which does none of the refinements.
    "plain": Variant(against=PEERS),
    "no antialias": Variant(
        recipe=Recipe(resampling=Resampling(shrink=Filter.CORNER)), against=("plain",), models=("u2netp",)
    ),  # photos are rarely larger than ISNet's input: nothing to alias
    "lanczos in": Variant(recipe=Recipe(resampling=Resampling(shrink=Filter.LANCZOS)), against=("plain",)),
    "lanczos up": Variant(recipe=Recipe(resampling=Resampling(grow=Filter.LANCZOS)), against=("plain",)),
    "box": Variant(crop=with_margin, against=("plain",)),
}
