"""Every function that computes pixels or geometry is held against an oracle, or is listed here with a reason.

The tests that hold are marked with `tests.numerics.held`; their rows are RELIABILITY.md's table `numerics`.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import noting
from tests.browser.test_core import CORE, NUMERICS
from tests.helpers import ROOT
from tests.numerics import Held

SOURCES = ROOT / "src" / "alphacut"
WEB = ROOT / "web"

NOTHING_COMPUTED = {
    "anonymous": "leaves tags out of profiles",
    "api": "calls the pipeline",
    "backend": "opens sessions",
    "checks": "says what is no number",
    "cli": "the command's words",
    "clock": "times of stages",
    "edits": "data that is checked",
    "errors": "words",
    "foreign": "asks the browser to decode",
    "headers": "reads sizes in headers",
    "isobmff": "reads names in headers",
    "lighter": "leaves chunks out of files",
    "mended": "refuses files that Pillow fails on",
    "metadata": "keeps or drops what is in files",
    "models": "data",
    "native": "calls onnxruntime",
    "output": "data that is checked",
    "own_model": "calls the rewriter",
    "patched": "has Pillow refuse what it fails on",
    "pipeline": "calls one stage after the other",
    "plugins": "loads what Pillow decodes with",
    "prefix_codes": "reads codes in files",
    "recipe": "names",
    "scans": "counts markers in files",
    "sniff": "reads signatures",
    "vp8l": "passes over pixels to get at codes",
    "webp": "refuses files that libwebp fails on",
    "cutting": "calls one stage after the other; tests/golden holds the whole",
    **dict.fromkeys(
        ("graph_ends", "graph_fusions", "graph_gpu", "graph_passes"),
        "networks, held against onnxruntime in tests of the same names",
    ),
    **dict.fromkeys(
        ("onnx_check", "onnx_family", "onnx_graph", "onnx_inspect"),
        "networks, held against onnxruntime in tests of the same names",
    ),
}
"""Modules without arithmetic of pixels, and what they do instead."""

NO_ARITHMETIC = {
    "bench.metrics.of_photo": "calls the others",
    "cicp.settle_space": "chooses a profile",
    "colours.Colours": "data",
    "deep.profile_chunk": "bytes of a chunk",
    "deep.raw_modes": "names of storage",
    "deep.white_is_zero": "reads a tag",
    "edges.Guide": "data",
    "encode.encode_png": "Pillow's encoder, without loss",
    "export.Exported": "data",
    "export.Source": "data",
    "export.adapted": "leaves wishes out",
    "export.encode_finished": "calls `encode.encode`",
    "export.export": "calls one step after the other",
    "export.read_picture": "calls the decoder",
    "export.refine": "calls `touchup.refine`",
    "finish.BlurBackground": "data",
    "finish.Canvas": "data",
    "finish.ColourBackground": "data",
    "finish.Crop": "data",
    "finish.Finish": "data",
    "finish.Finish.changes_edges": "whether two numbers are 0",
    "finish.Finish.from_table": "checks data",
    "finish.Frame": "data",
    "finish.PictureBackground": "data",
    "finish.Shadow": "data",
    "framing.Framing": "data",
    "guided.LinearModel": "data",
    "guided.LinearModel.planes": "its own fields",
    "image.Photo": "data",
    "image.Photo.size": "Pillow's",
    "image.decode": "calls Pillow and the functions that are held here: colours, keys, turns",
    "inputs.photo_of": "takes arrays and images as they are, or by `colours.split`",
    "keys.settle_key": "calls `level_of_key`",
    "noise.Noise": "data",
    "notes.notes_of_photo": "words",
    "png.Deflater": "a protocol",
    "png.Deflater.deflate": "a protocol",
    "png.Deflater.lanes": "a protocol",
    "png.Strip": "data",
    "png.StripError": "an error",
    "png.encode_alone": "calls `encode.encode_png`",
    "profiles.is_wide": "compares one number",
    "profiles.space_of": "a name",
    "profiles.tag": "bytes of a file",
    "region.Crop": "data",
    "render.Setting": "data",
    "render.Setting.is_exact": "whether numbers are whole",
    "render.Setting.is_plain": "whether nothing is to be done",
    "rgb_spaces.RgbSpace": "data",
    "sampling.Piece": "data",
    "sampling.Sheet": "data",
    "scaling.ScaledSession": "its `run` is held",
    "session.Session": "a protocol",
    "session.Session.run": "a protocol",
    "session.map_shape": "a shape",
    "touchup.Hint": "data",
}
"""Public functions and classes of the other modules that compute nothing, and why."""

BENCHES = ("composite", "metrics")
"""Modules of bench/ that measure pixels."""

SCRIPTS = (
    "shared/finish.js", "client/raw-png.js", "worker/png-filter.js", "worker/deflate.js", "worker/huffman.js",
    "worker/bit-writer.js", "worker/png-strip.js", "worker/self-check.js",
    *(f"page/editor/{name}.js" for name in (
        "blur", "box", "compose", "fill", "grid", "layers", "mask", "picture", "strokes", "viewport",
    )),
)  # fmt: skip
"""Scripts that compute pixels or geometry."""

NO_ARITHMETIC_IN_SCRIPTS = {
    "page/editor/box.js BoxTool": "what a pointer does",
    "page/editor/compose.js STEP": "a number",
    "page/editor/grid.js sameGrid": "compares",
    "page/editor/layers.js enlarged": "the canvas resamples; tests/browser/test_editor_preview.py compares",
    "page/editor/layers.js pixelsOf": "the canvas draws; tests/browser/test_editor_preview.py compares",
    "page/editor/mask.js decodePatches": "the browser decodes",
    "page/editor/picture.js Picture": "the canvas resamples; tests/browser/test_editor_preview.py compares",
    "page/editor/picture.js contextOf": "a canvas",
    "page/editor/layers.js shadowLayer": "blurs by `blur`, and the canvas enlarges",
    "page/editor/layers.js blurredPhoto": "blurs by `blur`, channel by channel",
    "worker/bit-writer.js LENGTH_BITS": "a number",
    "worker/png-filter.js PAETH": "a number",
}  # fmt: skip


def named(module: object, prefix: str) -> Iterator[str]:
    """Public functions and classes that a module defines, and public methods of these, as "module.name"."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", "") != getattr(module, "__name__", None):
            continue
        if inspect.isfunction(value) or isinstance(value, type):
            yield f"{prefix}.{name}"
        if isinstance(value, type):
            yield from (f"{prefix}.{name}.{method}" for method in methods(value))


