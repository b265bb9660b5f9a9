"""Photos that tell a lot about whoever took them, and a look at files that trusts nobody's parser.

Each thing that a photo tells holds a word of its own, which is looked for in all bytes of a file, in those
that its chunks unpack to as well; and the parts of a file are held against those that a picture needs.
"""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, TiffImagePlugin, TiffTags
from PIL.PngImagePlugin import PngInfo

from tests import icc
from tests.helpers import Bytes8, file_of, png_chunk, scene

NAME = "IMG_4711_home_of_the_reader"
"""What a photo's file is called."""

THUMBNAIL = file_of(scene(16, 12), "JPEG", quality=70)
_SCAN = THUMBNAIL[THUMBNAIL.index(b"\xff\xda") + 14 :][:24]

TOLD: dict[str, tuple[bytes, ...]] = {
    "GPS position": (struct.pack(">2I", 514_701, 10_007), struct.pack("<2I", 514_701, 10_007)),
    "time": (b"2019:08:07 06:05:04",),
    "camera, its number, owner": (b"CAMERA-MODEL", b"BODY-NUMBER", b"OWNER-NAME"),
    "author": (b"AUTHOR-NAME",),
    "maker's notes": (b"MAKER-NOTE",),
    "EXIF thumbnail": (_SCAN,),
    "XMP, with a position": (b"XMP-PLACE",),
    "IPTC": (b"IPTC-CITY",),
    "Photoshop's resources": (b"8BIM",),
    "JFXX thumbnail": (b"JFXX",),
    "comments, texts": (b"COMMENT-TEXT",),
    "C2PA claims": (b"C2PA-CLAIM",),
    "display's number in the profile": (b"DISPLAY-NUMBER",),
    "second picture, video": (b"TRAILING-VIDEO",),
    "name of the file": (NAME.encode(), NAME.encode("utf-16-be")),
}
"""What photos tell here, and by which bytes it is known."""

ASKED = ("GPS position", "time", "camera, its number, owner", "author")
"""What is kept of it where EXIF was asked for."""

_XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>XMP-PLACE</x:xmpmeta>"
_IRB = b"Photoshop 3.0\0" + b"".join(
    b"8BIM" + struct.pack(">H2sI", number, b"\0\0", len(data)) + data + bytes(len(data) % 2)
    for number, data in ((0x0404, b"\x1c\x02\x5a\0\x09IPTC-CITY"), (0x040C, bytes(28) + THUMBNAIL))
)
PROFILE = icc.profile(
    b"RGB ", {**icc._rgb_tags(icc.P3, icc.curve(2.2)), b"mmod": b"mmod\0\0\0\0DISPLAY-NUMBER"}
)


def exif() -> bytes:
    """EXIF with all that a camera writes, a thumbnail in its second directory."""
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x013B] = "A MAKER", "CAMERA-MODEL", "AUTHOR-NAME"
    made[0x0132], made[0x010D] = "2019:08:07 06:05:04", NAME
    made[0x8769] = {
        0x9003: "2019:08:07 06:05:04", 0xA431: "BODY-NUMBER", 0xA430: "OWNER-NAME", 0x927C: b"MAKER-NOTE" * 3,
    }  # fmt: skip
    place = TiffImagePlugin.IFDRational(514_701, 10_007)
    made[0x8825] = {1: "N", 2: (place, place, place), 3: "W", 4: (place, place, place)}
    body = made.tobytes().removeprefix(b"Exif\0\0")
    order = "<" if body[:2] == b"II" else ">"
    (count,) = struct.unpack_from(f"{order}H", body, 8)
    at = 10 + 12 * count  # where the main directory names the next one
    places = [(0x0201, 4, 1, len(body) + 30), (0x0202, 4, 1, len(THUMBNAIL))]
    second = struct.pack(f"{order}H", 2) + b"".join(struct.pack(f"{order}HHII", *one) for one in places)
    linked = body[:at] + struct.pack(f"{order}I", len(body)) + body[at + 4 :]
    return b"Exif\0\0" + linked + second + bytes(4) + THUMBNAIL


def jpeg(pixels: Bytes8) -> bytes:
    """A JPEG as phones and editors leave them, with a video behind it."""
    plain = file_of(pixels, "JPEG", exif=exif(), icc_profile=PROFILE, comment=b"COMMENT-TEXT")
    added = [
        (0xE0, b"JFXX\0\x10" + THUMBNAIL),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _XMP),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + _XMP),
        (0xED, _IRB),
        (0xEB, b"JP\0\1\0\0\0\1" + b"jumb C2PA-CLAIM"),
        (0xE2, b"FPXR\0" + NAME.encode()),
    ]
    segments = b"".join(struct.pack(">BBH", 255, kind, len(body) + 2) + body for kind, body in added)
    after = 4 + int.from_bytes(plain[4:6], "big")  # behind JFIF's own
    return plain[:after] + segments + plain[after:] + b"ftypmp42 TRAILING-VIDEO"


