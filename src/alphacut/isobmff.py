"""What the boxes of an AVIF or HEIC file tell of its pixels (ISO/IEC 14496-12 and 23008-12; ITU-T H.273)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from alphacut import profiles

_HEAD = 1 << 18  # bytes that are looked at: the boxes lie before the pixels
_SRGB_PRIMARIES = {1, 2, 5, 6, 7}  # BT.709, unspecified, BT.601 and kin; others reach farther


@dataclass(frozen=True)
class Description:
    """Of a file: whether its colours reach beyond sRGB, and how many frames it says it holds."""

    is_wide: bool
    frames: int


def describe(data: bytes) -> Description:
    """Look for the boxes that matter; a file without them is one sRGB image. Nothing is decoded."""
    head = data[:_HEAD]
    return Description(_is_wide(head), _frames(head))


def _is_wide(head: bytes) -> bool:
    at = head.find(b"colrnclx")
    if at >= 0 and len(head) >= at + 10 and struct.unpack_from(">H", head, at + 8)[0] not in _SRGB_PRIMARIES:
        return True
    at = max(head.find(b"colrprof"), head.find(b"colrrICC"))
    return at >= 0 and profiles.is_wide(head[at + 8 :])


def _frames(head: bytes) -> int:
    """Count the samples of the first track of a sequence."""
    at = head.find(b"stsz")
    if head[8:12] not in {b"avis", b"hevc", b"hevx", b"msf1"} or at < 0 or len(head) < at + 16:
        return 1
    return max(1, min(int(struct.unpack_from(">I", head, at + 12)[0]), 1_000_000))
