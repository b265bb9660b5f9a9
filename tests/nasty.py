"""Files that try a reader, made by code: cut off, mislabelled, swollen, damaged, and odd but good ones.

tests/unit/test_hostile.py gives all of them to the pipeline, tests/browser/test_hostile.py to the site's
worker. Each group is a function of GROUPS that yields names and bytes.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

from tests import icc, lossless, swollen
from tests.helpers import file_of, noise, png_chunk, png_of, scene

Files = Iterator[tuple[str, bytes]]

PLACE = (51123457, 1000000)
"""A latitude whose bytes are nowhere by chance."""
PLACE_WORDS = "51.123457"
ENDINGS = ("png", "jpg", "webp", "gif", "tif", "bmp", "avif", "ico", "ppm", "tga")


def photo(width: int = 64, height: int = 48) -> Image.Image:
    """Colours that the tests' network takes for subject in one half, with some noise."""
    made = scene(width, height)
    made[..., 0] = np.linspace(255, 0, width).astype(np.uint8)
    return Image.fromarray(np.bitwise_xor(made, noise(width, height) // 32))


def whole() -> dict[str, bytes]:
    """One good file of each kind that is cut off."""
    image = photo()
    return {
        "PNG": file_of(image), "JPEG": file_of(image, "JPEG"), "WebP": file_of(image, "WEBP"),
        "progressive JPEG": file_of(image, "JPEG", progressive=True),
        "GIF": file_of(image.quantize(64), "GIF"),
        "TIFF": file_of(image, "TIFF"), "BMP": file_of(image, "BMP"), "AVIF": file_of(image, "AVIF"),
    }  # fmt: skip


def cut_off() -> Files:
    """Cut each kind off at every hundredth of its length."""
    for kind, data in whole().items():
        for percent in range(1, 100):
            yield f"{kind} at {percent} %", data[: len(data) * percent // 100]


def misnamed() -> Files:
    """Give files of each format the name of each other: the page is given the name too."""
    kinds = {"jpg": "JPEG", "tif": "TIFF", "ico": "ICO"}
    for real in ENDINGS:
        data = file_of(photo(32, 32), kinds.get(real, real.upper()))
        yield from ((f"{real}.{said}", data) for said in ENDINGS if said != real)


def odd_sizes() -> Files:
    """One pixel, and lines of pixels that are as long as formats allow."""
    for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "AVIF"):
        longest = {"WEBP": 16383, "AVIF": 8000}.get(kind, 30000)
        for width, height in ((1, 1), (1, longest), (longest, 1)):
            yield (
                f"{kind} {width} x {height}",
                file_of(Image.new("RGB", (width, height), (200, 40, 30)), kind),
            )


def moving() -> Files:
    """Animations of all formats that have them, of two frames and of one."""
    first = photo()
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        for others in ([first.rotate(180)], [first.rotate(180), first.rotate(90)], []):
            yield f"{kind} of {1 + len(others)}", file_of(first, kind, save_all=True, append_images=others)


def deep() -> Files:
    """Samples of 16 and 32 bits, and floats that are none."""
    ramp = np.linspace(0, 65535, 32 * 24).reshape(24, 32)
    rows = [row.astype(">u2").tobytes() for row in ramp]
    yield "16-bit grey PNG", png_of(32, 24, 16, 0, rows)
    yield "16-bit RGB PNG", png_of(32, 24, 16, 2, [row * 3 for row in rows])
    yield "16-bit RGBA PNG", png_of(32, 24, 16, 6, [row * 4 for row in rows])
    yield "16-bit grey PNG with a key", png_of(32, 24, 16, 0, rows, (b"tRNS", b"\0\0"))
    yield "16-bit TIFF", file_of(Image.fromarray(ramp.astype(np.uint16)), "TIFF")
    yield "32-bit TIFF", file_of(Image.fromarray((ramp * 30000).astype(np.int32)), "TIFF")
    for name, value in {"ones": 1.0, "NaN": np.nan, "infinity": np.inf, "huge": 3e38, "tiny": -3e38}.items():
        samples = (ramp / 65535).astype(np.float32)
        samples[3:9] = value
        yield f"float TIFF with {name}", file_of(Image.fromarray(samples), "TIFF")
        yield f"float TIFF of {name}", file_of(Image.fromarray(np.full_like(samples, value)), "TIFF")


def inks() -> Files:
    """CMYK and YCCK, with and without Adobe's marker, with and without a profile."""
    for profile in (None, icc.cmyk(), icc.rgb(), icc.cmyk()[:300]):
        options: dict[str, Any] = {} if profile is None else {"icc_profile": profile}
        kind = f"with {len(profile)} bytes of {profile[16:20].decode()}" if profile else "without profile"
        data = file_of(photo().convert("CMYK"), "JPEG", **options)
        at = data.index(b"\xff\xee")
        yield f"CMYK JPEG {kind}", data
        yield f"YCCK JPEG {kind}", data[: at + 15] + b"\2" + data[at + 16 :]
        yield f"CMYK JPEG without marker {kind}", data[:at] + data[at + 16 :]
        yield f"CMYK TIFF {kind}", file_of(photo().convert("CMYK"), "TIFF", **options)


def told() -> Image.Exif:
    """Tell what a camera does that knows where it is."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0110] = 6, "a maker", "a camera"
    exif[0x8769] = {0x9003: "2026:01:02 03:04:05", 0x927C: b"maker's notes", 0xA431: "serial 4711"}
    exif[0x8825] = {1: "N", 2: (51.0, 7.0, IFDRational(*PLACE)), 3: "E", 4: (7.0, 1.0, 2.0)}
    return exif


def _entries(*entries: tuple[int, int, int, int], following: int = 0, count: int = -1) -> bytes:
    """Write a directory as EXIF has it: tag, type, count and value of each entry."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    number = len(entries) if count < 0 else count
    return b"II*\0\x08\0\0\0" + struct.pack("<H", number) + table + struct.pack("<I", following)


def broken_blocks() -> dict[str, bytes]:
    """EXIF that is damaged, or says nonsense."""
    good = told().tobytes().removeprefix(b"Exif\0\0")
    turn = 0x0112
    blocks = {f"cut at {tenth}0 %": good[: len(good) * tenth // 10] for tenth in range(10)}
    blocks |= {f"turn of type {kind}": _entries((turn, kind, 1, 6)) for kind in (0, 1, 2, 4, 5, 7, 9, 12, 99)}
    blocks |= {f"turn {turned}": _entries((turn, 3, 1, turned)) for turned in (0, 9, 65535)}
    return blocks | {
        "two turns": _entries((turn, 3, 2, 6 | 8 << 16)),
        "the turn said twice": _entries((turn, 3, 1, 6), (turn, 3, 1, 3)),
        "the turn far away": _entries((turn, 3, 100, 0xFFFFFFF0)),
        "4 billion values": _entries((0x010F, 2, 0xFFFFFFFF, 8), (turn, 3, 1, 6)),
        "65535 entries": _entries((turn, 3, 1, 6), count=65535),
        "a directory in itself": _entries((0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (turn, 3, 1, 6)),
        "a directory after itself": _entries((turn, 3, 1, 6), following=8),
        "a place far away": _entries((0x8825, 4, 1, 0x7FFFFFFF), (turn, 3, 1, 6)),
        "bytes in the wrong order": b"MM" + good[2:],
        "no TIFF": b"XX" + good[2:],
        "zeros": bytes(200),
    }


def broken_exif() -> Files:
    """Put each block into the formats that hold EXIF."""
    for name, block in broken_blocks().items():
        for kind in ("JPEG", "PNG", "WEBP"):
            yield f"{kind} with {name}", file_of(photo(), kind, exif=b"Exif\0\0" + block)


def broken_profiles() -> dict[str, bytes]:
    """Profiles that are cut off, lie, or are of another space than the picture."""
    good, far = icc.rgb(), struct.pack(">I", 0xFFFFFFF0)
    blocks = {f"cut at {5 * part} %": good[: len(good) * part // 20] for part in range(1, 20)}
    wrong = {"grey": icc.grey(icc.curve(2.2)), "inks": icc.cmyk(), "tables": icc.rgb_with_tables()}
    blocks |= {f"of {name}": profile for name, profile in wrong.items()}
    for space in ("XYZ ", "Lab ", "HSV ", "none"):
        blocks[f"of space {space}"] = good[:16] + space.encode() + good[20:]
    curves = {
        "no samples": b"curv\0\0\0\0" + bytes(4), "4 billion samples": b"curv\0\0\0\0\xff\xff\xff\xff\0\0",
        "gamma 0": icc.curve(0), "gamma 255": icc.curve(255), "no curve": b"none\0\0\0\0", "nothing": b"",
        "kind 9": icc.parametric(9, 1), "powers of negatives": icc.parametric(3, 2.4, -9, -9, 0, -1),
        "gamma -100": icc.parametric(0, -100), "one level": icc.sampled(*[0] * 256),
    }  # fmt: skip
    blocks |= {f"with a curve of {name}": icc.rgb_of(icc.P3, curve) for name, curve in curves.items()}
    blocks |= {f"with a grey curve of {name}": icc.grey(curve) for name, curve in curves.items()}
    black = ((0.0, 0.0, 0.0),) * 3
    return blocks | {
        "4 billion tags": good[:128] + far + good[132:], "no tags": good[:128] + bytes(4) + good[132:],
        "tags far away": good[:136] + far + good[140:], "a size that is none": far + good[4:],
        "no matrix": icc.rgb(black), "of equal colours": icc.rgb((icc.P3[0],) * 3),
        "of zeros": bytes(400), "of 0xff": b"\xff" * 400, "of 2 MB": good + bytes(2_000_000),
    }  # fmt: skip


def broken_icc() -> Files:
    """Put each profile into the formats that hold one, colour and grey."""
    for name, profile in broken_profiles().items():
        for kind in ("RGB JPEG", "RGB PNG", "RGB WEBP", "RGB TIFF", "L JPEG", "LA PNG"):
            mode, image_format = kind.split()
            data = file_of(photo().convert(mode), image_format, icc_profile=profile)
            yield f"{kind} with a profile {name}", data


def placed() -> Files:
    """Photos that tell their place in every way their formats have."""
    words = f"<x:xmpmeta><exif:GPSLatitude>{PLACE_WORDS}</exif:GPSLatitude></x:xmpmeta>".encode()
    exif = told().tobytes()
    thumbnail = file_of(photo(16, 12), "JPEG", comment=PLACE_WORDS.encode())
    jpeg = file_of(photo(), "JPEG", exif=exif + thumbnail, comment=PLACE_WORDS.encode(), xmp=words)
    iptc = b"Photoshop 3.0\08BIM\x04\x04\0\0" + struct.pack(">I", len(words)) + words
    yield "JPEG", jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + jpeg[2:]
    text = png_chunk(b"tEXt", b"Place\0" + PLACE_WORDS.encode())
    text += png_chunk(b"zTXt", b"Place\0\0" + zlib.compress(PLACE_WORDS.encode()))
    text += png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + words)
    png = file_of(photo(), exif=exif)
    yield "PNG", png[:33] + text + png[33:]
    yield "WebP", file_of(photo(), "WEBP", exif=exif, xmp=words)
    yield "TIFF", file_of(photo(), "TIFF", exif=exif, tiffinfo={270: PLACE_WORDS, 700: words})
    yield "AVIF", file_of(photo(), "AVIF", exif=exif, xmp=words)
    yield "GIF", file_of(photo().quantize(64), "GIF", comment=PLACE_WORDS.encode())


def huge() -> Files:
    """Photos of 100 megapixels, which is less than the limit."""
    tile = photo(500, 500)
    image = Image.new("RGB", (10_000, 10_000), (230, 225, 220))
    for left in range(2500, 7500, 500):
        for top in range(2500, 7500, 500):
            image.paste(tile, (left, top))
    yield "JPEG of 100 megapixels", file_of(image, "JPEG", quality=60)
    yield "PNG of 100 megapixels", file_of(image, "PNG", compress_level=1)


OUTCOMES = frozenset(
    {
        "cutout", "empty-file", "image-too-large", "not-an-image", "truncated-image", "unsupported-format",
        "zero-size-image",
    }
)  # fmt: skip
"""What may become of a file: any other code, such as "internal" or "out-of-memory", is a failure."""

GROUPS: dict[str, Callable[[], Files]] = {
    "cut off at every 1 %": cut_off,
    "under each other's names": misnamed,
    "that swell": swollen.bombs,
    "of codes that are none (WebP)": lossless.wrong_codes,
    "of 1 and of 30,000 pixels a side": odd_sizes,
    "that move": moving,
    "of 16 and 32 bits, floats": deep,
    "of inks (CMYK, YCCK)": inks,
    "with broken EXIF": broken_exif,
    "with broken or foreign profiles": broken_icc,
    "with their place (GPS)": placed,
    "of 100 megapixels": huge,
}


def opened(data: bytes) -> Image.Image:
    """Read a file that was made; Pillow takes profiles of more than a megabyte only if it is told to."""
    with mock.patch.object(PngImagePlugin, "MAX_TEXT_CHUNK", 1 << 24):
        image = Image.open(io.BytesIO(data))
        image.load()
    return image


def tells_place(data: bytes) -> bool:
    """Whether a file holds the place, in any of the ways that photos came with."""
    numbers = [struct.pack(f"{order}2I", *PLACE) for order in "<>"]
    return any(
        part in data for part in (*numbers, PLACE_WORDS.encode(), b"GPSLatitude", b"a camera", b"4711")
    )


def told_size(data: bytes) -> tuple[int, int] | None:
    """Read the size that a header tells, None where Pillow can't say; an icon's is its largest picture's."""
    try:
        image = opened(data)
        return None if image.format == "ICO" else image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def row(files: str, outcomes: Counter[str]) -> dict[str, str]:
    """Say what became of files, as cells of a table; each has been looked at as `OUTCOMES` tells."""
    assert set(outcomes) <= OUTCOMES, outcomes
    counts = sorted((code, count) for code, count in outcomes.items() if code != "cutout")
    return {
        "files": files, "tried": f"{outcomes.total()}", "cutouts": f"{outcomes['cutout']}",
        "errors, by code": ", ".join(f"{code} {count}" for code, count in counts),
        "crashes, hangs, wrong results": "0", "the next photo": "works",
    }  # fmt: skip
