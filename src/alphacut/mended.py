"""What Pillow before 13 does wrong where a photo can lead there: slow, or with memory that is not its own.

Pyodide's newest is 12.2. SECURITY.md answers every flaw that is known of that one; most are in what
alphacut never asks of it. Files that no program writes are refused here, with any Pillow; what is changed in
Pillow itself is in patched.py.
"""

from __future__ import annotations

import io
import struct

from PIL import Image, ImageFile

from alphacut.headers import refuse_png
from alphacut.patched import entries_at, overlap, patch_directories
from alphacut.webp import refuse_webp

_MPO_MARK = b"MPF\0"
_BMP_HEADERS = {40, 52, 56, 64, 108, 124}  # bytes, of those that tell a compression and that Pillow reads
_RUN_LENGTHS = {1, 2}  # compressions of BMP: of 8 bits, and of 4
_MOST_ZEROS = 128_000_000  # bytes that one code of a BMP may stand for
_MOST_PAGES = 10_000


def opened(data: bytes, formats: tuple[str, ...]) -> ImageFile.ImageFile:
    """Open a file by the plugins of some formats, as `Image.open` does.

    Raises
    ------
    ValueError
        For what is refused here.
    OSError, ...
        What Pillow raises.
    """
    if formats in {("PNG",), ("ICO",)}:
        refuse_png(data)
    if formats == ("TIFF",):
        refuse_tiff(data)
    if formats == ("ICO",):
        refuse_ico(data)
    if formats == ("WEBP",):
        refuse_webp(data)
    if formats[0] == "JPEG" and _MPO_MARK in data:
        patch_directories()  # an MPO's index is one, which is not read by way of EXIF
    image = Image.open(io.BytesIO(without_comments(data) if formats == ("GIF",) else data), formats=formats)
    refuse_bmp(image)
    return image


def without_comments(gif: bytes) -> bytes:
    """Leave out a GIF's comments, which Pillow joins anew with each 255 bytes (GHSA-22hg-r758-rrw9).

    What is damaged stays as it is from there on. Source: GIF89a, https://www.w3.org/Graphics/GIF/spec-gif89a.txt
    """
    if b"!\xfe" not in gif:
        return gif
    parts, begun, at, is_first = list[bytes](), 0, 13 + _colours(gif, 10), True
    while at < len(gif) and gif[at] != 0x3B:
        if gif[at] == 0x2C:
            is_first = False
            at = _after_blocks(gif, at + 11 + _colours(gif, at + 9))
        elif gif[at] == 0x21:
            after = _after_extension(gif, at + 1, before_pictures=is_first)
            if gif[at + 1 : at + 2] == b"\xfe":
                parts.append(gif[begun:at])
                begun = after
            at = after
        else:
            at += 1  # as Pillow passes over it
    return b"".join([*parts, gif[begun:]])


def _colours(gif: bytes, at: int) -> int:
    """Bytes of the colour table that the flags there announce."""
    flags = gif[at] if at < len(gif) else 0
    return 6 << (flags & 7) if flags & 0x80 else 0


def _after_extension(gif: bytes, at: int, *, before_pictures: bool) -> int:
    """Return where Pillow sees an extension end: an empty block that comes first ends comments alone."""
    label, at = gif[at : at + 1], at + 1
    if label != b"\xfe":
        loops = before_pictures and label == b"\xff" and gif.startswith(b"NETSCAPE2.0", at + 1)
        for _ in range(2 if loops else 1):
            at += 1 + (gif[at] if at < len(gif) else 0)
    return _after_blocks(gif, at)


def _after_blocks(gif: bytes, at: int) -> int:
    while at < len(gif) and gif[at]:
        at += 1 + gif[at]
    return at + 1


def refuse_bmp(image: ImageFile.ImageFile) -> None:
    """Raise ValueError where one code may stand for gigabytes of zeros (CVE-2026-96638)."""
    if any(tile.codec_name == "bmp_rle" for tile in image.tile) and 255 * image.width > _MOST_ZEROS:
        raise ValueError("a row of this BMP is too long for its compression")


def refuse_ico(ico: bytes) -> None:
    """Raise ValueError for icons that hold what `refuse_bmp` is about: run lengths have no place in icons."""
    (count,) = struct.unpack_from("<H", ico, 4)
    for at in range(18, min(18 + 16 * count, len(ico) - 3), 16):
        (offset,) = struct.unpack_from("<I", ico, at)
        size, compression = struct.unpack("<I12xI", ico[offset : offset + 20].ljust(20, b"\0"))
        if size in _BMP_HEADERS and compression in _RUN_LENGTHS:
            raise ValueError("a compressed picture in an icon")


def refuse_tiff(tiff: bytes) -> None:
    """Refuse what Pillow reads in another way than libtiff, or beyond what is there.

    Of a tag that is there twice Pillow took the last and libtiff the first, so that rows were read that are
    longer than what was decoded (GHSA-462x-pgg6-55fp, GHSA-c6hw-5grf-ff96). Values may lie in each other, and
    be read once for every tag (GHSA-wqgw-9xfh-qf2g).

    Raises
    ------
    ValueError, struct.error
    """
    order = "<" if tiff.startswith(b"II") else ">"
    entries = entries_at(tiff, struct.unpack_from(f"{order}I", tiff, 4)[0], order)
    tags = [entry[0] for entry in entries]
    if len(tags) > len(set(tags)):
        raise ValueError("a tag is there twice")
    if overlap(entries, len(tiff)):
        raise ValueError("values lie in each other")


def count_directories(tiff: bytes) -> int:
    """Count a TIFF's images, as far as they are whole and up to `_MOST_PAGES`; what they hold is not read."""
    order = "<" if tiff.startswith(b"II") else ">"
    seen = set[int]()
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        while at and at not in seen and len(seen) < _MOST_PAGES:
            (count,) = struct.unpack_from(f"{order}H", tiff, at)
            (following,) = struct.unpack_from(f"{order}I", tiff, at + 2 + 12 * count)
            seen.add(at)
            at = following
    except struct.error:
        pass  # what follows is cut off
    return max(1, len(seen))
