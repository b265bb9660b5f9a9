"""Masks of moving pictures: the network alone, at its own size. A preview needs no more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.edges import settle
from alphacut.models import ModelSpec
from alphacut.preprocess import resize
from alphacut.recipe import DEFAULT
from alphacut.session import Session


async def live_mask(pixels: NDArray[np.uint8], session: Session, spec: ModelSpec) -> NDArray[np.uint8]:
    """Tell the subject of one picture of a camera from its background.

    Parameters
    ----------
    pixels : ndarray
        uint8, shape (height, width, 4), RGBA as a canvas gives it; opaque.
    session : Session
        The network that `spec` describes.

    Returns
    -------
    ndarray
        uint8, shape (h, w) of the network's map, whatever the picture's proportions: 0 is background, 255
        is subject. What is almost either is made so, as in a cutout; edges stay as soft as they were drawn.

    Raises
    ------
    AlphacutError
        See `Session.run`.
    """
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    small = resize(picture, (spec.width, spec.height), DEFAULT.resampling.shrink)
    levels = await session.run(np.asarray(small)[None])
    return levels if DEFAULT.edges is None else settle(levels, DEFAULT.edges.ends)
