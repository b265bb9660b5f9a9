"""What people should know about a cutout that was made: `Note`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alphacut.errors import BROWSER_FORMATS
from alphacut.image import Photo
from alphacut.metadata import fits
from alphacut.output import Output
from alphacut.rgb_spaces import colour_in

Note = Literal[
    "first-frame", "approximate-colours", "metadata-lost",
    "empty-mask", "full-mask", "flat-mask", "undecided-mask",
    "no-subject", "enlargement-limited", "picture-colours", "background-colour", "unknown-colours",
]  # fmt: skip

_EMPTY_BELOW = 13  # 5%: nothing a person would call a subject
_FULL_ABOVE = 242
_FLAT_WITHIN = 25  # 10%: what varies less shows no subject
_UNSURE_FROM, _UNSURE_TO = 25, 230  # 10 and 90%
# Of 214 maps of bench/quality.py's photographs, 23 were above; 13 of these had failed (IoU below 0.5), of the
# 191 others 9.
_UNDECIDED_SHARE = 0.5


def notes_of_photo(photo: Photo, output: Output) -> Iterator[Note]:
    """Tell what of the photo was not used as it was."""
    if photo.frames > 1:
        yield "first-frame"
    if photo.managed != "exact":
        yield "unknown-colours" if photo.managed == "unknown" else "approximate-colours"
    if output.background is not None and not colour_in(output.background, photo.icc_profile)[1]:
        yield "background-colour"
    unread = photo.lost_exif or (photo.exif is None and photo.format in BROWSER_FORMATS)
    if output.metadata == "keep" and (unread or not fits(photo.exif, output)):
        yield "metadata-lost"


def notes_of_map(levels: NDArray[np.uint8]) -> Iterator[Note]:
    """Tell where the network's map (uint8, shape (h, w)) shows no subject, or the network did not decide."""
    least, greatest = int(levels.min()), int(levels.max())
    if greatest < _EMPTY_BELOW:
        yield "empty-mask"
    elif least > _FULL_ABOVE:
        yield "full-mask"
    elif greatest - least <= _FLAT_WITHIN:
        yield "flat-mask"
    elif undecided(levels) > _UNDECIDED_SHARE:
        yield "undecided-mask"


def undecided(levels: NDArray[np.uint8]) -> float:
    """Return which share of what may be subject, levels above 10%, is below 90%; 0 where nothing may be."""
    unsure = np.count_nonzero((levels > _UNSURE_FROM) & (levels < _UNSURE_TO))
    may_be = np.count_nonzero(levels > _UNSURE_FROM)
    return unsure / may_be if may_be else 0.0
