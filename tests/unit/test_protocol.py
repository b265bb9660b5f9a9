"""What Python and JavaScript both know of the messages between them is the same."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import get_args

import pytest

from alphacut import errors
from alphacut.browser.entry import exported_table, patch_table, to_table, to_wire
from alphacut.browser.own_models import to_json
from alphacut.edits import Patch
from alphacut.errors import AlphacutError
from alphacut.export import Exported
from alphacut.finish import Finish
from alphacut.models import Precision
from alphacut.onnx_graph import TARGETS
from alphacut.onnx_inspect import inspect
from alphacut.pipeline import STAGES, Cutout, Note
from tests.helpers import ROOT
from tests.networks import network

PROTOCOL = (ROOT / "web" / "shared" / "protocol.js").read_text("utf-8")


def list_of(name: str, source: str = PROTOCOL) -> list[str]:
    """The strings of an exported array or set."""
    match = re.search(rf"export const {name} = [^\[]*\[([^\]]*)\]", source)
    assert match, f"there is no list {name}"
    return re.findall(r'"([^"]+)"', match[1])


def union_of(name: str) -> set[str]:
    """The strings of a @typedef that is a union of them."""
    match = re.search(rf"@typedef {{([^}}]*)}} {name}\b", PROTOCOL)
    assert match, f"there is no type {name}"
    return set(re.findall(r'"([^"]+)"', match[1]))


def fields_of(name: str, *, optional: bool = False) -> set[str]:
    """The properties of a @typedef of an object that are always there, or those that may be missing."""
    match = re.search(rf"@typedef {{object}} {name}\n((?: \* .*\n)*?)(?= \*/)", PROTOCOL)
    assert match, f"there is no type {name}"
    before = r"\[" if optional else ""
    return set(re.findall(rf"@property {{[^\n]*?}} {before}(\w+)", match[1]))


def error_classes(base: type[AlphacutError] = AlphacutError) -> list[type[AlphacutError]]:
    below = [found for derived in base.__subclasses__() for found in error_classes(derived)]
    return [base, *below] if base.__module__ == errors.__name__ else below


@pytest.mark.parametrize("error", error_classes(), ids=lambda e: e.__name__)
def test_every_code_that_python_raises_is_in_the_protocol(error: type[AlphacutError]) -> None:
    assert error.code in list_of("ERROR_CODES")


def test_every_code_that_scripts_raise_is_in_the_protocol() -> None:
    scripts = [
        path.read_text("utf-8") for path in (ROOT / "web").rglob("*.js") if "node_modules" not in path.parts
    ]
    raised = {code for script in scripts for code in re.findall(r'new AlphacutError\(\s*"([^"]+)"', script)}
    assert len(raised) > 5
    assert raised <= set(list_of("ERROR_CODES"))


def test_codes_are_listed_once_and_fatal_ones_among_them() -> None:
    codes = list_of("ERROR_CODES")
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
    assert set(list_of("FATAL_CODES")) < set(codes)


def test_the_stages_of_a_photo_are_those_of_the_pipeline_in_order() -> None:
    assert list_of("STAGES") == ["runtime", "model", "session", *STAGES]


def test_timings_have_a_field_for_each_stage() -> None:
    assert fields_of("Timings") == {"start", "model", "total", *STAGES}


def test_notes_precisions_and_targets_are_the_same() -> None:
    assert union_of("Note") == set(get_args(Note))
    assert union_of("Precision") == set(get_args(Precision))
    assert union_of("Target") == set(TARGETS)


def test_errors_cross_with_the_fields_the_protocol_names() -> None:
    assert set(to_wire(AlphacutError("x"))) == fields_of("WireError")


def test_cutouts_cross_with_the_fields_the_protocol_names() -> None:
    made = to_table(Cutout(data=b"", type="image/png", width=1, height=1, format="PNG"))
    assert set(made) == fields_of("Cutout") - {"model", "device", "remarks"}  # the worker adds these


def test_finished_files_and_patches_cross_with_the_fields_the_protocol_names() -> None:
    made = exported_table(Exported(data=b"", type="image/png", width=1, height=1))
    assert set(made) == fields_of("Exported")
    patch = re.search(r'@typedef {{ kind: "patch", ([^}]*) }} PatchEdit', PROTOCOL)
    assert patch is not None
    names = set(re.findall(r"(\w+):", patch[1]))
    assert set(patch_table(Patch(left=0, top=0, width=1, height=1, data=b""))) == names


def test_a_finish_has_the_fields_the_protocol_names() -> None:
    assert {field.name for field in fields(Finish)} == fields_of("Finish", optional=True)


def test_inspections_cross_with_the_fields_the_protocol_names() -> None:
    found = json.loads(to_json(inspect(network().SerializeToString())))
    assert set(found) == fields_of("Inspection")
    assert set(found["activations"]) <= union_of("Activation")


def test_the_reader_notices_what_is_missing() -> None:
    with pytest.raises(AssertionError, match="no list"):
        list_of("STAGES", "export const STEPS = ['a']")
    assert list_of("STAGES", 'export const STAGES = /** @type {const} */ ([\n "a", "b" ]);') == ["a", "b"]
