"""Pillow's functions are ours while alphacut decodes, from a process's first file on, and Pillow's after."""

from __future__ import annotations

import struct
import sys
import threading

import pytest
from PIL import Image, TiffImagePlugin

from alphacut import patched as module
from alphacut.errors import TruncatedImageError
from alphacut.image import decode
from alphacut.patched import patch_directories, patched
from alphacut.plugins import load_plugin
from tests.helpers import file_of, scene

DIRECTORY = TiffImagePlugin.ImageFileDirectory_v2
OWN = Image.Exif.load, DIRECTORY.load


@pytest.fixture(autouse=True)
def _old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Pillow is here."""
    monkeypatch.setattr(module, "_IS_OLD", True)


def functions() -> tuple[object, object]:
    return Image.Exif.load, DIRECTORY.load


def with_own_directory() -> bytes:
    """A TIFF whose directory of EXIF, which Pillow reads once it has the pixels, has values in each other."""
    tiff = file_of(Image.fromarray(scene(8, 6)), "TIFF")
    (at,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, at)
    entries = tiff[at + 2 : at + 2 + 12 * count] + struct.pack(
        "<HHII", 0x8769, 4, 1, len(tiff) + 18 + 12 * count
    )
    main = struct.pack("<H", count + 1) + entries + bytes(4)
    inner = b"".join(struct.pack("<HHII", 0x9000 + n, 7, 200_000, 8) for n in range(600))
    head = tiff[:4] + struct.pack("<I", len(tiff)) + tiff[8:]
    return head + main + struct.pack("<H", 600) + inner + bytes(4) + bytes(200_000)


def test_the_plugin_of_tiff_is_loaded_with_safe_directories() -> None:
    with patched():
        assert functions() == (module._load_exif, OWN[1])
        load_plugin("TIFF")
        assert functions() == (module._load_exif, module._load_directory)
    assert functions() == OWN


def test_directories_of_a_tiffs_first_reading_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    found = list[int]()
    plain = module.overlap

    def watching(entries: list[module.Entry], length: int) -> bool:
        found.append(len(entries))
        return plain(entries, length)

    monkeypatch.setattr(module, "overlap", watching)
    with pytest.raises(TruncatedImageError):
        decode(with_own_directory())
    assert 600 in found


def test_the_index_of_an_mpo_is_one_that_is_looked_at() -> None:
    inside = b"MPF\0II*\0\x08\0\0\0" + struct.pack("<H", 900)
    inside += b"".join(struct.pack("<HHII", 0xB000 + n, 7, 20_000, 8) for n in range(900)) + bytes(24_000)
    jpeg = file_of(scene(8, 6), "JPEG")
    data = jpeg[:2] + b"\xff\xe2" + struct.pack(">H", len(inside) + 2) + inside + jpeg[2:]
    with pytest.warns(UserWarning, match="malformed MPO"):
        assert decode(data).format == "JPEG"


def test_what_it_was_is_there_again_after_an_error() -> None:
    with pytest.raises(TruncatedImageError):
        decode(file_of(scene(8, 6), "TIFF")[:40])
    assert functions() == OWN


def test_the_last_one_out_puts_it_back() -> None:
    with patched():
        with patched():
            patch_directories()
        assert functions() == (module._load_exif, module._load_directory)
    assert functions() == OWN


def test_nothing_is_replaced_where_nobody_decodes() -> None:
    patch_directories()
    assert functions() == OWN


@pytest.mark.skipif(sys.platform == "emscripten", reason="has no threads")
def test_threads_do_not_take_it_from_each_other() -> None:
    inside, out = threading.Event(), threading.Event()

    def other() -> None:
        with patched():
            inside.set()
            out.wait(10)

    thread = threading.Thread(target=other)
    with patched():
        thread.start()
        assert inside.wait(10)
    assert Image.Exif.load is module._load_exif
    out.set()
    thread.join(10)
    assert functions() == OWN


def test_a_newer_pillow_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IS_OLD", False)
    with patched():
        load_plugin("TIFF")
        assert functions() == OWN
