"""Files that are small and ask for a lot: of memory, or of time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests import icc
from tests.helpers import file_of, png_chunk, png_of, scene, with_jpeg_size

_ZEROS = 80_000_000


def bombs() -> Iterator[tuple[str, bytes]]:
    """Make all of them."""
    yield from _pngs()
    yield from _jpegs()
    yield from _gifs()
    yield from _tiffs()
    yield from _others()


def _pngs() -> Iterator[tuple[str, bytes]]:
    packed, small = zlib.compress(bytes(_ZEROS)), file_of(scene(8, 8))
    chunks = {
        "zTXt": b"Comment\0\0" + packed, "iCCP": b"icc\0\0" + packed, "iTXt": b"Title\0\1\0\0\0" + packed,
    }  # fmt: skip
    for name, body in chunks.items():
        yield f"PNG with {name} of 80 MB", small[:33] + png_chunk(name.encode(), body) + small[33:]
    texts = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000))) * 100
    yield "PNG with 100 texts of 1 MB", small[:33] + texts + small[33:]
    yield "PNG with 50,000 chunks", small[:33] + png_chunk(b"teSt", b"") * 50_000 + small[33:]
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    pixels = png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    yield "PNG of 8 x 8 with 80 MB of pixels", b"\x89PNG\r\n\x1a\n" + header + pixels
    yield "PNG of 20,000 x 10,000", png_of(20_000, 10_000, 8, 2, [bytes(9)])
    moving = png_of(20_000, 20_000, 8, 2, [bytes(9)], (b"acTL", struct.pack(">II", 2, 0)))
    yield "animated PNG of 20,000 x 20,000", moving
    yield "ICO of an animated PNG of 20,000 x 20,000", icon_of(moving)
    yield "PNG of 2,147,483,647 x 1", png_of(0x7FFFFFFF, 1, 8, 2, [bytes(9)])
    yield "PNG of 1,000 x 100,000 without pixels", png_of(1000, 100_000, 8, 2, [])


def many_scans(side: int, scans: int) -> bytes:
    """Make a progressive JPEG that goes over its picture so often; each scan takes 16 bytes."""
    plain = file_of(Image.new("L", (side, side), 90), "JPEG", progressive=True)
    last = plain[plain.rindex(b"\xff\xda") : -2]
    return plain[:-2] + last * (scans - plain.count(b"\xff\xda")) + b"\xff\xd9"


def _jpegs() -> Iterator[tuple[str, bytes]]:
    plain = file_of(scene(16, 16), "JPEG")
    yield "JPEG of 65,500 x 65,500", with_jpeg_size(plain, 65_500, 65_500)
    yield "JPEG of 2,000 x 2,000 without pixels", with_jpeg_size(plain, 2000, 2000)
    yield "JPEG of 40,000 scans", many_scans(3000, 40_000)
    thumbnail = with_jpeg_size(plain, 65_500, 65_500)
    places = struct.pack("<HHIIHHII", 0x201, 4, 1, 44, 0x202, 4, 1, len(thumbnail))
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\x0e\0\0\0\2\0" + places + bytes(4) + thumbnail
    yield "JPEG with a thumbnail of 65,500 x 65,500", file_of(scene(16, 16), "JPEG", exif=exif)
    whole = file_of(scene(16, 16), "JPEG", icc_profile=icc.rgb())
    yield "JPEG with 10,000 comments", whole[:2] + b"\xff\xfe\0\4hi" * 10_000 + whole[2:]


def _gifs() -> Iterator[tuple[str, bytes]]:
    frame = b"\x2c" + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    for width, height, count in ((2, 2, 50_000), (65_535, 65_535, 1), (65_535, 1, 1000)):
        head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
        yield f"GIF of {width:,} x {height:,}, {count:,} frames", head + frame * count + b";"


def directory(at: int, following: int, width: int = 1, height: int = 1, **fields: int) -> bytes:
    """Write a TIFF's directory for the place `at`: grey, one strip, which begins at 4."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 4, 278: height, 279: width * height}
    tags |= {int(name.removeprefix("tag_")): value for name, value in fields.items()}
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    end = at + 6 + len(table)
    return struct.pack("<H", len(tags)) + table + struct.pack("<I", following if following >= 0 else end)


def tiff(*directories: bytes) -> bytes:
    """Write a TIFF of directories that follow each other."""
    return b"II*\0\x08\0\0\0" + b"".join(directories)


def _tiffs() -> Iterator[tuple[str, bytes]]:
    size = len(directory(0, 0))
    pages = [directory(8 + size * number, -1) for number in range(3000)]
    yield "TIFF of 3,000 pages", tiff(*pages, directory(8 + size * 3000, 0))
    yield "TIFF whose page follows itself", tiff(directory(8, 8))
    yield "TIFF of 4,294,967,295 x 1", tiff(directory(8, 0, 0xFFFFFFFF, 1))
    yield "TIFF of 100,000 x 1,000 without pixels", tiff(directory(8, 0, 100_000, 1000))
    yield "TIFF of 4 billion samples a pixel", tiff(directory(8, 0, tag_277=0xFFFFFFFF))
    for name, compression in {"LZW": 5, "deflate": 8, "PackBits": 32773}.items():
        body = tiff(directory(8, 0, 10_000, 10_000, tag_259=compression, tag_273=200, tag_279=100))
        yield f"TIFF of 100 megapixels in 100 bytes of {name}", body + bytes(200 - len(body)) + b"\x81\0" * 50


def icon_of(png: bytes) -> bytes:
    """Write an icon of one picture."""
    return b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(png), 22) + png


def _others() -> Iterator[tuple[str, bytes]]:
    webp = bytearray(file_of(Image.new("RGBA", (8, 8)), "WEBP", icc_profile=icc.rgb()))
    webp[24:30] = b"\xff\x3f\0\xff\x3f\0"
    yield "WebP of 16,384 x 16,384", bytes(webp)
    avif = file_of(scene(16, 16), "AVIF")
    at = avif.index(b"ispe") + 8
    for side in (65_536, 1000):
        yield f"AVIF of {side:,} x {side:,}", avif[:at] + struct.pack(">II", side, side) + avif[at + 8 :]
    head = struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, 32_767, 3900, 1, 8, 1, 4, 0, 0, 0, 0)
    yield "BMP of 127 megapixels in 60 bytes", b"BM" + head + b"\0\1"
    icon = icon_of(png_of(20_000, 20_000, 8, 2, [bytes(9)]))
    yield "ICO with a PNG of 400 megapixels", icon
    yield "ICO of 65,535 pictures", b"\0\0\1\0\xff\xff" + icon[6:22] * 65_535 + icon[22:]
    for size in (b"99999 99999", b"9" * 40 + b" 1", b"-1 -1"):
        yield f"PPM of {size.decode()}", b"P6 " + size + b" 255\n" + bytes(30)
    targa = struct.pack("<BBBHHBHHHHBB", 0, 0, 10, 0, 0, 0, 0, 0, 65_535, 1900, 24, 0)
    yield "TGA of 65,535 x 1,900", targa + b"\xff\1\2\3"
    laughs = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><svg xmlns="x">&b;</svg>'
    yield "SVG that laughs", laughs
