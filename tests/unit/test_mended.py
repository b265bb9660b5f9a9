"""Files that lead to known flaws of Pillow 12.2 end at once, in a cutout or in an error that has a code.

In Pyodide (tests/browser/test_core.py) they meet that very version.
"""

from __future__ import annotations

import io
import struct
import sys

import numpy as np
import PIL
import pytest
from PIL import Image, features

from alphacut import mended
from alphacut.errors import AlphacutError, BadOptionsError, TruncatedImageError, UnsupportedFormatError
from alphacut.finish import Frame
from alphacut.image import decode
from alphacut.output import Output
from tests.helpers import array, file_of, png_chunk, scene
from tests.unit.test_pipeline import cut

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

IS_OLD = int(PIL.__version__.partition(".")[0]) < 13
MARK = b"Exif\0\0"
PYTHON = "3.14.2"
INSIDE = {"libjpeg": "9.0", "libtiff": "4.4.0", "libwebp": "1.2.2", "zlib": "1.3.1", "FreeType": "2.13.3"}
"""In Pyodide and in the wheel of Pillow for it: SECURITY.md answers for these versions."""
PHOTO = scene(12, 9)


def tiff_directory(order: str, entries: list[tuple[int, int, int, int]], data: bytes = b"") -> bytes:
    """A TIFF's head, its only directory and what that points to."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    body = b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    return head + struct.pack(f"{order}H", len(entries)) + body + bytes(4) + data


def with_exif(png: bytes, block: bytes) -> bytes:
    return png[:33] + png_chunk(b"eXIf", block) + png[33:]


def jpeg_segments(*bodies: bytes) -> bytes:
    return b"".join(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body for body in bodies)


def test_the_libraries_inside_are_those_that_were_looked_at() -> None:
    names = {
        "libjpeg": "jpg",
        "libtiff": "libtiff",
        "libwebp": "webp",
        "zlib": "zlib",
        "FreeType": "freetype2",
    }
    found = {name: features.version(of_pillow) for name, of_pillow in names.items()}
    assert (found == INSIDE) == (sys.platform == "emscripten"), found
    assert features.check("libjpeg_turbo") == (sys.platform != "emscripten")
    assert (sys.version.split()[0] == PYTHON) or sys.platform != "emscripten"


# ---- EXIF ------------------------------------------------------------------------------------------


def turned(order: str = "<") -> bytes:
    """EXIF that says: turn by 90 degrees."""
    return tiff_directory(order, [(0x0112, 3, 1, 6 if order == "<" else 6 << 16)])


@pytest.mark.parametrize("times", [0, 1, 2, 400_000])
def test_the_mark_of_exif_may_be_there_any_number_of_times(times: int) -> None:
    """CVE-2026-96643: all that followed was copied once for each mark."""
    photo = decode(with_exif(file_of(PHOTO), MARK * times + turned()), Output(metadata="keep"))
    if times <= 1 or IS_OLD:  # Pillow 13 looks for two, of which its PNG plugin adds one
        assert photo.size == (9, 12)


def test_the_marks_of_many_segments_are_joined_in_vain() -> None:
    marks = MARK + MARK * 10_000
    jpeg = file_of(PHOTO, "JPEG")
    photo = decode(jpeg[:2] + jpeg_segments(*[marks] * 60, MARK + turned()) + jpeg[2:])
    assert set(photo.size) == {12, 9}


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_of_exif_that_lie_in_each_other_are_not_read(order: str) -> None:
    """GHSA-wqgw-9xfh-qf2g: 60,000 tags that hold 3 MB each, the same ones."""
    entries = [(0x8000 + n, 7, 3_000_000, 8) for n in range(30_000)]
    block = tiff_directory(order, entries, bytes(3_000_000))
    photo = decode(with_exif(file_of(PHOTO), block), Output(metadata="keep"))
    assert photo.size == (12, 9)


def test_values_that_are_cut_off_leave_what_comes_before_them() -> None:
    block = tiff_directory("<", [(0x0112, 3, 1, 6), (0x9000, 7, 4_000_000_000, 8)])
    assert decode(with_exif(file_of(PHOTO), block)).size == (9, 12)


# ---- TIFF ------------------------------------------------------------------------------------------


def tiff_of(*, compression: str = "tiff_lzw", **options: object) -> bytes:
    return file_of(PHOTO, "TIFF", compression=compression, **options)


def doubled(tiff: bytes, tag: int, value: int) -> bytes:
    """Write the first directory anew at the end, with one tag twice: the second has another value."""
    assert tiff[:2] == b"II"
    (at,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, at)
    entries = [struct.unpack_from("<HHII", tiff, at + 2 + 12 * n) for n in range(count)]
    entries = sorted([*entries, (tag, 3, 1, value)], key=lambda entry: entry[0])
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (
        tiff[:4] + struct.pack("<I", len(tiff)) + tiff[8:] + struct.pack("<H", len(entries)) + body + bytes(4)
    )


def test_a_tag_that_is_there_twice_is_damage() -> None:
    """GHSA-462x-pgg6-55fp: Pillow took the one for the rows' length, and libtiff the other."""
    assert decode(tiff_of()).size == (12, 9)
    for tag, value in ((258, 1), (277, 1), (284, 2)):
        with pytest.raises((TruncatedImageError, UnsupportedFormatError)):
            decode(doubled(tiff_of(), tag, value))


