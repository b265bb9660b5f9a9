"""Seeds of our own: a small file of each kind of pixels, compression and metadata that formats have."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from alphacut import profiles
from alphacut.png import chunk

_WIDTH, _HEIGHT = 23, 17
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

Named = Iterator[tuple[str, bytes]]


def made() -> dict[str, bytes]:
    """Make all of them, by name of file; the ending tells the format."""
    sources = (
        _pngs,
        _pngs_with_chunks,
        _jpegs,
        _gifs,
        _webps,
        _tiffs,
        _bmps,
        _icons,
        _portable,
        _targas,
        _avifs,
    )
    return dict(itertools.chain.from_iterable(source() for source in sources))


def png(
    depth: int, colour: int, *, interlaced: bool = False, chunks: tuple[tuple[bytes, bytes], ...] = ()
) -> bytes:
    """Write a PNG of pixels at random, each row with a filter at random."""
    dice = Random(f"{depth} {colour} {interlaced}")
    rows = b""
    for left, top, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        width, height = -(-(_WIDTH - left) // across), -(-(_HEIGHT - top) // down)
        count = (width * depth * _CHANNELS[colour] + 7) // 8
        rows += b"".join(bytes([dice.randrange(5)]) + dice.randbytes(count) for _ in range(height))
    palette = ((b"PLTE", dice.randbytes(3 << depth)),) if colour == 3 else ()
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, depth, colour, 0, 0, int(interlaced))
    parts = ((b"IHDR", header), *palette, *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, body) for name, body in parts)


def picture(mode: str) -> Image.Image:
    """Make a picture of any mode, of smooth colours with some noise."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    levels = np.stack([x * 11, y * 15, (x + y) * 6, 255 - x * 10], -1) + np.random.default_rng(1).integers(
        0, 9, (_HEIGHT, _WIDTH, 4)
    )
    rgba = Image.fromarray(levels.clip(0, 255).astype(np.uint8), "RGBA")
    if mode in {"F", "I", "I;16"}:
        samples = levels[..., 0] * (1 / 255 if mode == "F" else 257)
        return Image.fromarray(samples.astype({"F": np.float32, "I": np.int32, "I;16": np.uint16}[mode]))
    return rgba if mode == "RGBA" else rgba.convert("RGB").convert(mode)


def exif() -> bytes:
    """EXIF with orientation, maker, place and a thumbnail."""
    block = Image.Exif()
    block[0x0112], block[0x010F], block[0x0132] = 6, "a maker", "2026:01:02 03:04:05"
    block[0x8769] = {0x9003: "2026:01:02 03:04:05", 0x927C: b"maker's notes", 0x9286: b"ASCII\0\0\0comment"}
    block[0x8825] = {1: "N", 2: (51.0, 28.0, 40.0), 3: "E", 4: (7.0, 1.0, 2.0)}
    return block.tobytes()


def grey_profile() -> bytes:
    """Make a grey profile with a curve of samples."""
    curve = b"curv\0\0\0\0" + struct.pack(">I5H", 5, 0, 9000, 22000, 40000, 65535)
    head = bytearray(profiles.display_p3()[:128])
    head[16:20] = b"GRAY"
    return bytes(head) + struct.pack(">I4sII", 1, b"kTRC", 144, len(curve)) + curve


