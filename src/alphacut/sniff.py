"""Which format a file is of, by its first bytes: to name what can't be read, and to load one plugin only."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A file format; `plugins` are the names Pillow knows it by, none where it can't be read here."""

    name: str
    plugins: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether alphacut reads this format."""
        return bool(self.plugins)


_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", Kind("JPEG", ("JPEG",))),
    (b"\x89PNG\r\n\x1a\n", Kind("PNG", ("PNG",))),
    (b"GIF87a", Kind("GIF", ("GIF",))),
    (b"GIF89a", Kind("GIF", ("GIF",))),
    (b"BM", Kind("BMP", ("BMP",))),
    (b"II*\0", Kind("TIFF", ("TIFF",))),
    (b"MM\0*", Kind("TIFF", ("TIFF",))),
    (b"\0\0\1\0", Kind("ICO", ("ICO",))),
    *((b"P%d" % digit, Kind("PPM", ("PPM",))) for digit in range(1, 7)),
    (b"8BPS", Kind("Photoshop")),
    (b"%PDF", Kind("PDF")),
    (b"%!PS", Kind("PostScript")),
    (b"\xff\x0a", Kind("JPEG XL")),
    (b"\0\0\0\x0cJXL ", Kind("JPEG XL")),
    (b"\0\0\0\x0cjP  ", Kind("JPEG 2000")),
    (b"\xff\x4f\xff\x51", Kind("JPEG 2000")),
    (b"II+\0", Kind("BigTIFF")),
    (b"MM\0+", Kind("BigTIFF")),
    (b"\x76\x2f\x31\x01", Kind("OpenEXR")),
)

_ISO_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
    b"crx ": "Canon raw",
}

# Where the header holds width and height, and how.
_SIZE_FIELDS = {"PNG": (16, ">II"), "GIF": (6, "<HH"), "BMP": (18, "<ii")}


def identify(data: bytes) -> Kind | None:
    """Name the format that the first bytes announce, or None. Nothing is decoded."""
    head = data[:512]
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind("WebP", ("WEBP",))
    if head[4:8] == b"ftyp":
        return Kind(_ISO_BRANDS.get(head[8:12], "Video"))
    if b"<svg" in head.lower():
        return Kind("SVG")
    return None


def has_zero_size(kind: Kind, data: bytes) -> bool:
    """Whether the header says that the image has no pixels."""
    if kind.name not in _SIZE_FIELDS:
        return False
    offset, layout = _SIZE_FIELDS[kind.name]
    if len(data) < offset + struct.calcsize(layout):
        return False
    return 0 in struct.unpack_from(layout, data, offset)
