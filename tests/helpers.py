"""What several test modules share: small images, files written by hand, stand-ins for networks."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from PIL import Image

from alphacut.models import ModelSpec

ROOT = Path(__file__).resolve().parent.parent

Bytes8 = NDArray[np.uint8]
Floats = NDArray[np.float32]
T = TypeVar("T")

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def spec(width: int = 8, height: int = 6, **others: Any) -> ModelSpec:
    """Describe a small network."""
    return ModelSpec(**{"id": "tiny", "width": width, "height": height, "mean": MEAN, "std": STD, **others})


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


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


# ---- networks --------------------------------------------------------------------------------------


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


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> NodeProto:
    """An ONNX node; names are separated by spaces."""
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def weights(name: str, *shape: int, seed: int, dtype: type[np.floating[Any]] = np.float32) -> TensorProto:
    values = np.random.default_rng(seed).normal(0, 0.25, shape).astype(dtype)
    return numpy_helper.from_array(values, name)


def network(*, half: bool = False, shuffled: bool = False, ceil_mode: int = 1) -> ModelProto:
    """A salient-object network as they are published, but small: `alpha` is the map, `side` a side output.

    Input of any size; the decoder learns the size to grow to by Shape, Gather and Concat at run time. With
    `half` weights and arithmetic are float16, input and output float32 and growing is done in float32.
    """
    dtype = np.float16 if half else np.float32
    grow_in, grow_out = ("mixed_f", "grown_f") if half else ("mixed", "grown")
    nodes = [
        *([node("Cast", "photo", "pixels", to=TensorProto.FLOAT16)] if half else []),
        node("Conv", f"{'pixels' if half else 'photo'} w1", "c1", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", "c1", "r1"),
        node("MaxPool", "r1", "p1", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=ceil_mode),
        node("Conv", "p1 w2", "c2", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", "c2", "r2"),
        node("Conv", "r2 w3", "mixed", kernel_shape=[1, 1]),
        node("Shape", "c1", "shape"),
        node("Gather", "shape index_h", "h", axis=0),
        node("Gather", "shape index_w", "w", axis=0),
        node("Unsqueeze", "h axes", "h1"),
        node("Unsqueeze", "w axes", "w1d"),
        node("Shape", "mixed", "shape2"),
        node("Slice", "shape2 zero two", "nc"),
        node("Concat", "nc h1 w1d", "target", axis=0),
        *([node("Cast", "mixed", "mixed_f", to=TensorProto.FLOAT)] if half else []),
        helper.make_node(
            "Resize",
            [grow_in, "", "", "target"],
            [grow_out],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        ),
        *([node("Cast", "grown_f", "grown", to=TensorProto.FLOAT16)] if half else []),
        node("Conv", "r1 w4", "d4", kernel_shape=[1, 1]),
        node("Conv", "d4 wside", "dside", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Sigmoid", "dside", "side_h" if half else "side"),
        node("Concat", "grown d4", "both", axis=1),
        node("Conv", "both w5", "fused", kernel_shape=[1, 1]),
        node("Sigmoid", "fused", "alpha_h" if half else "alpha"),
        *([node("Cast", "side_h", "side", to=TensorProto.FLOAT)] if half else []),
        *([node("Cast", "alpha_h", "alpha", to=TensorProto.FLOAT)] if half else []),
    ]
    if shuffled:
        nodes = [nodes[i] for i in np.random.default_rng(5).permutation(len(nodes))]
    stored = [
        weights("w1", 20, 3, 3, 3, seed=1, dtype=dtype),
        weights("w2", 20, 20, 3, 3, seed=2, dtype=dtype),
        weights("w3", 8, 20, 1, 1, seed=3, dtype=dtype),
        weights("w4", 8, 20, 1, 1, seed=4, dtype=dtype),
        weights("w5", 1, 16, 1, 1, seed=5, dtype=dtype),
        weights("wside", 1, 8, 3, 3, seed=6, dtype=dtype),
        *(
            numpy_helper.from_array(np.array(value, np.int64), name)
            for name, value in {"index_h": 2, "index_w": 3, "axes": [0], "zero": [0], "two": [2]}.items()
        ),
    ]
    free: list[str | int | None] = ["n", 3, "height", "width"]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("photo", TensorProto.FLOAT, free)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1, None, None])
            for name in ("side", "alpha")
        ],
        stored,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