def png(pixels: Bytes8) -> bytes:
    """A PNG with every kind of text, EXIF, time and claims."""
    texts = PngInfo()
    texts.add_text("Comment", "COMMENT-TEXT")
    texts.add_text("Author", "COMMENT-TEXT " * 9, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", _XMP.decode(), zip=True)
    texts.add_text("Source", NAME)
    made = file_of(pixels, "PNG", exif=exif(), icc_profile=PROFILE, pnginfo=texts)
    time, claims = png_chunk(b"tIME", b"\x07\xe3\x08\x07\x06\x05\x04"), png_chunk(b"caBX", b"jumb C2PA-CLAIM")
    return made[:33] + time + claims + made[33:] + b"TRAILING-VIDEO"


def webp(pixels: Bytes8) -> bytes:
    """A WebP with EXIF, XMP and a profile."""
    return file_of(pixels, "WEBP", lossless=True, exif=exif(), icc_profile=PROFILE, xmp=_XMP)


def tiff(pixels: Bytes8) -> bytes:
    """A TIFF whose directory holds what programs and scanners put there."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[269], tags[271], tags[272], tags[315] = NAME, "A MAKER", "CAMERA-MODEL", "AUTHOR-NAME"
    tags[306], tags[316] = "2019:08:07 06:05:04", "COMMENT-TEXT"
    for number, data in ((700, _XMP), (33723, b"IPTC-CITY"), (34377, _IRB[14:])):
        tags[number] = data
        tags.tagtype[number] = TiffTags.BYTE
    return file_of(pixels, "TIFF", tiffinfo=tags, icc_profile=PROFILE)


def gif(pixels: Bytes8) -> bytes:
    """A GIF with a comment."""
    return file_of(Image.fromarray(pixels).quantize(64), "GIF", comment=b"COMMENT-TEXT")


PHOTOS = {"JPEG": jpeg, "PNG": png, "WebP": webp, "TIFF": tiff, "GIF": gif}


def told_by(file: bytes) -> set[str]:
    """Name what a file tells, wherever in its bytes, packed or not."""
    everything = b"\n".join([file, *unpacked(file)])
    return {name for name, words in TOLD.items() if any(word in everything for word in words)}


def unpacked(file: bytes) -> Iterator[bytes]:
    """All that zlib unpacks in a file but the pixels: texts, profiles; wherever it begins."""
    for name, body in parts(file):
        if name in {"iCCP", "zTXt", "iTXt"}:
            at = body.find(b"\x78")
            while at >= 0:
                with contextlib.suppress(zlib.error):
                    yield zlib.decompressobj().decompress(body[at:])
                at = body.find(b"\x78", at + 1)


def parts(file: bytes) -> Iterator[tuple[str, bytes]]:
    """A file's parts, by their own names: chunks of PNG and WebP, segments of JPEG; and what lies behind."""
    if file.startswith(b"\x89PNG"):
        yield from _chunks_of_png(file)
    elif file.startswith(b"RIFF"):
        end = 8 + int.from_bytes(file[4:8], "little")
        yield from _chunks_of_riff(file[:end])
        if file[end:]:
            yield "behind", file[end:]
    elif file.startswith(b"\xff\xd8"):
        yield from _segments(file)
    else:
        yield "unknown", file


def _chunks_of_png(file: bytes) -> Iterator[tuple[str, bytes]]:
    at = 8
    while at < len(file):
        length, name = struct.unpack_from(">I4s", file, at)
        yield name.decode("latin-1"), file[at + 8 : at + 8 + length]
        at += 12 + length
        if name == b"IEND":
            break
    if file[at:]:
        yield "behind", file[at:]


def _chunks_of_riff(file: bytes) -> Iterator[tuple[str, bytes]]:
    at = 12
    while at < len(file):
        name, length = struct.unpack_from("<4sI", file, at)
        yield name.decode("latin-1"), file[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _segments(file: bytes) -> Iterator[tuple[str, bytes]]:
    at = 2
    while file[at + 1] != 0xDA:
        marker, length = struct.unpack_from(">HH", file, at)
        body = file[at + 4 : at + 2 + length]
        kind = body.split(b"\0")[0][:12].decode("latin-1")
        yield f"APP{marker & 15} {kind}" if 0xFFE0 <= marker <= 0xFFEF else f"{marker:04X}", body
        at += 2 + length
    end = file.index(b"\xff\xd9", at) + 2
    if file[end:]:
        yield "behind", file[end:]


_NEEDED = {
    "png": {"IHDR", "iCCP", "IDAT", "IEND"},
    "webp": {"VP8X", "VP8 ", "VP8L", "ALPH", "ICCP"},
    "jpeg": {"APP0 JFIF", "APP2 ICC_PROFILE", "FFDB", "FFC0", "FFC2", "FFC4", "FFDD"},
}
_EXIF = {"png": "eXIf", "webp": "EXIF", "jpeg": "APP1 Exif"}


def beside_the_picture(file: bytes, kind: str, *, asked: bool = False) -> set[str]:
    """Name the parts that no picture needs; EXIF's is none of them where it was asked for."""
    names = {name for name, _ in parts(file)}
    jfif = next((body for name, body in parts(file) if name == "APP0 JFIF"), b"")
    thumbnail = {"a thumbnail in JFIF"} if jfif[12:14].strip(b"\0") else set()
    return names - _NEEDED[kind] - ({_EXIF[kind]} if asked else set()) | thumbnail


def opened(file: bytes) -> Image.Image:
    """The file as Pillow reads it."""
    image = Image.open(io.BytesIO(file))
    image.load()
    return image
