"""How often a progressive JPEG goes over its picture: each time takes 16 bytes, and time for every pixel.

So a file of a megabyte could keep a reader busy for hours. Source: ITU-T T.81, B.1.1 and B.2.
"""

from __future__ import annotations

import re
import struct

from alphacut.errors import UnsupportedFormatError

MOST = 100
"""Scans of a file that is read. Encoders write some ten of them; Chromium stops at as many."""

_SCAN, _END = 0xDA, 0xD9
_LONE = {0x01, 0xD8}  # markers without a length, beside those that are passed over
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # what entropy-coded data holds after 0xff is no other


def check_scans(data: bytes) -> None:
    """Raise UnsupportedFormatError for a JPEG with more than `MOST` scans.

    Only its own are counted, not those of a thumbnail or of what follows.
    """
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > MOST and _count(data) > MOST:
        raise UnsupportedFormatError(f"JPEG files of more than {MOST} scans can't be read here.")


def _count(jpeg: bytes) -> int:
    scans = at = 0
    while found := _MARKER.search(jpeg, at):
        marker, at = found[1][0], found.end()
        if marker == _END or at + 2 > len(jpeg):
            break
        scans += marker == _SCAN
        if marker not in _LONE:
            at += struct.unpack_from(">H", jpeg, at)[0]
    return scans
