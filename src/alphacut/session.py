"""What the pipeline asks of a network, whatever runs it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Session(Protocol):
    """A loaded network."""

    async def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network once.

        Parameters
        ----------
        pixels : ndarray
            float32, C-contiguous, NCHW; may be reused by the caller once the call returns.

        Returns
        -------
        ndarray
            float32, the network's first output; the caller owns it.

        Raises
        ------
        AlphacutError
            The network failed, or its device was lost.
        """
        ...
