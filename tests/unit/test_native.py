"""The network on native onnxruntime: the same protocol, errors of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from alphacut.errors import BadModelError, SessionError
from alphacut.native import NativeSession
from tests.graphs import assert_levels_of, published, shipped
from tests.helpers import noise, run, spec
from tests.networks import network

SPEC = spec(24, 16)
PIXELS = noise(24, 16, seed=3)[None]


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    made = shipped(network(), SPEC)
    (tmp_path / "weights.bin").write_bytes(made.weights)
    file = tmp_path / "wasm-float32.onnx"
    file.write_bytes(made.graphs["wasm-float32"])
    return file


def test_it_takes_pixels_and_gives_levels(graph: Path) -> None:
    levels = run(NativeSession(graph, threads=1).run(PIXELS))
    assert levels.dtype == np.uint8
    assert levels.shape == (16, 24)
    assert_levels_of(levels, published(network()), SPEC, PIXELS)


def test_pixels_that_may_not_be_written_to_are_taken_too(graph: Path) -> None:
    """As those are that come straight from an image."""
    pixels = PIXELS.copy()
    pixels.flags.writeable = False
    session = NativeSession(graph, threads=1)
    np.testing.assert_array_equal(run(session.run(pixels)), run(session.run(PIXELS)))


def test_the_input_is_not_changed_and_the_output_is_the_callers(graph: Path) -> None:
    session, before = NativeSession(graph, threads=1), PIXELS.copy()
    first = run(session.run(PIXELS))
    kept = first.copy()
    other = run(session.run(255 - PIXELS))
    np.testing.assert_array_equal(PIXELS, before)
    np.testing.assert_array_equal(first, kept)
    assert (first != other).any()
    first[:] = 0  # may be written to


def test_a_file_that_is_no_network_is_a_bad_model(tmp_path: Path) -> None:
    file = tmp_path / "text.onnx"
    file.write_bytes(b"not a network")
    with pytest.raises(BadModelError, match=r"text\.onnx"):
        NativeSession(file)


def test_a_file_that_is_not_there_is_a_bad_model(tmp_path: Path) -> None:
    with pytest.raises(BadModelError, match=r"absent\.onnx"):
        NativeSession(tmp_path / "absent.onnx")


@pytest.mark.parametrize("damage", ["missing", "cut off"])
def test_weights_that_are_not_whole_are_a_bad_model(graph: Path, damage: str) -> None:
    stored = graph.with_name("weights.bin")
    content = stored.read_bytes()
    stored.unlink() if damage == "missing" else stored.write_bytes(content[:-100])
    with pytest.raises(BadModelError, match=r"wasm-float32\.onnx"):
        NativeSession(graph)


@pytest.mark.parametrize("pixels", [noise(8, 8)[None], PIXELS[0], PIXELS.astype(np.float32)])
def test_an_input_of_another_size_or_type_is_a_session_error(graph: Path, pixels: Any) -> None:
    with pytest.raises(SessionError, match="failed"):
        run(NativeSession(graph).run(pixels))


def test_an_output_that_is_not_one_map_is_a_session_error(tmp_path: Path) -> None:
    """Of a graph that is none of ours."""
    info = helper.make_tensor_value_info
    given = helper.make_graph(
        [helper.make_node("Identity", ["photo"], ["alpha"])],
        "net",
        [info("photo", TensorProto.UINT8, [1, 16, 24, 3])],
        [info("alpha", TensorProto.UINT8, [1, 16, 24, 3])],
    )
    onnx.save(
        helper.make_model(given, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
        tmp_path / "g.onnx",
    )
    with pytest.raises(SessionError, match="instead of one map"):
        run(NativeSession(tmp_path / "g.onnx").run(PIXELS))


def test_onnxruntime_tells_nobody_of_its_use(tmp_path: Path) -> None:
    """It keeps what it means to send under the home folder, with an id of the device."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("ORT_", "XDG_"))}
    command = [sys.executable, "-c", "import alphacut.native"]
    subprocess.run(command, env={**ours, "HOME": str(tmp_path)}, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
