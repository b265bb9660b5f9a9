"""A soft shadow: alpha moved and blurred, on a small copy that is enlarged."""

from __future__ import annotations

import math

from PIL import Image

from alphacut.finish import Frame, Shadow
from alphacut.sampling import BILINEAR, Sheet, blur_for, sample, step_for
from alphacut.tiles import Box


def shadow_sheet(alpha: Image.Image, shadow: Shadow, subject: Box) -> Sheet:
    """Make the shadow of the whole photo's subject; mode L, opacity included.

    Lengths are shares of the longer side of `subject`. What lies outside the photo casts no shadow.
    """
    unit = max(subject[2] - subject[0], subject[3] - subject[1])
    sigma = shadow.blur * unit
    step = step_for(sigma)
    room = math.ceil(3 * sigma / step) + 1
    small = alpha.reduce(step)
    sheet = Image.new("L", (small.width + 2 * room, small.height + 2 * room))
    sheet.paste(small, (room, room))
    fainter = [math.floor(shadow.opacity * level + 0.5) for level in range(256)]
    blurred = sheet.filter(blur_for(sigma, step)).point(fainter)
    return Sheet(blurred, step, shadow.dx * unit - room * step, shadow.dy * unit - room * step)


def cast(sheet: Sheet, frame: Frame) -> Image.Image:
    """Show a shadow in a frame: mode L, of the frame's size."""
    size = frame.width, frame.height
    piece = sample(sheet.image, sheet.bounds(frame), size, resample=BILINEAR, fade=True)
    if piece is not None and piece.image.size == size:
        return piece.image
    shade = Image.new("L", size)
    if piece is not None:
        shade.paste(piece.image, piece.at)
    return shade
