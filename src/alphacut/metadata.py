"""What a photo tells about itself, where a person asked to keep it.

Kept of EXIF: what describes the picture, how, when and where it was taken, and by whom. Never kept:

- the thumbnail and the maker's notes: both may show the background that was removed (notes hold previews, and
  offsets that break when they are moved);
- orientation, width and height: they are applied, and would turn the cutout again;
- XMP, IPTC and comments: they repeat EXIF, orientation included, in ways that no viewer agrees on.
"""

from __future__ import annotations

from PIL import Image

from alphacut.output import Output

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
# Of the main directory what is about the picture: in a TIFF it also says where the pixels lie.
_KEPT = {
    0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model", 0x011A: "XResolution",
    0x011B: "YResolution", 0x0128: "ResolutionUnit", 0x0131: "Software", 0x0132: "DateTime",
    0x013B: "Artist", 0x8298: "Copyright",
}  # fmt: skip
_DROPPED = {
    0x927C: "MakerNote", 0xA002: "PixelXDimension", 0xA003: "PixelYDimension",
    0xA005: "InteroperabilityPointer", 0xA001: "ColorSpace",
}  # fmt: skip


_LARGEST_IN_JPEG = 65_533  # bytes that one segment holds beside its length


def fits(exif: bytes | None, output: Output) -> bool:
    """Whether the file that is asked for can hold this EXIF block."""
    return output.format != "jpeg" or len(exif or b"") <= _LARGEST_IN_JPEG


def kept_exif(image: Image.Image) -> bytes | None:
    """Return the EXIF block to embed, or None where there is nothing to keep.

    Raises
    ------
    OSError, ...
        What Pillow raises on damage.
    """
    found, kept = image.getexif(), Image.Exif()
    kept.update({tag: value for tag, value in found.items() if tag in _KEPT})
    taken = {tag: value for tag, value in found.get_ifd(_EXIF_IFD).items() if tag not in _DROPPED}
    place = dict(found.get_ifd(_GPS_IFD))
    for tag, directory in ((_EXIF_IFD, taken), (_GPS_IFD, place)):
        if directory:
            kept[tag] = directory
    return kept.tobytes() if len(kept) else None
