"""Contact sheets: photo, truth and cutout on magenta, side by side. For the eye only, never published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from bench.metrics import Levels
from bench.scoring import Cut

MAGENTA = (255, 0, 255)
_CELL, _LINE = 300, 16


@dataclass(frozen=True)
class Shown:
    """A photo on a sheet."""

    title: str
    photo: Image.Image
    truth: Levels
    cut: Cut


def sheet(entries: Sequence[Shown], columns: int = 2) -> Image.Image:
    """Lay out three pictures an entry, titles above."""
    rows = -(-len(entries) // columns)
    made = Image.new("RGB", (columns * 3 * _CELL, rows * (_CELL + _LINE)), "white")
    draw = ImageDraw.Draw(made)
    for number, entry in enumerate(entries):
        left, top = number % columns * 3 * _CELL, number // columns * (_CELL + _LINE)
        draw.text((left + 3, top + 2), entry.title, "black")
        truth = Image.fromarray(entry.truth).convert("RGB")
        for place, picture in enumerate((entry.photo, truth, over(entry.cut, MAGENTA))):
            made.paste(_thumbnail(picture), (left + place * _CELL, top + _LINE))
    return made


def over(cut: Cut, background: tuple[int, int, int]) -> Image.Image:
    """Blend a cutout over one colour."""
    share = np.asarray(cut.alpha)[..., None] / 255
    blended = np.asarray(cut.rgb) * share + (1 - share) * np.array(background)
    return Image.fromarray(np.rint(blended).astype(np.uint8))


def _thumbnail(picture: Image.Image) -> Image.Image:
    small = picture.copy()
    small.thumbnail((_CELL - 4, _CELL - 4), Image.Resampling.BICUBIC)
    return small