def methods(cls: type) -> list[str]:
    kinds = (classmethod, staticmethod, property)
    found = vars(cls).items()
    return [
        name
        for name, value in found
        if name[0] != "_" and (inspect.isfunction(value) or isinstance(value, kinds))
    ]


@cache
def python_functions() -> frozenset[str]:
    modules = {
        path.stem: importlib.import_module(f"alphacut.{path.stem}")
        for path in SOURCES.glob("*.py")
        if not path.stem.startswith("_") and path.stem not in NOTHING_COMPUTED
    }
    benches = {f"bench.{name}": importlib.import_module(f"bench.{name}") for name in BENCHES}
    return frozenset(name for prefix, module in (modules | benches).items() for name in named(module, prefix))


@cache
def script_functions() -> frozenset[str]:
    exported = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)
    return frozenset(
        f"{path} {name}" for path in SCRIPTS for name in exported.findall((WEB / path).read_text("utf-8"))
    )


@cache
def marks() -> dict[str, Held]:
    """Every mark of tests/unit, by the test's id."""
    found = {}
    for path in sorted((ROOT / "tests" / "unit").glob("test_*.py")):
        if "@held(" not in path.read_text("utf-8") or path == Path(__file__):
            continue
        module = importlib.import_module(f"tests.unit.{path.stem}")
        for name, value in vars(module).items():
            for mark in getattr(value, "pytestmark", ()) if name.startswith("test_") else ():
                if mark.name == "held":
                    found[f"{path.relative_to(ROOT).as_posix()}::{name}"] = mark.args[0]
    return found


def held_functions() -> set[str]:
    """Names as in `named`, without what stands in brackets."""
    return {name.partition(" (")[0] for held in marks().values() for name in held.of}


# ---- the rule ----------------------------------------------------------------------------------------


def test_every_function_has_an_oracle_or_a_reason_to_need_none() -> None:
    known = held_functions() | set(NO_ARITHMETIC) | set(NO_ARITHMETIC_IN_SCRIPTS)
    assert not sorted((python_functions() | script_functions()) - known)


def test_no_name_is_left_whose_function_is_gone() -> None:
    there = (
        python_functions()
        | script_functions()
        | {
            f"tests/oracles.py {name.partition('.')[2]}"
            for name in named(importlib.import_module("tests.oracles"), "oracles")
        }
    )
    assert not sorted((held_functions() | set(NO_ARITHMETIC) | set(NO_ARITHMETIC_IN_SCRIPTS)) - there)
    modules = {path.stem for path in SOURCES.glob("*.py")}
    assert not sorted(set(NOTHING_COMPUTED) - modules)


def test_nothing_is_both_held_and_excused() -> None:
    assert not held_functions() & (set(NO_ARITHMETIC) | set(NO_ARITHMETIC_IN_SCRIPTS))


def test_a_function_that_nothing_holds_would_be_noticed() -> None:
    assert "guided.fit" in python_functions()
    assert "render.Setting.low" in python_functions()
    assert "shared/finish.js frameOf" in script_functions()
    assert "page/editor/mask.js Mask" in script_functions()


# ---- the table ---------------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_test() -> None:
    rows = noting.read("numerics")
    found = marks()
    cells = [held.cells() for held in found.values()]
    assert len({cell["functions"] for cell in cells}) == len(cells), "two rows for the same: say what of it"
    assert {row["test"] for row in rows} == set(found)


@pytest.mark.parametrize("test", marks())
def test_what_is_said_to_hold_in_pyodide_is_run_there(test: str) -> None:
    held, file = marks()[test], Path(test.partition("::")[0])
    assert held.only_here or file.stem.removeprefix("test_") in {*CORE, *NUMERICS}


@pytest.mark.parametrize("test", marks())
def test_more_than_a_level_is_explained(test: str) -> None:
    held = marks()[test]
    number = re.match(r"[\d.]+", held.within)
    assert number, "it begins with a number"
    assert float(number[0]) <= 1 or held.why