def _file(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _pngs() -> Named:
    for colour, depths in _DEPTHS.items():
        for depth, interlaced in itertools.product(depths, (False, True)):
            yield (
                f"c{colour}d{depth}{'i' if interlaced else 'n'}.png",
                png(depth, colour, interlaced=interlaced),
            )


def _pngs_with_chunks() -> Named:
    block = exif().removeprefix(b"Exif\0\0")
    texts = zlib.compress(b"words " * 40)
    kinds: dict[str, tuple[int, int, tuple[tuple[bytes, bytes], ...]]] = {
        "key-grey": (4, 0, ((b"tRNS", b"\0\3"),)),
        "key-deep": (16, 2, ((b"tRNS", b"\0\1\0\2\0\3"),)),
        "key-palette": (4, 3, ((b"tRNS", bytes(range(0, 256, 17))),)),
        "profile": (8, 2, ((b"iCCP", b"p\0\0" + zlib.compress(profiles.display_p3())),)),
        "grey-profile": (8, 0, ((b"iCCP", b"g\0\0" + zlib.compress(grey_profile())),)),
        "cicp": (8, 6, ((b"cICP", bytes((12, 13, 0, 1))),)),
        "exif": (8, 6, ((b"eXIf", block),)),
        "texts": (8, 2, ((b"tEXt", b"Title\0words"), (b"zTXt", b"Comment\0\0" + texts),
                         (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + texts))),
        "others": (8, 2, ((b"gAMA", b"\0\0\xb1\x8f"), (b"cHRM", bytes(32)), (b"sRGB", b"\0"),
                          (b"pHYs", b"\0\0\1\0\0\0\1\0\1"), (b"bKGD", bytes(6)), (b"tIME", bytes(7)))),
    }  # fmt: skip
    for name, (depth, colour, chunks) in kinds.items():
        yield f"{name}.png", png(depth, colour, chunks=chunks)
    moving = [picture("RGBA"), picture("RGBA").rotate(180)]
    yield "moving.png", _file(moving[0], "PNG", save_all=True, append_images=moving[1:], duration=50)


def _jpegs() -> Named:
    for mode in ("L", "RGB", "CMYK"):
        for name, options in {"": {}, "progressive": {"progressive": True}}.items():
            yield f"{mode}{name}.jpg", _file(picture(mode), "JPEG", quality=80, **options)
    rgb = picture("RGB")
    for subsampling in (0, 1, 2):
        yield f"sub{subsampling}.jpg", _file(rgb, "JPEG", subsampling=subsampling, restart_marker_rows=1)
    yield "exif.jpg", _file(rgb, "JPEG", exif=exif(), comment=b"words", dpi=(72, 72))
    yield "profile.jpg", _file(rgb, "JPEG", icc_profile=profiles.display_p3())
    yield "grey-profile.jpg", _file(picture("L"), "JPEG", icc_profile=grey_profile())
    yield "two.jpg", _file(rgb, "MPO", save_all=True, append_images=[rgb.rotate(180)])
    inks = _file(picture("CMYK"), "JPEG")
    at = inks.index(b"\xff\xee")
    yield "plain-inks.jpg", inks[:at] + inks[at + 16 :]


def _gifs() -> Named:
    image = picture("P")
    yield "plain.gif", _file(image, "GIF")
    yield "flat.gif", _file(image, "GIF", interlace=False)
    yield "key.gif", _file(image, "GIF", transparency=3)
    others = [image.rotate(180), image.crop((3, 3, 9, 9))]
    yield (
        "moving.gif",
        _file(image, "GIF", save_all=True, append_images=others, duration=40, disposal=2, loop=0),
    )
    yield "grey.gif", _file(picture("L"), "GIF", comment=b"words")


def _webps() -> Named:
    for mode in ("RGB", "RGBA"):
        yield f"{mode}.webp", _file(picture(mode), "WEBP", quality=70)
        yield f"{mode}-lossless.webp", _file(picture(mode), "WEBP", lossless=True)
    yield (
        "all.webp",
        _file(picture("RGBA"), "WEBP", exif=exif(), icc_profile=profiles.display_p3(), xmp=b"<x/>"),
    )
    others = [picture("RGBA").rotate(180)]
    yield "moving.webp", _file(picture("RGBA"), "WEBP", save_all=True, append_images=others, duration=50)


def _tiffs() -> Named:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"):
        source = picture("RGB") if mode == "LAB" else picture(mode)
        yield f"{mode.replace(';', '')}.tif", _file(_lab(source) if mode == "LAB" else source, "TIFF")
    for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "tiff_deflate", "zstd", "lzma"):
        yield f"{name}.tif", _file(picture("RGB"), "TIFF", compression=name)
    for name in ("group3", "group4", "tiff_ccitt", "packbits"):
        yield f"{name}-1.tif", _file(picture("1"), "TIFF", compression=name)
    yield "exif.tif", _file(picture("RGB"), "TIFF", exif=exif(), icc_profile=profiles.display_p3())
    yield "pages.tif", _file(picture("RGB"), "TIFF", save_all=True, append_images=[picture("L")])
    yield "big-endian.tif", _file(picture("I;16").convert("I;16B"), "TIFF")


def _lab(rgb: Image.Image) -> Image.Image:
    return Image.merge("LAB", rgb.split())


def _bmps() -> Named:
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"{mode}.bmp", _file(picture(mode), "BMP")


def _icons() -> Named:
    image = picture("RGBA").resize((16, 16))
    yield "png.ico", _file(image, "ICO", sizes=[(16, 16), (8, 8)])
    yield "bmp.ico", _file(image, "ICO", sizes=[(16, 16)], bitmap_format="bmp")


def _portable() -> Named:
    for mode in ("1", "L", "RGB", "I;16"):
        yield f"{mode.replace(';', '')}.ppm", _file(picture(mode), "PPM")
    for number, most in ((1, 1), (2, 255), (3, 1023)):
        numbers = " ".join(str(Random(number).randint(0, most)) for _ in range(3 * 7 * 5))
        top = "" if number == 1 else f"{most}\n"
        yield f"text{number}.ppm", f"P{number}\n# words\n7 5\n{top}{numbers}\n".encode()


def _targas() -> Named:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        yield f"{mode}.tga", _file(picture(mode), "TGA")
    for mode in ("L", "RGB", "RGBA"):
        yield f"{mode}-rle.tga", _file(picture(mode), "TGA", compression="tga_rle")


def _avifs() -> Named:
    yield "plain.avif", _file(picture("RGB"), "AVIF", quality=60)
    yield "alpha.avif", _file(picture("RGBA"), "AVIF", quality=60)
    yield (
        "all.avif",
        _file(picture("RGB"), "AVIF", exif=exif(), icc_profile=profiles.display_p3(), xmp=b"<x/>"),
    )
    yield (
        "moving.avif",
        _file(picture("RGB"), "AVIF", save_all=True, append_images=[picture("RGB").rotate(180)]),
    )
