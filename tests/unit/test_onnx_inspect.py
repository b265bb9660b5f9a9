"""What is found in a network someone brings, and why one can't be used: in words, never with a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper, numpy_helper

from alphacut.errors import BadModelError
from alphacut.onnx_check import _NAMES_OF_TYPES
from alphacut.onnx_family import NORMALISATIONS
from alphacut.onnx_inspect import Inspection, inspect
from tests.networks import network, node, weights

FREE: list[Any] = ["n", 3, "h", "w"]


def small(
    *,
    shape: list[Any] | None = None,
    nodes: list[onnx.NodeProto] | None = None,
    outputs: dict[str, list[Any]] | None = None,
    dtype: int = TensorProto.FLOAT,
    stored: list[TensorProto] | None = None,
    more_inputs: tuple[str, ...] = (),
    opset: int = 17,
    ir_version: int = 9,
) -> ModelProto:
    """One convolution from a photo to a map, and what a test changes about it."""
    graph = helper.make_graph(
        nodes or [node("Conv", "photo w", "map", kernel_shape=[1, 1])],
        "small",
        [
            helper.make_tensor_value_info("photo", dtype, shape or [1, 3, 32, 48]),
            *(helper.make_tensor_value_info(name, dtype, [1, 16]) for name in more_inputs),
        ],
        [
            helper.make_tensor_value_info(name, dtype, dims)
            for name, dims in (outputs or {"map": [1, 1, 32, 48]}).items()
        ],
        stored or [weights("w", 1, 3, 1, 1, seed=0)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def look(model: ModelProto, file_name: str = "") -> Inspection:
    return inspect(model.SerializeToString(), file_name)


def refusal(model: ModelProto) -> BadModelError:
    with pytest.raises(BadModelError) as caught:
        look(model)
    assert caught.value.hint, caught.value.message
    return caught.value


# ---- what is found ---------------------------------------------------------------------------------


def test_a_fixed_size_is_read_from_the_input() -> None:
    found = look(small())
    assert (found.width, found.height) == (found.input.width, found.input.height) == (48, 32)
    assert (found.input.layout, found.input.channels, found.input.dtype) == ("NCHW", 3, "float32")
    assert [(m.name, m.shape) for m in found.outputs] == [("map", (1, 1, 32, 48))]
    assert (found.opset, found.nodes, found.parameters) == (17, 1, 3)


@pytest.mark.parametrize("free", [FREE, [None, 3, None, None], [1, 3, "size", "size"]])
def test_a_free_size_is_proposed_and_said(free: list[Any]) -> None:
    found = look(small(shape=free, outputs={"map": [None, None, None, None]}))
    assert (found.input.width, found.input.height) == (None, None)
    assert (found.width, found.height) == (320, 320)
    assert found.outputs[0].shape == (1, 1, 320, 320)
    assert any("any size" in remark for remark in found.remarks)


def test_channels_last_is_told_from_channels_first() -> None:
    nodes = [
        node("Transpose", "photo", "planes", perm=[0, 3, 1, 2]),
        node("Conv", "planes w", "planar", kernel_shape=[1, 1]),
        node("Transpose", "planar", "map", perm=[0, 2, 3, 1]),
    ]
    found = look(small(shape=[1, 32, 48, 3], nodes=nodes, outputs={"map": [1, 32, 48, 1]}))
    assert (found.input.layout, found.width, found.height) == ("NHWC", 48, 32)
    assert found.outputs[0].shape == (1, 32, 48, 1)


def test_half_weights_make_both_precisions_possible() -> None:
    assert look(network(half=True)).precisions == ("float16", "float32")
    assert look(network()).precisions == ("float32",)


def test_an_input_that_is_also_stored_is_no_input() -> None:
    model = small()
    model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [1, 3, 1, 1]))
    assert look(model).input.name == "photo"


def test_maps_of_full_size_come_first_and_what_is_no_map_is_named() -> None:
    nodes = [
        node("Conv", "photo w", "map", kernel_shape=[1, 1]),
        node("AveragePool", "map", "half", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "photo w", "late", kernel_shape=[1, 1]),
        node("GlobalAveragePool", "photo", "features"),
    ]
    outputs: dict[str, list[Any]] = {
        "half": [1, 1, 16, 24], "map": [1, 1, 32, 48], "late": [1, 1, 32, 48], "features": [1, 3, 1, 1],
    }  # fmt: skip
    found = look(small(nodes=nodes, outputs=outputs))
    assert [m.name for m in found.outputs] == ["map", "late", "half"]
    assert found.others == ("features 1 x 3 x 1 x 1",)


@pytest.mark.parametrize(
    ("last", "activation"),
    [
        ([node("Sigmoid", "raw", "map")], "alpha"),
        ([node("Sigmoid", "raw", "s"), node("Cast", "s", "map", to=TensorProto.FLOAT)], "alpha"),
        ([node("Clip", "raw low high", "map")], "alpha"),
        ([node("Identity", "raw", "map")], "logits"),
        ([node("Relu", "raw", "map")], "alpha"),
    ],
)
def test_what_the_map_holds_is_told_by_the_last_operator(last: list[onnx.NodeProto], activation: str) -> None:
    bounds = [numpy_helper.from_array(np.array(v, np.float32), k) for k, v in {"low": 0, "high": 1}.items()]
    nodes = [node("Conv", "photo w", "raw", kernel_shape=[1, 1]), *last]
    (found,) = look(small(nodes=nodes, stored=[weights("w", 1, 3, 1, 1, seed=0), *bounds])).outputs
    assert found.activation == activation
    assert found.why


def test_a_guess_from_nothing_says_so() -> None:
    family = look(small()).family
    assert not family.sure
    assert "can't be told" in family.why


@pytest.mark.parametrize(
    ("file_name", "normalisation", "side"),
    [
        ("isnet-anime.onnx", "centred", 1024),
        ("RMBG-1.4.onnx", "centred", 1024),
        ("u2net_human_seg.onnx", "imagenet", 320),
        ("BiRefNet-general.onnx", "imagenet", 1024),
        ("modnet.onnx", "signed", 512),
    ],
)
def test_a_known_name_tells_normalisation_and_size(file_name: str, normalisation: str, side: int) -> None:
    found = look(small(shape=FREE), file_name)
    assert (found.family.normalisation, found.width) == (normalisation, side)
    assert found.family.sure


@pytest.mark.parametrize(
    ("op", "constant", "normalisation"),
    [("Sub", 127.5, "bytes"), ("Mul", 1 / 255, "bytes"), ("Div", 255.0, "bytes"), ("Sub", 0.5, "unit")],
)
def test_a_graph_that_scales_by_itself_tells_its_range(op: str, constant: float, normalisation: str) -> None:
    nodes = [node(op, "photo c", "scaled"), node("Conv", "scaled w", "map", kernel_shape=[1, 1])]
    c = numpy_helper.from_array(np.array(constant, np.float32), "c")
    found = look(small(nodes=nodes, stored=[weights("w", 1, 3, 1, 1, seed=0), c]))
    assert found.family.normalisation == normalisation
    assert "scales the photo by itself" in found.family.why


def test_every_proposed_normalisation_is_one_there_is() -> None:
    assert {"imagenet", "centred", "signed", "unit", "bytes"} == {one.id for one in NORMALISATIONS}


# ---- what can't be used ----------------------------------------------------------------------------


def external() -> ModelProto:
    model = small()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="small.onnx_data")
    return model


def foreign() -> ModelProto:
    model = small(nodes=[helper.make_node("FusedConv", ["photo", "w"], ["map"], domain="com.microsoft")])
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def boxes() -> ModelProto:
    nodes = [node("NonMaxSuppression", "photo photo", "boxes")]
    return small(nodes=nodes, outputs={"boxes": ["n", 3]})


def branch(op: str = "Identity", domain: str = "") -> onnx.GraphProto:
    """A graph for the inside of a node."""
    inner = helper.make_node(op, ["photo"], ["out"], domain=domain)
    return helper.make_graph([inner], "inner", [], [helper.make_tensor_value_info("out", 1, None)])


def nested(inner: onnx.GraphProto, op: str = "If") -> ModelProto:
    """A network one of whose nodes holds a graph."""
    return small(nodes=[node(op, "photo", "map", then_branch=inner)])


def doubled() -> onnx.GraphProto:
    """A graph whose input is stored in it as well."""
    inner = branch()
    inner.input.append(helper.make_tensor_value_info("w", 1, [1]))
    inner.initializer.append(weights("w", 1, seed=0))
    return inner


def sub_byte() -> TensorProto:
    return TensorProto(name="w", dims=[1, 3, 1, 1], data_type=TensorProto.INT4, raw_data=b"\x11\x01")


def outside() -> TensorProto:
    """A tensor whose numbers are in another file."""
    tensor = TensorProto(name="w", dims=[1, 3, 1, 1], data_type=TensorProto.FLOAT)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="aside.bin")
    return tensor


def sparse(values: TensorProto) -> onnx.SparseTensorProto:
    places = numpy_helper.from_array(np.arange(3, dtype=np.int64), "places")
    return onnx.SparseTensorProto(values=values, indices=places, dims=[1, 3, 1, 1])


def with_node(op: str = "Constant", **attributes: Any) -> ModelProto:
    """A network with one more node."""
    nodes = [node("Conv", "photo w", "map", kernel_shape=[1, 1]), node(op, "photo", "more", **attributes)]
    return small(nodes=nodes)


def with_function(name: str, /, *inner: onnx.NodeProto, **attributes: Any) -> ModelProto:
    """A network with a function that has an attribute of that name, and a node that calls it."""
    model = with_node("Ours", **attributes)
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("", "Ours", ["x"], ["y"], inner, opsets, [name]))
    return model


def handed_on() -> ModelProto:
    """A function's node whose type is what the function's caller says, under another name."""
    cast = helper.make_node("Cast", ["x"], ["y"])
    cast.attribute.append(onnx.AttributeProto(name="to", ref_attr_name="kind", type=onnx.AttributeProto.INT))
    return with_function("kind", cast, kind=TensorProto.INT4)


def sparsely_stored(values: TensorProto) -> ModelProto:
    model = small()
    model.graph.sparse_initializer.append(sparse(values))
    return model


def sparsely_doubled() -> onnx.GraphProto:
    inner = branch()
    inner.input.append(helper.make_tensor_value_info("w", 1, [1]))
    inner.sparse_initializer.append(sparse(weights("w", 3, seed=0)))
    return inner


def inside(tensor: TensorProto) -> ModelProto:
    """A network whose If holds a Constant with this tensor."""
    inner = branch()
    inner.node.append(helper.make_node("Constant", [], ["c"], value=tensor))
    return nested(inner)


def declared(where: str, value: onnx.ValueInfoProto) -> ModelProto:
    model = small()
    getattr(model.graph, where).append(value)
    return model


HALF = TensorProto.INT4
HALF_INFO = helper.make_tensor_value_info("v", HALF, [2])
HALF_SEQUENCE = helper.make_tensor_sequence_value_info("v", HALF, [2])
SPARSE_HALF = helper.make_sparse_tensor_value_info("v", HALF, [2])
WAYS_IN: dict[str, Callable[[TensorProto], ModelProto]] = {
    "constant": lambda tensor: with_node(value=tensor),
    "sparse constant": lambda tensor: with_node(sparse_value=sparse(tensor)),
    "tensors": lambda tensor: with_node(values=[tensor]),
    "sparse tensors": lambda tensor: with_node(values=[sparse(tensor)]),
    "sparse initializer": sparsely_stored,
    "in a branch": inside,
    "in a function": lambda tensor: with_function("k", node("Constant", "", "y", value=tensor)),
}
"""Where a tensor may be, other than among the initializers."""
UNSAFE: dict[str, Callable[[], ModelProto]] = {
    **{f"half bytes, {name}": partial(way, sub_byte()) for name, way in WAYS_IN.items()},
    **{
        f"half bytes, {where} {kind}": partial(declared, where, info)
        for where in ("input", "output", "value_info")
        for kind, info in (("tensor", HALF_INFO), ("sequence", HALF_SEQUENCE), ("sparse", SPARSE_HALF))
    },
    "output_dtype": lambda: with_node("QuantizeLinear", output_dtype=HALF),
    "dtype": lambda: with_node("EyeLike", dtype=HALF),
    "output_datatype": lambda: with_node("HannWindow", output_datatype=HALF),
    "type of nothing": lambda: with_node("Optional", type=HALF_INFO.type),
    "handed on": handed_on,
    "sparsely stored input inside": lambda: nested(sparsely_doubled()),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_numbers_of_less_than_a_byte_are_found_wherever_they_are(name: str) -> None:
    assert "unsafe" in refusal(UNSAFE[name]()).message


@pytest.mark.parametrize("name", WAYS_IN)
def test_data_in_another_file_is_found_wherever_it_is(name: str) -> None:
    assert "another file (“aside.bin”)" in refusal(WAYS_IN[name](outside())).message


def test_constants_and_types_that_are_whole_are_no_reason_to_refuse() -> None:
    whole = numpy_helper.from_array(np.ones(3, np.float32), "c")
    for model in (with_node(value=whole), with_node("Cast", to=TensorProto.FLOAT16), sparsely_stored(whole)):
        assert look(model).outputs


def test_all_attributes_of_onnx_that_are_types_are_known() -> None:
    """By their descriptions: a number of less than a byte may be asked for by each of them."""
    ours = [schema for schema in onnx.defs.get_all_schemas_with_history() if schema.domain == ""]
    whole = {
        a.name: a
        for schema in ours
        for a in schema.attributes.values()
        if a.type == onnx.defs.OpSchema.AttrType.INT
    }
    of_types = {name for name in whole if re.search(r"type$|precision$|^to$", name)}
    assert of_types == _NAMES_OF_TYPES


# The last five lead ONNX Runtime Web 1.30.0 beyond its memory, or to operators of its own: SECURITY.md.
REFUSALS = {
    "external": (external, "another file (“small.onnx_data”)"),
    "foreign": (foreign, "com.microsoft.FusedConv"),
    "unknown operator": (lambda: small(nodes=[node("Magic", "photo", "map")]), "Magic"),
    "boxes": (boxes, "boxes"),
    "inputs": (lambda: small(more_inputs=("r1", "r2")), "3 inputs (photo, r1, r2)"),
    "grey": (lambda: small(shape=[1, 1, 32, 48]), "grey"),
    "trimap": (lambda: small(shape=[1, 4, 32, 48]), "4 channels"),
    "six channels": (lambda: small(shape=[1, 6, 32, 48]), "6 channels"),
    "batch": (lambda: small(shape=[2, 3, 32, 48]), "2 photos"),
    "flat": (lambda: small(shape=[3, 32, 48]), "3 x 32 x 48"),
    "integers": (lambda: small(dtype=TensorProto.UINT8), "uint8"),
    "classes": (lambda: small(outputs={"map": [1, 1000]}, nodes=[node("Flatten", "photo", "map")]), "1 x"),
    "two channels": (
        lambda: small(outputs={"map": [1, 2, 32, 48]}, stored=[weights("w", 2, 3, 1, 1, seed=0)]),
        "map 1 x 2 x 32 x 48",
    ),
    "opset": (lambda: small(opset=27), "version 27"),
    "format": (lambda: small(ir_version=14), "file format 14"),
    "foreign inside": (lambda: nested(branch("GridSample", "com.microsoft")), "com.microsoft.GridSample"),
    "graph in a convolution": (lambda: nested(branch(), "Relu"), "unsafe"),
    "stored input inside": (lambda: nested(doubled()), "unsafe"),
    "half bytes": (lambda: small(stored=[sub_byte()]), "unsafe"),
    "cast to half bytes": (
        lambda: small(nodes=[node("Cast", "photo", "map", to=TensorProto.INT4)]),
        "unsafe",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_can_not_be_used_is_refused_in_words(name: str) -> None:
    make, words = REFUSALS[name]
    assert words in refusal(make()).message


@pytest.mark.parametrize("data", [b"", b"hello", b"\x08\x07", bytes(1000), b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_what_is_no_onnx_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BadModelError, match="not an ONNX model"):
        inspect(data)


PUBLISHED = network().SerializeToString()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PUBLISHED) - 1), st.binary(min_size=1, max_size=6))
@example(0, b"\xff")
def test_damaged_bytes_raise_nothing_but_our_error(position: int, damage: bytes) -> None:
    data = PUBLISHED[:position] + damage + PUBLISHED[position + len(damage) :]
    try:
        inspect(data)
    except BadModelError as error:
        assert error.message


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(PUBLISHED) - 1))
def test_a_file_cut_off_anywhere_raises_nothing_but_our_error(length: int) -> None:
    try:
        inspect(PUBLISHED[:length])
    except BadModelError as error:
        assert error.message
