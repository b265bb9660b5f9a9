"""The network on native onnxruntime: the same protocol, errors of ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from alphacut.errors import BadModelError, SessionError
from alphacut.native import NativeSession
from alphacut.onnx_graph import ship
from tests.helpers import network, run

PIXELS = np.random.default_rng(3).normal(size=(1, 3, 16, 24)).astype(np.float32)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    made = ship(
        network().SerializeToString(),
        size=(24, 16),
        output="alpha",
        precisions=("float32",),
        weights_name="weights.bin",
    )
    (tmp_path / "weights.bin").write_bytes(made.weights)
    file = tmp_path / "float32.onnx"
    file.write_bytes(made.graphs["float32"])
    return file


def test_it_gives_the_first_output_as_float32(graph: Path) -> None:
    published = onnxruntime.InferenceSession(
        network().SerializeToString(), providers=["CPUExecutionProvider"]
    )
    expected = published.run(["alpha"], {"photo": PIXELS})[0]
    output = run(NativeSession(graph, threads=1).run(PIXELS))
    np.testing.assert_allclose(output, expected, atol=1e-6)
    assert output.dtype == np.float32


def test_the_input_is_not_changed_and_the_output_is_the_callers(graph: Path) -> None:
    session, before = NativeSession(graph, threads=1), PIXELS.copy()
    first = run(session.run(PIXELS))
    kept = first.copy()
    run(session.run(PIXELS * 2))
    np.testing.assert_array_equal(PIXELS, before)
    np.testing.assert_array_equal(first, kept)


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
    with pytest.raises(BadModelError, match=r"float32\.onnx"):
        NativeSession(graph)


def test_an_input_of_another_size_is_a_session_error(graph: Path) -> None:
    with pytest.raises(SessionError, match="failed"):
        run(NativeSession(graph).run(np.zeros((1, 3, 8, 8), np.float32)))
