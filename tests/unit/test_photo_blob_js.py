"""Photos as files, in Node.js: ImageData exactly, addresses, errors. Elements are for the browser's tests."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from alphacut.cicp import settle_space
from alphacut.store.node import node_command
from tests.helpers import ROOT
from tests.numerics import NODE, held

HEAD = f"""
  import {{ text }} from "node:stream/consumers";
  const load = (name) => import({(ROOT / "web").as_uri()!r} + "/" + name);
  const given = JSON.parse(await text(process.stdin));
  const encode = async (blob) => Buffer.from(await blob.arrayBuffer()).toString("base64");
  const {{ toBlob }} = await load("client/photo-blob.js");
  const told = ({{ name, code, hint, cause }}) => ({{ name, code, hint, cause: String(cause) }});
  const caught = (work) => work.then(() => null, told);
  class ImageData {{
    constructor(data, width, height, colorSpace) {{
      Object.assign(this, {{ data, width, height, colorSpace }});
    }}
    get [Symbol.toStringTag]() {{ return "ImageData"; }}
  }}
"""


def in_node(script: str, given: Any = None) -> Any:
    """Run a script that returns something; it finds `given`, `toBlob` and the helpers above."""
    code = f"{HEAD} console.log(JSON.stringify(await (async () => {{ {script} }})()));"
    done = subprocess.run(
        [*node_command(), "--input-type=module", "-e", code],
        input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def through_png(images: list[tuple[int, int, bytes]], space: str = "srgb") -> list[bytes]:
    """Give RGBA pixels as ImageData, and return the files they become."""
    script = """
      return Promise.all(given.images.map(async ([width, height, data]) => {
        const levels = Uint8ClampedArray.from(Buffer.from(data, "base64"));
        return encode(await toBlob(new ImageData(levels, width, height, given.space)));
      }));
    """
    encoded = [(width, height, base64.b64encode(data).decode()) for width, height, data in images]
    files = in_node(script, {"images": encoded, "space": space})
    return [base64.b64decode(file) for file in files]


@st.composite
def pictures(draw: st.DrawFn) -> tuple[int, int, bytes]:
    width, height = draw(st.integers(1, 20)), draw(st.integers(1, 20))
    size = 4 * width * height
    return width, height, draw(st.binary(min_size=size, max_size=size))


@held(
    "client/raw-png.js rawPng",
    against="the pixels, as Pillow reads them",
    over="size, any RGBA",
    within="0",
    only_here=NODE,
)
@settings(max_examples=15, deadline=None)
@given(st.lists(pictures(), min_size=1, max_size=8))
def test_image_data_arrives_exactly_whatever_its_alpha(images: list[tuple[int, int, bytes]]) -> None:
    for (width, height, data), file in zip(images, through_png(images), strict=True):
        read = Image.open(io.BytesIO(file))
        assert (read.mode, read.size) == ("RGBA", (width, height))
        assert read.tobytes() == data


@pytest.mark.parametrize("size", [(16_383, 2), (16_384, 2), (40_000, 1), (3, 30_000)])
def test_rows_may_be_longer_than_a_block_of_deflate(size: tuple[int, int]) -> None:
    data = np.random.default_rng(0).integers(0, 256, 4 * size[0] * size[1], np.uint8).tobytes()
    (file,) = through_png([(*size, data)])
    read = Image.open(io.BytesIO(file))
    assert (read.size, read.tobytes()) == (size, data)


def test_wide_colours_say_what_they_are() -> None:
    (plain,), (wide,) = (through_png([(1, 1, b"\1\2\3\4")], space) for space in ("srgb", "display-p3"))
    with Image.open(io.BytesIO(wide)) as image:
        assert settle_space(wide, image)
        assert "icc_profile" in image.info
    assert b"cICP" not in plain


def test_files_and_bytes_are_taken_as_they_are() -> None:
    script = """
      const bytes = Uint8Array.of(0, 1, 2, 3, 4, 5), { buffer } = bytes, words = new Uint16Array(buffer);
      const blob = new Blob([bytes]), file = new File([bytes], "a.jpg");
      const views = [bytes, buffer, bytes.subarray(2, 4), new DataView(buffer, 1, 2), words];
      const read = async (view) => [...new Uint8Array(await (await toBlob(view)).arrayBuffer())];
      const same = [await toBlob(blob) === blob, await toBlob(file) === file];
      return [same, await Promise.all(views.map(read))];
    """
    same, views = in_node(script)
    every = [0, 1, 2, 3, 4, 5]
    assert same == [True, True]
    assert views == [every, every, [2, 3], [1, 2], every]


def test_memory_that_threads_share_is_copied() -> None:
    script = """
      const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(7, 1, 3);
      return [...new Uint8Array(await (await toBlob(shared.subarray(1))).arrayBuffer())];
    """
    assert in_node(script) == [7, 7, 0]


def test_bare_pixels_are_files_with_their_size_in_their_type() -> None:
    script = """
      const type = "image/x-alpha8;width=2;height=1";
      const made = [await toBlob(new Blob([Uint8Array.of(9, 200)], { type }))];
      const rgba = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
      made.push(await toBlob(new Blob([rgba], { type: type.replace("alpha", "rgba") })));
      const short = await caught(toBlob(new Blob([rgba.subarray(1)], { type })));
      return [await Promise.all(made.map(encode)), short.code];
    """
    encoded, code = in_node(script)
    alpha, rgba = (Image.open(io.BytesIO(base64.b64decode(file))) for file in encoded)
    assert (alpha.size, list(alpha.tobytes())) == ((2, 1), [255, 255, 255, 9, 255, 255, 255, 200])
    assert (rgba.size, list(rgba.tobytes())) == ((2, 1), [1, 2, 3, 4, 5, 6, 7, 8])
    assert code == "bad-options"


def test_addresses_are_fetched() -> None:
    script = """
      const asked = [], plain = globalThis.fetch, data = "data:image/png;base64,AQID";
      globalThis.location = { href: "https://host.example/folder/page.html" };
      globalThis.fetch = (url, { credentials }) => (asked.push([String(url), credentials]), plain(data));
      const read = [];
      for (const address of ["photo.jpg", new URL("https://other.example/a.png"), data]) {
        read.push(await encode(await toBlob(address, { fetchArgs: { credentials: "include" } })));
      }
      return [asked, read];
    """
    asked, read = in_node(script)
    assert asked == [
        ["https://host.example/folder/photo.jpg", "include"],
        ["https://other.example/a.png", "include"],
        ["data:image/png;base64,AQID", "include"],
    ]
    assert read == ["AQID"] * 3


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("null", "bad-options"),
        ("undefined", "bad-options"),
        ("{}", "bad-options"),
        ("3", "bad-options"),
        ("[1, 2]", "bad-options"),
        ("{ [Symbol.toStringTag]: 'constructor' }", "bad-options"),
        ("'http://['", "bad-options"),
        ("new ImageData(new Float32Array(4), 1, 1)", "bad-options"),
        ("new Blob(['<svg/>'], { type: 'image/svg+xml' })", "unsupported-format"),
        ("'https://host.example/not-there.png'", "download-failed"),
        ("'https://host.example/silent.png'", "download-failed"),
    ],
)
def test_what_is_no_photo_is_a_typed_error(given: str, code: str) -> None:
    script = f"""
      Object.defineProperty(globalThis, "navigator", {{ value: {{ onLine: true }} }});
      globalThis.fetch = async (url) => {{
        if (url.includes("silent")) throw new TypeError("Failed to fetch");
        return new Response("", {{ status: 404 }});
      }};
      return caught(toBlob({given}));
    """
    error = in_node(script)
    assert (error["name"], error["code"]) == ("AlphacutError", code)
    assert error["hint"] or given == "'http://['"


def test_without_a_connection_the_error_says_so() -> None:
    script = """
      Object.defineProperty(globalThis, "navigator", { value: { onLine: false } });
      globalThis.fetch = async () => { throw new TypeError("Failed to fetch"); };
      return caught(toBlob("https://host.example/a.png"));
    """
    assert in_node(script)["code"] == "offline"


def test_an_abort_ends_the_call_with_its_reason_and_leaves_nothing() -> None:
    script = """
      const { getEventListeners } = await import("node:events");
      globalThis.fetch = () => new Promise(() => {});
      const before = AbortSignal.abort("early"), during = new AbortController();
      const errors = [await caught(toBlob(new Blob(["x"]), { signal: before }))];
      const waiting = caught(toBlob("https://host.example/a.png", { signal: during.signal }));
      during.abort("late");
      errors.push(await waiting);
      const left = getEventListeners(during.signal, "abort").length;
      return [errors.map(({ code, cause }) => [code, cause]), left];
    """
    assert in_node(script) == [[["cancelled", "early"], ["cancelled", "late"]], 0]