def header(bits: int, kind: int) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">IIBB3x", 50, 40, bits, kind))


@pytest.mark.parametrize(
    "before", [header(8, 1), header(7, 2), header(16, 3), header(0, 0), header(8, 7), b""]
)
@pytest.mark.parametrize("in_icon", [False, True])
def test_a_png_has_one_header_and_the_picture_that_belongs_to_it(before: bytes, in_icon: bool) -> None:
    """Pillow passed over both where colours are of no kind, and took a later header with its picture."""
    png = file_of(PHOTO, "PNG")
    icon = struct.pack("<HHHBBBxHHII", 0, 1, 1, 12, 9, 0, 1, 32, len(png) + 999, 22) if in_icon else b""
    assert decode(icon + png).size == (12, 9)
    for bad in (before + png_chunk(b"IDAT", b""), header(8, 2)):
        with pytest.raises(TruncatedImageError):
            decode(icon + png[:8] + bad + png[8:])


def test_values_of_a_tiff_that_lie_in_each_other_are_damage() -> None:
    entries = [(256, 3, 1, 4), (257, 3, 1, 4), *((0x8000 + n, 7, 1_000_000, 8) for n in range(20_000))]
    with pytest.raises(AlphacutError):
        decode(tiff_directory("<", entries, bytes(1_000_000)))


def test_pages_are_counted_without_reading_what_they_hold() -> None:
    pages = file_of(PHOTO, "TIFF", save_all=True, append_images=[Image.fromarray(PHOTO)] * 4)
    assert decode(pages).frames == 5
    (first,) = struct.unpack_from("<I", pages, 4)
    (count,) = struct.unpack_from("<H", pages, first)
    at = first + 2 + 12 * count
    in_a_circle = pages[:at] + struct.pack("<I", first) + pages[at + 4 :]
    assert decode(in_a_circle).frames == 1


# ---- BMP, GIF, JPEG --------------------------------------------------------------------------------


def rle_bmp(width: int, height: int, codes: bytes) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(codes), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(codes), 0, 0, 54 + 1024) + head + bytes(1024) + codes


def test_no_code_of_a_bmp_stands_for_gigabytes() -> None:
    """CVE-2026-96638: each delta added up to 255 rows, whatever was left to fill."""
    plain = rle_bmp(4, 2, bytes([4, 7, 0, 0, 4, 9, 0, 1]))
    assert decode(plain).size == (4, 2)
    with pytest.raises(TruncatedImageError):
        decode(rle_bmp(100_000_000, 1, b"\0\2\xff\xff\0\1"))


@pytest.mark.parametrize("size", [40, 52, 56, 64, 108, 124])
@pytest.mark.parametrize("compression", [1, 2])
def test_nor_one_of_an_icons_picture(size: int, compression: int) -> None:
    bits = 8 if compression == 1 else 4
    head = struct.pack("<IiiHHIIiiII", size, 100_000_000, 2, 1, bits, compression, 6, 0, 0, 1 << bits, 0)
    inside = head + bytes(size - 40) + bytes(4 << bits) + b"\0\2\xff\xff\0\1"
    icon = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, bits, len(inside), 22)
    with pytest.raises(ValueError, match="icon"):
        mended.refuse_ico(icon + inside)
    with pytest.raises(TruncatedImageError):
        decode(icon + inside)


def test_other_icons_are_read() -> None:
    assert decode(file_of(Image.new("RGB", (16, 16)), "ICO", sizes=[(16, 16)])).size == (16, 16)
    plain = file_of(Image.new("RGB", (16, 16)), "ICO", sizes=[(16, 16)], bitmap_format="bmp")
    assert decode(plain).size == (16, 16)


