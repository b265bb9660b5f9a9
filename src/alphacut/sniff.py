"""Which format a file is of, by its first bytes: to name what can't be read, and to load one plugin only."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from alphacut.errors import BROWSER_FORMATS


@dataclass(frozen=True)
class Kind:
    """A file format.

    Attributes
    ----------
    name : str
        As people write it.
    plugins : tuple of str
        The names Pillow knows it by; none where it can't read it.
    mime : str
        The type under which a browser may be asked to decode it; "" where that is of no use.
    """

    name: str
    plugins: tuple[str, ...] = ()
    mime: str = ""

    @property
    def readable(self) -> bool:
        """Whether Pillow reads this format."""
        return bool(self.plugins)

    @property
    def foreign(self) -> bool:
        """Whether the browser's decoder goes before Pillow's, which is not there in Pyodide."""
        return self.name in BROWSER_FORMATS


_AVIF = Kind("AVIF", ("AVIF",), "image/avif")
_HEIC = Kind("HEIC", mime="image/heic")
_JPEG_XL = Kind("JPEG XL", mime="image/jxl")
_JPEG_2000 = Kind("JPEG 2000", mime="image/jp2")

_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", Kind("JPEG", ("JPEG",), "image/jpeg")),
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
    (b"\xff\x0a", _JPEG_XL),
    (b"\0\0\0\x0cJXL ", _JPEG_XL),
    (b"\0\0\0\x0cjP  ", _JPEG_2000),
    (b"\xff\x4f\xff\x51", _JPEG_2000),
    (b"II+\0", Kind("BigTIFF")),
    (b"MM\0+", Kind("BigTIFF")),
    (b"\x76\x2f\x31\x01", Kind("OpenEXR")),
)

_ISO_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), _AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), _HEIC),
    b"crx ": Kind("Canon raw"),
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
        return _iso_kind(head)
    if b"<svg" in head.lower():
        return Kind("SVG")
    return None


def _iso_kind(head: bytes) -> Kind:
    """Name a file of ISO boxes by its brand; "mif1" and "msf1" leave the codec to the brands after it."""
    length = int.from_bytes(head[:4], "big")
    main, *others = (head[at : at + 4] for at in (8, *range(16, min(length, len(head)), 4)))
    if main not in {b"mif1", b"msf1"}:
        return _ISO_BRANDS.get(main, Kind("Video"))
    return next((_ISO_BRANDS[brand] for brand in others if brand in _ISO_BRANDS), _HEIC)


def has_zero_size(kind: Kind, data: bytes) -> bool:
    """Whether the header says that the image has no pixels."""
    if kind.name not in _SIZE_FIELDS:
        return False
    offset, layout = _SIZE_FIELDS[kind.name]
    if len(data) < offset + struct.calcsize(layout):
        return False
    return 0 in struct.unpack_from(layout, data, offset)
