"""What Pillow before 13 does wrong where a photo can lead there: slow, or with memory that is not its own.

Pyodide's newest is 12.2. SECURITY.md answers every flaw that is known of that one; most are in what
alphacut never asks of it. Files that no program writes are refused with any Pillow; what is changed in Pillow
itself is changed only where it is an old one.
"""

from __future__ import annotations

import io
import struct
from typing import IO, Any

import PIL
from PIL import Image, ImageFile

_IS_OLD = int(PIL.__version__.partition(".")[0]) < 13
_EXIF_MARK = b"Exif\0\0"
_MOST_ZEROS = 128_000_000  # bytes that one code of a BMP may stand for
_LARGEST_DIRECTORY = 2 + 12 * 65_535
_MOST_PAGES = 10_000
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # of TIFF's types
_Entry = tuple[int, int, int, int]


def opened(data: bytes, formats: tuple[str, ...]) -> ImageFile.ImageFile:
    """Open a file by the plugins of some formats, as `Image.open` does.

    Raises
    ------
    ValueError
        For what is refused here.
    OSError, ...
        What Pillow raises.
    """
    if formats == ("TIFF",):
        refuse_tiff(data)
    if formats == ("ICO",):
        refuse_ico(data)
    image = Image.open(io.BytesIO(without_comments(data) if formats == ("GIF",) else data), formats=formats)
    refuse_bmp(image)
    return image


def without_comments(gif: bytes) -> bytes:
    """Leave out a GIF's comments, which Pillow joins anew with each 255 bytes (GHSA-22hg-r758-rrw9).

    What is damaged stays as it is from there on. Source: GIF89a, https://www.w3.org/Graphics/GIF/spec-gif89a.txt
    """
    if b"!\xfe" not in gif:
        return gif
    parts, begun, at = list[bytes](), 0, 13 + _colours(gif, 10)
    while at < len(gif) and gif[at] != 0x3B:
        if gif[at] == 0x2C:
            at = _after_blocks(gif, at + 11 + _colours(gif, at + 9))
        elif gif[at] == 0x21:
            after = _after_blocks(gif, at + 2)
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
        if ico[offset : offset + 4] == b"\x28\0\0\0" and ico[offset + 16 : offset + 17] in {b"\1", b"\2"}:
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
    entries = _entries(tiff, struct.unpack_from(f"{order}I", tiff, 4)[0], order)
    tags = [entry[0] for entry in entries]
    if len(tags) > len(set(tags)):
        raise ValueError("a tag is there twice")
    if _overlap(entries, len(tiff)):
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


def mend_exif() -> None:
    """Have Pillow pass over the mark of EXIF once instead of for ever, and read no value twice.

    A block may begin with its mark a million times, and each time Pillow before 13 copied all that followed
    (CVE-2026-96643). Its directories may be those of `refuse_tiff`.
    """
    load = Image.Exif.load
    if not _IS_OLD or load is _load_exif:
        return
    _mended["exif"] = load
    Image.Exif.load = _load_exif  # type: ignore[method-assign, assignment]


_mended: dict[str, Any] = {}


def _load_exif(exif: Image.Exif, data: bytes) -> None:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    if ImageFileDirectory_v2.load is not _load_directory:
        _mended["directory"] = ImageFileDirectory_v2.load
        ImageFileDirectory_v2.load = _load_directory  # type: ignore[method-assign, assignment]
    at = 0
    while data.startswith(_EXIF_MARK, at):
        at += len(_EXIF_MARK)
    _mended["exif"](exif, data[at:])


def _load_directory(directory: Any, file: IO[bytes]) -> None:
    """Read a directory; raises SyntaxError, as for other damage, where its values lie in each other."""
    at = file.tell()
    entries = _entries(file.read(_LARGEST_DIRECTORY), 0, directory._endian)
    length = file.seek(0, io.SEEK_END)
    file.seek(at)
    if _overlap(entries, length):
        raise SyntaxError("values lie in each other")
    _mended["directory"](directory, file)


def _entries(data: bytes, at: int, order: str) -> list[_Entry]:
    """Return tag, type, count, and value or offset of a directory's entries, as far as they are there."""
    if len(data) < at + 2:
        return []
    (count,) = struct.unpack_from(f"{order}H", data, at)
    last = min(count, (len(data) - at - 2) // 12)
    return [struct.unpack_from(f"{order}HHII", data, at + 2 + 12 * number) for number in range(last)]


def _overlap(entries: list[_Entry], length: int) -> bool:
    """Whether values have more bytes together than there are; Pillow stops at the first that is cut off."""
    total = 0
    for _, kind, count, offset in entries:
        size = count * _SIZES.get(kind, 0)
        if size <= 4:
            continue
        if offset + size > length:
            break
        total += size
    return total > length
