"""Which way of resampling and scaling leads from a photo to the network and back: `Recipe`.

`DEFAULT` is ours. `REMBG` and `IMGLY` do what those projects do, so that tests and benchmarks can
hold the pipeline against them on equal terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from alphacut.edges import DEFAULT as GUIDE
from alphacut.edges import Guide


class Filter(Enum):
    """How to resample."""

    BILINEAR = auto()
    """Triangle filter, widened when shrinking (antialiased); centres of pixels aligned."""
    LANCZOS = auto()
    """Lanczos-3, widened when shrinking."""
    CORNER = auto()
    """Two-tap bilinear between pixels' top left corners, never widened: aliases when shrinking."""


class White(Enum):
    """Which value of the resized photo becomes 1."""

    RANGE = auto()
    """255, the end of the range."""
    BRIGHTEST = auto()
    """The brightest sample of the resized photo, whatever it is."""


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How photo and mask change size.

    Attributes
    ----------
    shrink : Filter
        From the photo to the network's input.
    grow : Filter
        From the network's map to the photo's size.
    """

    shrink: Filter = Filter.BILINEAR
    grow: Filter = Filter.BILINEAR


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How levels become the network's numbers and its numbers levels; shipped graphs hold their own.

    Attributes
    ----------
    white : White
        What is divided by before mean and std.
    centre, scale : float or None
        Replace the model's mean and std where not None, on the scale where white is 1.
    stretch : bool
        Stretch the map so that its least value becomes 0 and its greatest 1.
    truncate : bool
        Drop the fraction when alpha becomes uint8 instead of rounding.
    """

    white: White = White.RANGE
    centre: float | None = None
    scale: float | None = None
    stretch: bool = False
    truncate: bool = False


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way through pre- and post-processing.

    Attributes
    ----------
    resampling : Resampling
        In the pipeline.
    scaling : Scaling
        Around the network, so that the session's: shipped graphs hold the default one.
    edges : Guide or None
        How alpha follows the photo; None leaves it as it was enlarged.
    colours : bool
        Take the old background out of soft pixels.
    """

    resampling: Resampling = Resampling()
    scaling: Scaling = Scaling()
    edges: Guide | None = GUIDE
    colours: bool = True


PLAIN = Recipe(edges=None, colours=False)
"""The network's map, enlarged, as alpha, and the photo's own colours: what all else is measured against."""


DEFAULT = Recipe()
"""Antialiased both ways; the map is taken as the probability that it is; edges and colours are refined.

Why not a peer's: Lanczos costs more and overshoots at edges; the corner filter aliases when shrinking;
dividing by the brightest sample changes dark photos; stretching makes a subject out of noise.
"""

REMBG = Recipe(
    resampling=Resampling(shrink=Filter.LANCZOS, grow=Filter.LANCZOS),
    scaling=Scaling(white=White.BRIGHTEST, stretch=True, truncate=True),
    edges=None,
    colours=False,
)
"""As rembg's sessions do it (danielgatis/rembg, sessions/base.py)."""

IMGLY = Recipe(
    resampling=Resampling(shrink=Filter.CORNER, grow=Filter.CORNER),
    scaling=Scaling(centre=128 / 255, scale=256 / 255, truncate=True),
    edges=None,
    colours=False,
)
"""As @imgly/background-removal does it (inference.ts, utils.ts)."""
