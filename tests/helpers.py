"""What several test modules share: small images, files written by hand, stand-ins for sessions."""

from __future__ import annotations

import asyncio
import io
import os
import struct
import sys
import zlib
from collections.abc import Coroutine, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, features

from alphacut.models import ModelSpec

ROOT = Path(__file__).resolve().parent.parent

Bytes8 = NDArray[np.uint8]
Floats = NDArray[np.float32]
T = TypeVar("T")

# The core's tests run in Pyodide too (tests/browser/test_core.py). What it lacks is asked for there, so that
# its tests run as soon as it is not lacking; elsewhere nothing is skipped: what is missing fails.
_IN_PYODIDE = sys.platform == "emscripten"
needs_littlecms = pytest.mark.skipif(
    _IN_PYODIDE and not features.check("littlecms2"), reason="Pillow in Pyodide has no LittleCMS"
)
needs_avif = pytest.mark.skipif(
    _IN_PYODIDE and not features.check("avif"), reason="Pillow in Pyodide has no AVIF"
)
needs_scipy = pytest.mark.skipif(
    _IN_PYODIDE and find_spec("scipy") is None, reason="scipy is not in this Pyodide"
)
needs_pymatting = pytest.mark.skipif(
    _IN_PYODIDE and find_spec("pymatting") is None,
    reason="pymatting needs numba, which Pyodide does not have",
)

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def spec(width: int = 8, height: int = 6, **others: Any) -> ModelSpec:
    """Describe a small network."""
    return ModelSpec(**{"id": "tiny", "width": width, "height": height, "mean": MEAN, "std": STD, **others})


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def package_locks() -> list[Path]:
    """The project's own locks of npm; what is built is not looked at, as that may change meanwhile."""
    found: list[Path] = []
    for folder, folders, _ in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in {"dist", "node_modules"} and name[0] != "."]
        found += Path(folder).glob("package-lock.json")
    return sorted(found)


# ---- images ----------------------------------------------------------------------------------------


def noise(width: int, height: int, channels: int = 3, seed: int = 0) -> Bytes8:
    """Random samples, shape (height, width, channels), or (height, width) for one channel."""
    samples = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    return np.asarray(samples[..., 0] if channels == 1 else samples)


def scene(width: int, height: int) -> Bytes8:
    """Smooth colours that differ in every direction, so that a turned or mirrored copy is another image."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return np.asarray(np.rint(255 * np.stack([x, y, (x + 2 * y) / 3 * (1 - x)], axis=-1)), np.uint8)


def file_of(image: Image.Image | Bytes8, image_format: str = "PNG", **options: Any) -> bytes:
    """Encode with Pillow."""
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        buffer, image_format, **options
    )
    return buffer.getvalue()


def pixels_of(data: bytes) -> Bytes8:
    """Decode with Pillow, in the mode the file is of."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def array(image: Image.Image | None) -> Bytes8:
    assert image is not None
    return np.asarray(image)


def rgb_arrays(max_side: int = 12) -> st.SearchStrategy[Bytes8]:
    """Random images of any proportions, one pixel wide or high ones included."""
    side = st.integers(1, max_side)
    return st.builds(noise, side, side, st.just(3), st.integers(0, 2**32 - 1))


# ---- files written by hand -------------------------------------------------------------------------


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(
    width: int, height: int, depth: int, colour_type: int, rows: Iterable[bytes], *chunks: tuple[bytes, bytes]
) -> bytes:
    """Write a PNG byte by byte: Pillow can't write every kind. `chunks` go before the pixels."""
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, body) for kind, body in parts)


def png_chunks(data: bytes) -> list[bytes]:
    """Names of a PNG's chunks in order."""
    names, position = [], 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        names.append(data[position + 4 : position + 8])
        position += length + 12
    return names


def with_jpeg_size(data: bytes, width: int, height: int) -> bytes:
    """Change the size that a baseline JPEG's frame header tells."""
    position = data.index(b"\xff\xc0")
    return data[: position + 5] + struct.pack(">HH", height, width) + data[position + 9 :]


def icc_profile(space: bytes = b"RGB ") -> bytes:
    """As much of a profile as is looked at: the header, which names the colour space."""
    body = bytearray(160)
    struct.pack_into(">I", body, 0, len(body))
    body[12:24] = b"mntr" + space + b"XYZ "
    body[36:40] = b"acsp"
    return bytes(body)


# ---- sessions ------------------------------------------------------------------------------------------


class FakeSession:
    """Gives prepared levels whatever the photo is; remembers what it was given."""

    def __init__(self, levels: Bytes8) -> None:
        assert levels.dtype == np.uint8
        self.levels = levels
        self.inputs: list[Bytes8] = []

    async def run(self, pixels: Bytes8) -> Bytes8:
        self.inputs.append(pixels.copy())
        return self.levels.copy()


class LuminanceSession:
    """Calls bright what is bright: alpha is the mean of the channels, so the result depends on the photo."""

    async def run(self, pixels: Bytes8) -> Bytes8:
        assert pixels.dtype == np.uint8
        assert pixels.shape[0] == 1
        assert pixels.shape[3] == 3
        return np.asarray(pixels[0].mean(axis=-1), np.uint8)


def unheard(title: str, notice: str) -> None:
    """Hear a network's licence and do nothing: an `alphacut.backend.Tell`."""
