"""Alpha at the photo's size whose edges follow the photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from alphacut.guided import Plane, fit, window_means
from alphacut.noise import NONE, Noise
from alphacut.tiles import Box, boxes

_BILINEAR = Image.Resampling.BILINEAR
_FINER = 2  # see Guide.soft


@dataclass(frozen=True, kw_only=True)
class Guide:
    """How alpha follows the photo.

    The values were found on all photographs of bench/quality.py, and then held against their neighbours by
    the rule of bench/choose.py, on the half of the photographs to choose by: none of these wins. Only
    `map_variance` is a choice between two goods (docs/quality-trials.md).

    Attributes
    ----------
    side : int
        Longer side in pixels of the small copies of photo and map on which models are fitted. Larger ones
        cost more and were no better: what a window holds stays the same.
    radius : int
        Of the windows, in pixels of those copies.
    epsilon : float
        See `alphacut.guided.fit`.
    least : float
        What a pixel counts of whose alpha the network knows nothing; one that it is sure of counts 1.
    ends : int
        Levels this near to 0 and 255 are 0 and 255: networks give flat regions a faint noise.
    ramp : int
        Over so many levels the fitted alpha fades in, so that no step shows where flat regions begin.
    crisp, soft : float
        Of how unsure a window is on average, in 0..1: up to `crisp` the fitted alpha counts nothing, as the
        network drew an edge there as sharp as the window can tell; from `soft` on it counts wholly.
        On photos finer than the map it counts more, and wholly from twice as fine: no map is crisp there.
    map_variance : float
        What the map's error is taken to have, in squared units of 0..1, where models are weighed against the
        noise of the photo: see `alphacut.guided.fit`.
    """

    side: int = 256
    radius: int = 5
    epsilon: float = 1e-4
    least: float = 0.05
    ends: int = 4
    ramp: int = 8
    crisp: float = 0.05
    soft: float = 0.2
    map_variance: float = 0.03


DEFAULT = Guide()


def settle(levels: NDArray[np.uint8], ends: int) -> NDArray[np.uint8]:
    """Stretch levels so that those within `ends` of 0 and 255 become 0 and 255; uint8, same shape."""
    span = (np.arange(256) - ends) / (255 - 2 * ends)
    table: NDArray[np.uint8] = np.rint(255 * span.clip(0, 1)).astype(np.uint8)
    return table[levels]


def follow(
    photo: Image.Image,
    alpha: Image.Image,
    levels: NDArray[np.uint8],
    seen: NDArray[np.uint8],
    guide: Guide = DEFAULT,
    *,
    noise: Noise = NONE,
    tiles: Sequence[Box] | None = None,
) -> None:
    """Replace alpha, where it is neither 0 nor 255, by what the photo's colours say nearby.

    Parameters
    ----------
    photo : PIL.Image.Image
        Mode RGB.
    alpha : PIL.Image.Image
        Mode L, of the same size: `levels` enlarged. Changed in place.
    levels : ndarray
        uint8, shape (h, w): the network's map.
    seen : ndarray
        uint8, shape (h', w', 3): the whole photo as the network saw it.
    noise : Noise
        Of the photo.
    tiles : sequence of tuple or None
        Where alpha is soft, if that is known: `alphacut.tiles.boxes` of it.
    """
    tiles = boxes(alpha) if tiles is None else tiles
    if not tiles:
        return
    colours, small = _small(levels, seen, guide)
    weights = np.maximum(np.abs(2 * small - 1), np.float32(guide.least))
    model = fit(
        colours, small, weights, guide.radius, guide.epsilon, noise=noise, map_variance=guide.map_variance
    )
    trust = _trust(small, max(photo.width / levels.shape[1], photo.height / levels.shape[0]), guide)
    # Slopes turn bytes into bytes as they turn 0..1 into 0..1. Half a level rounds: Pillow drops fractions.
    offset = model.offset * np.float32(255) + np.float32(0.5)
    own = () if model.own is None else (model.own,)
    planes = [Image.fromarray(plane) for plane in (*model.slopes, offset, *own)]
    share_of = _share_by_level(guide.ramp)
    for box in tiles:
        there = alpha.crop(box)
        share = _times(there.point(share_of), trust, photo.size, box)
        if share.getbbox():
            fitted = _fitted(photo.crop(box), there, _enlarged(planes, photo.size, box))
            alpha.paste(fitted, box, share)


def _small(
    levels: NDArray[np.uint8], seen: NDArray[np.uint8], guide: Guide
) -> tuple[NDArray[np.uint8], Plane]:
    """Shrink the photo's colours, and the map, which becomes float32 in 0..1."""
    height, width = levels.shape
    scale = min(1.0, guide.side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    colours, small = (np.asarray(Image.fromarray(array).resize(size, _BILINEAR)) for array in (seen, levels))
    return colours, small.astype(np.float32) / np.float32(255)


def _trust(alpha: Plane, fineness: float, guide: Guide) -> Image.Image | None:
    """Say how much the fitted alpha counts, of 255, on the small copy (mode L); None: wholly everywhere.

    `fineness` is how many pixels of the photo there are to one of the map.
    """
    if fineness >= _FINER:
        return None
    unsure = window_means(1 - np.abs(2 * alpha - 1), guide.radius)
    trust = ((unsure - guide.crisp) / (guide.soft - guide.crisp)).clip(max(fineness - 1, 0) / (_FINER - 1), 1)
    return Image.fromarray(np.rint(255 * trust).astype(np.uint8))


def _times(share: Image.Image, trust: Image.Image | None, size: tuple[int, int], box: Box) -> Image.Image:
    """Multiply a tile's share by the trust at its place."""
    return share if trust is None else ImageChops.multiply(share, _enlarged([trust], size, box)[0])


def _enlarged(planes: list[Image.Image], size: tuple[int, int], box: Box) -> list[Image.Image]:
    """Cut a box of the photo out of planes of the whole one, at the photo's size."""
    across, down = planes[0].width / size[0], planes[0].height / size[1]
    part = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
    return [plane.resize((box[2] - box[0], box[3] - box[1]), _BILINEAR, part) for plane in planes]


def _share_by_level(ramp: int) -> list[int]:
    """Of 255, how much the fitted alpha counts at each level of the enlarged one: nothing at the ends."""
    return [min(255, round(255 * min(level, 255 - level) / ramp)) for level in range(256)]


def _fitted(photo: Image.Image, enlarged: Image.Image, planes: list[Image.Image]) -> Image.Image:
    """Apply a model to a tile; the enlarged map counts where there is a plane for it."""
    *slopes, offset = planes[:4]
    own = planes[4:]
    alpha = np.array(offset)
    for slope, channel in zip([*slopes, *own], [*photo.split(), *[enlarged for _ in own]], strict=True):
        alpha += np.asarray(slope) * np.asarray(channel)
    return Image.fromarray(alpha).convert("L")  # cuts at 0 and 255
