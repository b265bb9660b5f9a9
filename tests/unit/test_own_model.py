"""A network someone brings is rewritten as the site's own are, whichever way round it takes pictures."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, helper

from alphacut.browser.own_models import OwnModels
from alphacut.errors import BadModelError
from alphacut.models import ModelSpec
from alphacut.native import NativeSession
from alphacut.onnx_graph import TARGETS
from alphacut.own_model import WEIGHTS_NAME, rewrite
from alphacut.pipeline import remove_background
from alphacut.recipe import PLAIN
from alphacut.store import networks
from tests.fakes import Ffi, TypedArray, from_entries
from tests.helpers import ROOT, Bytes8, file_of, noise, pixels_of, run, spec
from tests.networks import network, node, weights

WIDTH, HEIGHT = 24, 16


def bowl(layout: str, dtype: int, outputs: int) -> ModelProto:
    """A network of one strided convolution and its inverse; `outputs` is the number of sides of the map."""
    half = dtype == TensorProto.FLOAT16
    kind = np.float16 if half else np.float32
    last = layout == "NHWC"
    nodes = [
        *([node("Transpose", "photo", "planes", perm=[0, 3, 1, 2])] if last else []),
        node("Conv", f"{'planes' if last else 'photo'} w1", "down", kernel_shape=[2, 2], strides=[2, 2]),
        node("Relu", "down", "kept"),
        node("ConvTranspose", "kept w2", "up", kernel_shape=[2, 2], strides=[2, 2]),
        node("Sigmoid", "up", "planar"),
        {
            4: node("Transpose", "planar", "map", perm=[0, 2, 3, 1] if last else [0, 1, 2, 3]),
            3: node("Squeeze", "planar one", "map"),
            2: node("Squeeze", "planar both", "map"),
        }[outputs],
    ]
    stored = [
        weights("w1", 8, 3, 2, 2, seed=1, dtype=kind),
        weights("w2", 8, 1, 2, 2, seed=2, dtype=kind),
        helper.make_tensor("one", TensorProto.INT64, [1], [1]),
        helper.make_tensor("both", TensorProto.INT64, [2], [0, 1]),
    ]
    shape = [1, HEIGHT, WIDTH, 3] if last else [1, 3, HEIGHT, WIDTH]
    graph = helper.make_graph(
        nodes,
        "bowl",
        [helper.make_tensor_value_info("photo", dtype, shape)],
        [helper.make_tensor_value_info("map", dtype, None)],
        stored,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def published(model: ModelProto, of: ModelSpec, pixels: Bytes8) -> np.ndarray[Any, Any]:
    """The map that the file itself gives for a photo, as (height, width)."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (taken,) = session.get_inputs()
    normal = ((pixels / 255 - of.mean) / of.std)[None]
    planes = normal if taken.shape[-1] == 3 else normal.transpose(0, 3, 1, 2)
    kind = np.float16 if "float16" in taken.type else np.float32
    return np.asarray(session.run(["map"], {"photo": planes.astype(kind)})[0], np.float32).squeeze()


def cut_out(model: ModelProto, of: ModelSpec, pixels: Bytes8, folder: Path) -> Bytes8:
    """Alpha that alphacut makes with the rewritten network."""
    made = rewrite(model.SerializeToString(), of, "map")
    (folder / WEIGHTS_NAME).write_bytes(made.weights)
    (folder / "graph.onnx").write_bytes(made.graphs["wasm-float32"])
    session = NativeSession(folder / "graph.onnx")
    return pixels_of(run(remove_background(file_of(pixels), session, of, recipe=PLAIN)).data)[..., 3]


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.FLOAT16])
@pytest.mark.parametrize("outputs", [4, 3, 2])
def test_every_way_round_gives_what_the_file_itself_gives(
    layout: str, dtype: int, outputs: int, tmp_path: Path
) -> None:
    of, pixels = spec(WIDTH, HEIGHT), noise(WIDTH, HEIGHT)
    expected = published(bowl(layout, dtype, outputs), of, pixels) * 255
    assert expected.std() > 2  # or the comparison would say little
    alpha = cut_out(bowl(layout, dtype, outputs), of, pixels, tmp_path)
    # In half precision ours is the more exact one.
    assert np.abs(alpha - expected).max() <= (0.51 if dtype == TensorProto.FLOAT else 1.5)


def test_a_network_of_any_size_is_fixed_to_the_one_chosen() -> None:
    made = rewrite(network().SerializeToString(), spec(40, 32), "alpha")
    graph = onnx.load_model_from_string(made.graphs["wasm-float32"]).graph
    assert [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim] == [1, 32, 40, 3]


@pytest.mark.parametrize(
    ("of", "output", "words"),
    [
        (spec(WIDTH, HEIGHT), "mask", "no mask “mask”"),
        (spec(48, 32), "map", "24 x 16 pixels only"),
    ],
)
def test_choices_that_do_not_fit_are_refused(of: ModelSpec, output: str, words: str) -> None:
    with pytest.raises(BadModelError, match=words):
        rewrite(bowl("NCHW", TensorProto.FLOAT, 4).SerializeToString(), of, output)


@pytest.mark.parametrize("side", [8, 5000])
def test_sizes_that_can_not_be_meant_are_refused(side: int) -> None:
    with pytest.raises(BadModelError, match="between 16 and 4096"):
        rewrite(network().SerializeToString(), spec(side, side), "alpha")


def test_the_weights_have_the_name_that_the_worker_hands_them_over_under() -> None:
    assert networks.WEIGHTS == WEIGHTS_NAME
    assert f'"{WEIGHTS_NAME}"' in (ROOT / "web" / "worker" / "ort.js").read_text("utf-8")


# ---- what the worker calls -------------------------------------------------------------------------


def as_js(data: bytes) -> TypedArray:
    return TypedArray(np.frombuffer(data, np.uint8))


def test_the_worker_gets_plain_objects() -> None:
    own = OwnModels(Ffi(), from_entries)
    data = bowl("NHWC", TensorProto.FLOAT, 3).SerializeToString()
    found = json.loads(own.inspect(as_js(data), "bowl.onnx").value)
    assert (found["input"]["layout"], found["width"], found["outputs"][0]["name"]) == ("NHWC", WIDTH, "map")
    assert found["family"]["normalisation"] in {one["id"] for one in found["normalisations"]}
    assert found["outputs"][0]["activation"] in found["activations"]
    table = '{"id":"own","width":24,"height":16,"mean":[0,0,0],"std":[1,1,1],"output":"alpha"}'
    made = own.rewrite(as_js(data), table, "map").value
    assert made.spec.width == WIDTH
    assert set(vars(made.graphs)) == set(vars(made.largest)) == set(TARGETS)
    assert isinstance(made.weights, TypedArray)


def test_the_worker_gets_errors_as_plain_objects() -> None:
    own = OwnModels(Ffi(), from_entries)
    error = own.inspect(as_js(b"hello"), "hello.onnx").error
    assert isinstance(error, SimpleNamespace)
    assert (error.code, error.message) == ("bad-model", "The file is not an ONNX model.")
    assert own.rewrite(as_js(b"hello"), "{}", "map").error.code == "bad-model"
