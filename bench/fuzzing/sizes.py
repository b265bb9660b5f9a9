"""Sizes of GIF, PNG and JPEG, read from their bytes without Pillow and without alphacut.

What is damaged is passed over as Pillow 13 passes over it: these are the files that are looked at here.
"""

from __future__ import annotations

import struct

Size = tuple[int, int]

_EMPTY_MARKERS = {0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)}  # of JPEG; no length follows
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of a frame's header
_SCAN = 0xDA
_COMMENT, _APPLICATION = 0xFE, 0xFF  # extensions of GIF


def png_size(data: bytes) -> Size:
    """Read the last header before the pixels; pixels before the first header are passed over."""
    found, at = (0, 0), 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"IEND" or (name in {b"IDAT", b"fdAT"} and any(found)):
            break
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", data, at + 8)
            found = (width, height)
        at += length + 12
    return found


def jpeg_size(data: bytes) -> Size:
    """Read the last frame header before the first scan."""
    found, at = (0, 0), 2
    while at + 4 <= len(data):
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xFF:
            at += 1
        elif marker == 0 or marker in _EMPTY_MARKERS:
            at += 2
        elif marker == _SCAN:
            break
        else:
            if marker in _FRAMES:
                height, width = struct.unpack_from(">HH", data, at + 5)
                found = (width, height)
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return found


def gif_size(data: bytes) -> Size:
    """Read the screen's size, or how far the first image reaches beyond it."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + (6 << (flags & 7) if flags & 0x80 else 0)
    while at < len(data) and data[at] not in b",;":
        at = _after_extension(data, at + 1) if data[at] == ord("!") else at + 1
    if data[at : at + 1] == b",":
        left, top, wide, high = struct.unpack_from("<4H", data, at + 1)
        return max(width, left + wide), max(height, top + high)
    return width, height


def _after_extension(data: bytes, at: int) -> int:
    """Return where an extension ends: whether its first block is empty is not looked at, but of comments."""
    label, block = data[at], _block(data, at + 1)
    at += 2 + len(block)
    if label == _COMMENT and not block:
        return at
    if label == _APPLICATION and block.startswith(b"NETSCAPE2.0"):
        at += 1 + len(_block(data, at))
    while block := _block(data, at):
        at += 1 + len(block)
    return at + 1


def _block(data: bytes, at: int) -> bytes:
    return data[at + 1 : at + 1 + data[at]] if at < len(data) else b""
