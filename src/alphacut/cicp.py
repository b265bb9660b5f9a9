"""What a PNG says of its colours by numbers: the cICP chunk (https://www.w3.org/TR/png-3/, ITU-T H.273)."""

from __future__ import annotations

import struct

from PIL import Image

from alphacut import profiles

_SIGNATURE = 8  # bytes
_RGB_IN_FULL = b"\0\1"  # no matrix, and the full range
_UNSPECIFIED = b"\2\2"
_SRGB, _DISPLAY_P3 = bytes((1, 13)), bytes((12, 13))  # primaries, transfer


def settle_space(data: bytes, image: Image.Image) -> bool:
    """Give an image the profile that its cICP chunk stands for; it goes before an embedded one.

    Parameters
    ----------
    data : bytes
        The file; nothing happens if it is no PNG.
    image : PIL.Image.Image
        Loaded, or a chunk behind could bring another profile; its `info` is changed.

    Returns
    -------
    bool
        Whether it is known what the colours mean: not where the numbers stand for another space (PQ and HLG,
        for instance) and no profile is embedded, which is the next to be asked; and not where Pillow could
        not read the one that is, of which it tells None.
    """
    numbers, profile = _chunk(data, b"cICP"), image.info.get("icc_profile", b"")
    if len(numbers) != 4 or numbers[:2] == _UNSPECIFIED:
        return profile is not None
    if numbers == _SRGB + _RGB_IN_FULL:
        image.info.pop("icc_profile", None)
    elif numbers == _DISPLAY_P3 + _RGB_IN_FULL:
        image.info["icc_profile"] = profiles.display_p3()
    else:
        return bool(profile)
    return True


def _chunk(png: bytes, name: bytes) -> bytes:
    """Return the data of a chunk that comes before the pixels; nothing where there is none."""
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        return b""
    at = _SIGNATURE
    while at + 8 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        if kind in {name, b"IDAT"}:
            return png[at + 8 : at + 8 + length] if kind == name else b""
        at += length + 12
    return b""
