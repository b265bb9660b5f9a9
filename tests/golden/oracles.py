"""The peers' ways from a photo to a mask, written again from their sources without our code."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]

REMBG_SIZES = {"u2netp": 320, "isnet": 1024}
REMBG_MEANS = {"u2netp": (0.485, 0.456, 0.406), "isnet": (0.5, 0.5, 0.5)}
REMBG_STDS = {"u2netp": (0.229, 0.224, 0.225), "isnet": (1.0, 1.0, 1.0)}
IMGLY_SIZE = 1024


def rembg_mask(photo: bytes, model: str, network: Network) -> NDArray[np.uint8]:
    """rembg: its sessions/base.py, sessions/u2netp.py and sessions/dis_general_use.py."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB")
    side = REMBG_SIZES[model]
    small = np.array(image.resize((side, side), Image.Resampling.LANCZOS))
    scaled = small / max(small.max(), 1e-6)
    normal = (scaled - np.array(REMBG_MEANS[model])) / np.array(REMBG_STDS[model])
    values = network(np.ascontiguousarray(normal.transpose(2, 0, 1)[None], np.float32)).reshape(side, side)
    stretched = (values - values.min()) / (values.max() - values.min())
    mask = Image.fromarray((stretched * 255).astype(np.uint8))
    return np.asarray(mask.resize(image.size, Image.Resampling.LANCZOS))


def imgly_mask(photo: bytes, network: Network) -> NDArray[np.uint8]:
    """@imgly/background-removal: its inference.ts and utils.ts (tensorResizeBilinear, tensorHWCtoBCHW)."""
    image = np.asarray(Image.open(io.BytesIO(photo)).convert("RGB"))
    small = imgly_resize(image, IMGLY_SIZE, IMGLY_SIZE)
    normal = (small.astype(np.float64) - 128) / 256
    values = network(np.ascontiguousarray(normal.transpose(2, 0, 1)[None], np.float32))
    mask = (values.reshape(IMGLY_SIZE, IMGLY_SIZE, 1) * 255).astype(np.uint8)
    return imgly_resize(mask, image.shape[1], image.shape[0])[..., 0]


def imgly_resize(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Bilinear at ``x * old / new``, neighbours held at the edge, what is left of a level dropped."""
    old_height, old_width = image.shape[:2]
    y, x = np.arange(height) * (old_height / height), np.arange(width) * (old_width / width)
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    bottom, right = np.minimum(top + 1, old_height - 1), np.minimum(left + 1, old_width - 1)
    dy, dx = (y - top)[:, None, None], (x - left)[None, :, None]

    def at(rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(image[rows[:, None], columns[None, :]], np.float64)

    mixed = (
        (1 - dx) * (1 - dy) * at(top, left)
        + dx * (1 - dy) * at(top, right)
        + (1 - dx) * dy * at(bottom, left)
        + dx * dy * at(bottom, right)
    )
    return np.asarray(mixed, np.uint8)
