"""The strips' workers (web/worker/png-strip.js), run in Node.js: their PNG holds the same pixels."""

from __future__ import annotations

import base64
import json
import subprocess
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alphacut.encode import encode_png
from alphacut.png import Strip, encode_in_strips
from alphacut.store.node import node_command
from tests.helpers import ROOT, Bytes8, noise, pixels_of, run, scene
from tests.numerics import NODE, held
from tests.strips import rgba

MODULE = ROOT / "web" / "worker" / "png-strip.js"
RUN_IN_NODE = """
import { createInterface } from "node:readline";
globalThis.postMessage = ({ data, adler32 }) => {
  console.log(JSON.stringify({ data: Buffer.from(data).toString("base64"), adler32 }));
};
await import(process.argv[1]);
for await (const line of createInterface({ input: process.stdin })) {
  const { rows, ...strip } = JSON.parse(line);
  const { buffer } = Uint8Array.from(Buffer.from(rows, "base64"));
  globalThis.onmessage({ data: { id: 1, rows: buffer, ...strip } });
}
"""


class NodeDeflater:
    """See `alphacut.png.Deflater`: the worker's own module in one Node.js."""

    lanes = 2

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    async def deflate(self, rows: Bytes8, *, has_above: bool, is_last: bool) -> Strip:
        height, width, _ = rows.shape
        strip = {"width": width, "height": height, "hasAbove": has_above, "last": is_last}
        used_before = b"\x5a" * (height % 3)  # the memory of a longer strip
        reply = self.ask({"rows": base64.b64encode(rows.tobytes() + used_before).decode(), **strip})
        return Strip(base64.b64decode(reply["data"]), reply["adler32"])

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return dict(json.loads(self._process.stdout.readline()))


@pytest.fixture(scope="module")
def deflater() -> Iterator[NodeDeflater]:
    command = [*node_command(), "--input-type=module", "-e", RUN_IN_NODE, MODULE.as_uri()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield NodeDeflater(process)
        assert process.stdin is not None
        process.stdin.close()


def photo(width: int, height: int, seed: int = 1) -> Bytes8:
    """Smooth colours with a camera's noise: nothing on the left, half in the middle, all on the right."""
    colours = scene(width, height).astype(int) + np.random.default_rng(seed).integers(
        -3, 4, (height, width, 3)
    )
    alpha = np.clip(np.linspace(-255, 510, width), 0, 255).astype(np.uint8)
    pixels = np.dstack([np.clip(colours, 0, 255), np.broadcast_to(alpha, (height, width))]).astype(np.uint8)
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def assert_kept(pixels: Bytes8, deflater: NodeDeflater) -> bytes:
    """See that the file holds the pixels, by Pillow, and that zlib finds the stream whole."""
    data = run(encode_in_strips(rgba(pixels), None, deflater))
    np.testing.assert_array_equal(pixels_of(data), pixels)
    height, width, _ = pixels.shape
    assert len(inflate(data)) == height * (1 + 4 * width)
    return data


def inflate(png: bytes) -> bytes:
    """What is in all IDAT chunks; zlib complains if the checksum is wrong or the stream does not end."""
    stream, at = b"", 8
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        stream += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    return zlib.decompress(stream)


@held(
    "worker/png-filter.js filterRows",
    "worker/deflate.js deflate",
    "worker/huffman.js codeLengths",
    "worker/huffman.js tableOf",
    "worker/huffman.js writeLengths",
    "worker/bit-writer.js BitWriter",
    against="the pixels, as Pillow reads them; zlib's checksum",
    over="size from 1 x 1 to 30,000, noise, flat, soft",
    within="0",
    only_here=NODE,
)
@pytest.mark.parametrize(
    "size",
    [(1, 1), (2, 1), (1, 30_000), (30_000, 1), (899, 3), (900, 3), (901, 3), (1801, 150), (641, 427)],
    ids=str,
)
def test_pixels_of_any_size_come_back(size: tuple[int, int], deflater: NodeDeflater) -> None:
    assert_kept(photo(*size), deflater)
    assert_kept(noise(*size, 4), deflater)
    assert_kept(np.zeros((size[1], size[0], 4), np.uint8), deflater)
    assert_kept(np.full((size[1], size[0], 4), 255, np.uint8), deflater)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_runs_of_any_length_come_back(deflater: NodeDeflater, data: st.DataObject) -> None:
    """Pixels that are nothing, or few values: everything that is written as a match or with few codes."""
    runs = data.draw(
        st.lists(st.tuples(st.integers(1, 200), st.sampled_from([0, 0, 1, 0xFF, 0xFF000000])), max_size=20)
    )
    words = np.repeat([value for _, value in runs], [length for length, _ in runs]).astype(np.uint32)
    width = data.draw(st.integers(1, 300))
    words = np.resize(np.append(words, np.uint32(0)), (data.draw(st.integers(1, 5)), width))
    assert_kept(words.view(np.uint8).reshape(*words.shape, 4), deflater)


def test_the_greatest_sums_do_not_overflow(deflater: NodeDeflater) -> None:
    """Residuals of 255 throughout are what takes Adler's sums farthest."""
    steps = (255 * np.arange(1, 4001) % 256).astype(np.uint8)
    assert_kept(np.broadcast_to(steps[None, :, None], (20, 4000, 4)).copy(), deflater)


def test_every_byte_and_rare_ones_have_a_code(deflater: NodeDeflater) -> None:
    """Counts that grow like Fibonacci's numbers would make codes of more than 15 bits."""
    counts = [1, 1]
    while sum(counts) < 300_000:
        counts.append(counts[-1] + counts[-2])
    values = np.repeat(np.arange(len(counts)), counts).astype(np.uint8)[:300_000]
    pixels = np.zeros((75, 1000, 4), np.uint8)
    pixels[:] = np.cumsum(
        values.reshape(75, 1000, 4), axis=1, dtype=np.uint8
    )  # so that residuals are the values
    assert_kept(pixels, deflater)


def test_the_predictor_is_paeths(deflater: NodeDeflater) -> None:
    """For all neighbours: what Pillow undoes gives the pixels back only if each prediction was right."""
    values = np.arange(0, 256, 5, dtype=np.uint8)
    corner, up, left = (grid.ravel() for grid in np.meshgrid(values, values, values, indexing="ij"))
    blocks = np.zeros((2, 2 * corner.size, 4), np.uint8)
    blocks[0, 0::2], blocks[0, 1::2], blocks[1, 0::2] = corner[:, None], up[:, None], left[:, None]
    assert_kept(blocks, deflater)


def test_files_are_about_as_small_as_pillows(deflater: NodeDeflater) -> None:
    for pixels in (photo(900, 700), noise(300, 300, 4), np.zeros((500, 500, 4), np.uint8)):
        assert len(assert_kept(pixels, deflater)) < 1.05 * len(encode_png(rgba(pixels))) + 2000
