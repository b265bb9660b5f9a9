"""Alpha changed by hand: edits applied, and the hint brush, under which the photo's edges decide anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.edits import Brush, Edit, Patch, Stroke
from alphacut.encode import encode_png
from alphacut.errors import BadOptionsError, ImageError
from alphacut.guided import LinearModel, fit
from alphacut.image import decode
from alphacut.matting import MattingLaplacian, solve
from alphacut.strokes import bounds, coverage, draw
from alphacut.tiles import Box

_BILINEAR = Image.Resampling.BILINEAR


@dataclass(frozen=True, kw_only=True)
class Hint:
    """How alpha is found where a stroke says that it is not known.

    Attributes
    ----------
    side : int
        Longer side in pixels of the small copy of what is around the stroke.
    room : float
        What is looked at around the stroke's box, in greatest radii of the stroke.
    radius, epsilon : int, float
        Of the windows of `alphacut.matting.MattingLaplacian`, on the small copy.
    trust : float
        What alpha counts where it is known: outside the stroke and near 0 or 255. The Laplacian counts 1.
    guess : float
        What it counts inside the stroke: where colours say nothing it stays what it was.
    rounds : int
        Of conjugate gradients.
    fit : tuple of int and float
        Radius and epsilon of `alphacut.guided.fit`, which takes what was found to full size.
    ends : float
        Alpha this near to 0 and 1 becomes 0 and 1: what is solved for rarely ends there.
    """

    side: int = 256
    room: float = 1.0
    radius: int = 8
    epsilon: float = 1e-5
    trust: float = 20.0
    guess: float = 0.01
    rounds: int = 16
    fit: tuple[int, float] = (2, 1e-5)
    ends: float = 0.05


DEFAULT = Hint()


def apply_edits(alpha: Image.Image, edits: Iterable[Edit]) -> Image.Image:
    """Make edits in their order.

    Parameters
    ----------
    alpha : PIL.Image.Image
        Mode L; not changed.

    Raises
    ------
    BadOptionsError
        A patch is no picture of its size, or does not lie on the photo.
    """
    made = alpha.copy()
    for edit in edits:
        if isinstance(edit, Brush):
            draw(made, edit)
        else:
            _lay(made, edit)
    return made


def _lay(alpha: Image.Image, patch: Patch) -> None:
    right, bottom = patch.left + patch.width, patch.top + patch.height
    if right > alpha.width or bottom > alpha.height:
        raise BadOptionsError("The mask can't be changed that way: a patch reaches beyond the photo.")
    try:
        picture = decode(patch.data)
    except ImageError as error:
        raise BadOptionsError("The mask can't be changed that way: a patch is not a picture.") from error
    if picture.size != (patch.width, patch.height):
        raise BadOptionsError("The mask can't be changed that way: a patch has another size than it says.")
    alpha.paste(picture.rgb.getchannel(0), (patch.left, patch.top), picture.alpha)


def refine(rgb: Image.Image, alpha: Image.Image, stroke: Stroke, hint: Hint = DEFAULT) -> Patch:
    """Find alpha anew under a stroke.

    Around the stroke alpha counts as known; inside, it is solved for on a small copy by natural image matting
    (`alphacut.matting`). A local linear function of the photo's colours takes it to full size
    (`alphacut.guided`), where it counts by the stroke's coverage.

    Parameters
    ----------
    rgb, alpha : PIL.Image.Image
        Modes RGB and L, of one size; not changed.

    Returns
    -------
    Patch
        Of the stroke's box.

    Raises
    ------
    BadOptionsError
        The stroke lies beside the photo.
    """
    box = bounds(stroke, rgb.size)
    if box is None:
        raise BadOptionsError("The stroke does not lie on the photo.")
    around = _Surroundings.of(box, stroke, rgb.size, hint)
    model = around.model(rgb, alpha, stroke, hint)
    left, top = box[:2]
    made = Image.new("LA", (box[2] - left, box[3] - top))
    for tile, covered in coverage(stroke, rgb.size):
        fitted = _stretched(around.evaluate(model, rgb, tile), hint.ends)
        planes = np.stack([fitted, np.broadcast_to(255 * np.asarray(covered), fitted.shape)], axis=-1)
        made.paste(Image.fromarray(np.rint(planes).astype(np.uint8)), _moved(tile, left, top))
    return Patch(left=left, top=top, width=made.width, height=made.height, data=encode_png(made))


class _Surroundings(NamedTuple):
    """What is looked at: a box of the photo, and the size of its small copy."""

    box: Box
    size: tuple[int, int]

    @classmethod
    def of(cls, box: Box, stroke: Stroke, size: tuple[int, int], hint: Hint) -> _Surroundings:
        radius = max(radius for _, _, radius in stroke.points)
        room = round(hint.room * radius) + 2
        left, top = max(0, box[0] - room), max(0, box[1] - room)
        right, bottom = min(size[0], box[2] + room), min(size[1], box[3] + room)
        scale = min(1.0, hint.side / max(right - left, bottom - top))
        small = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
        return cls((left, top, right, bottom), small)

    def model(self, rgb: Image.Image, alpha: Image.Image, stroke: Stroke, hint: Hint) -> LinearModel:
        """Solve for alpha on the small copy, and fit it to the colours there."""
        colours, levels, unknown = (
            np.asarray(image.resize(self.size, _BILINEAR, reducing_gap=2.0))
            for image in (rgb.crop(self.box), alpha.crop(self.box), self._unknown(stroke, rgb.size))
        )
        known = levels.astype(np.float32) / np.float32(255)
        trust = np.where(unknown > 0, 0, hint.trust * np.abs(2 * known - 1)) + hint.guess
        laplacian = MattingLaplacian(colours, hint.radius, hint.epsilon)
        found = solve(laplacian, known, trust.astype(np.float32), hint.rounds).clip(0, 1)
        return fit(colours, found, np.ones_like(found), *hint.fit)

    def _unknown(self, stroke: Stroke, size: tuple[int, int]) -> Image.Image:
        """Where the stroke is at all, 255: what it covers in part is not known either."""
        left, top, right, bottom = self.box
        found = Image.new("L", (right - left, bottom - top))
        for tile, covered in coverage(stroke, size):
            mask = np.asarray(covered) > 0
            inside = np.broadcast_to(mask, (tile[3] - tile[1], tile[2] - tile[0]))
            found.paste(Image.fromarray(np.where(inside, 255, 0).astype(np.uint8)), _moved(tile, left, top))
        return found

    def evaluate(self, model: LinearModel, rgb: Image.Image, tile: Box) -> NDArray[np.float32]:
        """Alpha at full size, 0 to 255, not clipped."""
        left, top, right, bottom = self.box
        across, down = self.size[0] / (right - left), self.size[1] / (bottom - top)
        part = (
            (tile[0] - left) * across, (tile[1] - top) * down,
            (tile[2] - left) * across, (tile[3] - top) * down,
        )  # fmt: skip
        size = tile[2] - tile[0], tile[3] - tile[1]
        *slopes, offset = (
            np.asarray(Image.fromarray(plane).resize(size, _BILINEAR, part)) for plane in model.planes()
        )
        found = offset * np.float32(255)
        for slope, channel in zip(slopes, rgb.crop(tile).split(), strict=True):
            found += slope * np.asarray(channel)
        return found


def _stretched(levels: NDArray[np.float32], ends: float) -> NDArray[np.float32]:
    """Make what is near 0 and 255 0 and 255."""
    return ((levels - 255 * ends) / np.float32(1 - 2 * ends)).clip(0, 255)


def _moved(box: Box, left: int, top: int) -> Box:
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top
