"""What is known of a network survives the way through TOML and JSON; nonsense does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphacut.errors import BadModelError
from alphacut.models import ModelSpec, Output, read_spec
from tests.helpers import ROOT, spec

THREE = st.tuples(*[st.floats(-10, 10)] * 3)
SPECS = st.builds(
    ModelSpec,
    id=st.text(min_size=1),
    width=st.integers(1, 4096),
    height=st.integers(1, 4096),
    mean=THREE,
    std=st.tuples(*[st.floats(0.001, 10)] * 3),
    output=st.sampled_from(get_args(Output)),
)


@given(SPECS)
def test_specs_survive_json(described: ModelSpec) -> None:
    assert ModelSpec.from_table(json.loads(json.dumps(described.to_table()))) == described


def test_the_shape_is_batch_channels_height_width() -> None:
    assert spec(width=320, height=200).shape == (1, 3, 200, 320)


WRONG: list[dict[str, Any]] = [
    {"width": 0},
    {"height": -1},
    {"mean": [0.5, 0.5]},
    {"std": [1.0] * 4},
    {"std": [1.0, 0.0, 1.0]},
    {"std": [1.0, -1.0, 1.0]},
    {"output": "sigmoid"},
    {"width": "8"},
    {"std": [float("nan")] * 3},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_can_not_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadModelError):
        ModelSpec.from_table(spec().to_table() | wrong)


@pytest.mark.parametrize("key", ["id", "width", "height", "mean", "std"])
def test_a_missing_key_is_named(key: str) -> None:
    table = spec().to_table()
    del table[key]
    with pytest.raises(BadModelError, match=key):
        ModelSpec.from_table(table)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(BadModelError, match="meen"):
        ModelSpec.from_table({**spec().to_table(), "meen": 1})


def test_networks_that_end_in_a_sigmoid_are_the_rule() -> None:
    table = spec().to_table()
    del table["output"]
    assert ModelSpec.from_table(table).output == "alpha"


def test_a_toml_gives_its_name_to_the_model(tmp_path: Path) -> None:
    file = tmp_path / "third.toml"
    file.write_text(
        "[spec]\nwidth = 8\nheight = 6\nmean = [0.485, 0.456, 0.406]\nstd = [0.229, 0.224, 0.225]\n"
    )
    assert read_spec(file) == spec(id="third")


@pytest.mark.parametrize("text", ["", "[spec", "[spec]\nwidth = 8", "title = 'x'"])
def test_a_toml_that_says_too_little_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "third.toml"
    file.write_text(text)
    with pytest.raises(BadModelError):
        read_spec(file)


def test_our_models_are_what_their_authors_trained() -> None:
    u2netp, isnet = (read_spec(ROOT / "models" / f"{name}.toml") for name in ("u2netp", "isnet"))
    assert u2netp == spec(320, 320, id="u2netp")
    assert isnet == spec(1024, 1024, id="isnet", mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0))
