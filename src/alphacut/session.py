"""What the pipeline asks of a network, whatever runs it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alphacut.errors import SessionError


class Session(Protocol):
    """A loaded network."""

    async def run(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Run the network once.

        Parameters
        ----------
        pixels : ndarray
            uint8, C-contiguous, shape (1, height, width, 3), RGB; may be reused by the caller once the
            call returns.

        Returns
        -------
        ndarray
            uint8, shape (h, w): 0 is background, 255 is subject; the caller owns it.

        Raises
        ------
        AlphacutError
            The network failed, its device was lost, or what it gave is not one map.
        """
        ...


def map_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of a network's output of shape (1, 1, h, w); raises SessionError for another."""
    if len(shape) != 4 or shape[:2] != (1, 1) or 0 in shape:
        raise SessionError(f"The network gave an output of shape {shape} instead of one map.")
    return shape[2], shape[3]