def test_comments_of_a_gif_cost_no_more_than_their_bytes() -> None:
    """GHSA-22hg-r758-rrw9: each 255 bytes were joined to all before them."""
    gif = file_of(Image.fromarray(PHOTO).quantize(8), "GIF")
    at = 13 + 3 * (2 << (gif[10] & 7))
    comment = b"!\xfe" + (b"\xff" + b"c" * 255) * 80_000 + b"\0"
    commented = gif[:at] + comment + gif[at:]
    assert mended.without_comments(commented) == gif
    np.testing.assert_array_equal(array(decode(commented).rgb), array(decode(gif).rgb))


@pytest.mark.parametrize("cut", [3, 11, 14, 40, 60])
def test_a_damaged_gif_stays_damaged(cut: int) -> None:
    gif = file_of(Image.fromarray(PHOTO).quantize(8), "GIF", comment=b"a comment")
    assert len(mended.without_comments(gif[:cut])) <= cut
    with pytest.raises(AlphacutError):
        decode(gif[:cut])


def test_comments_between_the_frames_go_too() -> None:
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
    first, *more = (Image.new("RGB", (6, 4), colour) for colour in colours)
    gif = file_of(first, "GIF", save_all=True, append_images=more, duration=100)
    at = gif.rindex(b"!\xf9")
    assert mended.without_comments(gif[:at] + b"!\xfe\x03abc\0" + gif[at:]) == gif
    assert decode(gif).frames == 3


@pytest.mark.parametrize("empty", [b"!\xf9\0", b"!\xff\x0bNETSCAPE2.0\0", b"!\x01\0"])
def test_a_comment_changes_nothing_of_how_a_damaged_gif_is_read(empty: bytes) -> None:
    """What follows such an extension is to Pillow a part of it, and may hold what looks like a comment."""
    gif = file_of(Image.fromarray(PHOTO).quantize(8), "GIF")
    at = 13 + 3 * (2 << (gif[10] & 7))
    inside = b"!" + b"\xfe\x07comment\0".ljust(ord("!"), b"x") + b"\0"
    damaged = gif[:at] + empty + inside + gif[at:]
    with (
        Image.open(io.BytesIO(damaged)) as image,
        Image.open(io.BytesIO(mended.without_comments(damaged))) as same,
    ):
        assert image.size == same.size
        np.testing.assert_array_equal(array(image.convert("RGB")), array(same.convert("RGB")))


@pytest.mark.parametrize("size", [(12, 9), (4000, 9), (1, 1)])
def test_a_second_frame_header_of_a_jpeg_is_damage(size: tuple[int, int]) -> None:
    """GHSA-5x8w-8jj5-q52h: lines longer than the room that Pillow had made, by what it had read."""
    jpeg = file_of(PHOTO, "JPEG")
    at = jpeg.index(b"\xff\xc0")
    (length,) = struct.unpack_from(">H", jpeg, at + 2)
    header = bytearray(jpeg[at : at + 2 + length])
    struct.pack_into(">HH", header, 5, size[1], size[0])
    for place in (at, at + 2 + length):
        with pytest.raises(AlphacutError):
            decode(jpeg[:place] + bytes(header) + jpeg[place:])


EDGE = 2**31


@pytest.mark.parametrize(
    "box", [(-EDGE, -EDGE, EDGE - 1, EDGE - 1), (-EDGE, 0, 2 * EDGE, 9), (5, 5, 2**40, 2**40)]
)
def test_no_box_goes_beyond_what_pillow_counts(box: tuple[int, int, int, int]) -> None:
    """CVE-2026-59199: sides of a box that is pasted or cut out were counted in 32 bits."""
    assert cut(file_of(PHOTO), region=box).width == 12
    left, top, right, bottom = box
    with pytest.raises(BadOptionsError):
        Frame(left=left, top=top, right=right, bottom=bottom, width=4, height=4)


def test_nothing_but_the_plugin_of_its_format_reads_a_file() -> None:
    """The other plugins' flaws are out of reach: their files are refused by their first bytes."""
    for head in (b"8BPS", b"%!PS-Adobe", b"%PDF-1.4", b"SIMPLE  =", b"\x89HDF\r\n\x1a\n", b"qoif", b"DDS "):
        with pytest.raises(AlphacutError) as refused:
            decode(head + bytes(2_000))
        assert refused.value.code in {"unsupported-format", "not-an-image"}
    before = io.BytesIO()
    Image.new("RGB", (4, 4)).save(before, "PCX")
    with pytest.raises(AlphacutError):
        decode(before.getvalue())
