"""From pixels to the bytes of a file."""

from __future__ import annotations

import io

from PIL import Image

_RUN_LENGTH = 3  # zlib's Z_RLE: fast, and long runs of 0 are what a cutout has


def encode_png(image: Image.Image, icc_profile: bytes | None = None) -> bytes:
    """Encode as PNG, quickly; the profile is embedded, nothing else of the photo's metadata is."""
    buffer = io.BytesIO()
    clean = {"icc_profile": icc_profile} if icc_profile else {}
    image.info.clear()  # Pillow would carry over comments, EXIF and colour keys of the source
    image.save(buffer, "PNG", compress_type=_RUN_LENGTH, **clean)
    return buffer.getvalue()


def encode_preview(image: Image.Image, side: int = 1280) -> bytes:
    """Encode an RGB image as a JPEG whose longer side is at most `side` pixels, for looking at."""
    small = (
        image.copy() if max(image.size) <= side else image.resize(_within(image.size, side), reducing_gap=2.0)
    )
    buffer = io.BytesIO()
    small.info.clear()
    small.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
