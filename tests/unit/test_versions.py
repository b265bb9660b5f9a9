"""Each pinned part has one version, and whatever file names it agrees."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import alphacut
from bench import peer
from tests.helpers import ROOT
from tools import bootstrap

PARTS: dict[str, Any] = tomllib.loads((ROOT / "tools" / "parts.toml").read_text("utf-8"))
PINS: dict[str, str] = {name: part["version"] for name, part in PARTS.items() if name != "sample"}

_NUMBER = r"v?(\d+\.\d+\.\d+)"
MENTIONS = {
    "pyodide": rf"(?i:pyodide)(?:@|/v|[ =]+|\": \"){_NUMBER}",
    "onnxruntime-web": rf"(?:onnxruntime-web|ONNX Runtime Web)(?:@|/v|[ =]+|\": \"){_NUMBER}",
    "numpy": rf"numpy-{_NUMBER}-cp314",
    "pillow": rf"pillow-{_NUMBER}-cp314",
    "onnx": rf"onnx(?:==|-){_NUMBER}",
    "micropip": rf"micropip(?:==|-){_NUMBER}",
    "client-zip": rf"client-zip(?:@|\": \"){_NUMBER}",
    "scikit-image": rf"scikit-image(?:@|/v|[ =]+){_NUMBER}",
}
READ = {".md", ".toml", ".json", ".js", ".html", ".py", ".yml", ".yaml"}


def texts() -> Iterator[tuple[str, str]]:
    """Every file of the project that is written by people, but this one."""
    tops = [
        ROOT / name for name in ("src", "web", "tools", "models", "docs", "bench", "tests", ".ci", ".github")
    ]
    files = [path for top in tops if top.is_dir() for path in top.rglob("*")] + list(ROOT.iterdir())
    for path in files:
        skipped = {"node_modules", "__pycache__", "data"} & set(path.parts) or path == Path(__file__)
        skipped = skipped or path.is_relative_to(ROOT / "bench" / "peer")  # the peer pins what it is made of
        if path.is_file() and not skipped and (path.suffix in READ or path.name == "run"):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def disagreeing(text: str) -> list[str]:
    """Versions a text names that are not the pinned ones."""
    return [
        f"{part} {version}"
        for part, pattern in MENTIONS.items()
        for version in re.findall(pattern, text)
        if version != PINS[part]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "npm i pyodide@0.27.0",
        "Pyodide 314.0.3 is used",
        '"onnxruntime-web": "1.29.0"',
        "ONNX Runtime Web 1.21.0",
        "https://cdn.example/pyodide/v314.0.5/full",
        "numpy-2.4.2-cp314-cp314-pyemscripten.whl",
    ],
)
def test_the_checker_finds_versions_that_disagree(text: str) -> None:
    assert len(disagreeing(text)) == 1
    assert disagreeing(f"Pyodide {PINS['pyodide']}, onnxruntime-web@{PINS['onnxruntime-web']}") == []


def test_every_file_that_names_a_version_names_the_pinned_one() -> None:
    seen = dict(texts())
    assert {"pyproject.toml", "web/package.json", "tools/parts.toml"} <= set(seen)
    wrong = {
        name: found
        for name, text in seen.items()
        if name != "web/package-lock.json" and (found := disagreeing(text))
    }
    assert wrong == {}


def test_the_types_that_scripts_are_checked_against_are_those_of_the_parts_that_run() -> None:
    package = json.loads((ROOT / "web" / "package.json").read_text("utf-8"))
    assert package["dependencies"] == {
        name: PINS[name] for name in ("pyodide", "onnxruntime-web", "client-zip")
    }
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    for name in package["dependencies"]:
        assert lock["packages"][f"node_modules/{name}"]["version"] == PINS[name]


@pytest.mark.parametrize("folder", ["web", "bench/peer"])
def test_the_lock_names_no_address(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)


def test_the_peer_that_is_measured_is_the_one_that_is_named() -> None:
    package = json.loads((ROOT / "bench" / "peer" / "package.json").read_text("utf-8"))
    lock = json.loads((ROOT / "bench" / "peer" / "package-lock.json").read_text("utf-8"))
    for name, version in package["devDependencies"].items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    name, version = peer.NAME.split(" ")
    assert package["devDependencies"][name] == version


def test_versions_in_file_names_are_the_parts_own() -> None:
    for name in ("numpy", "pillow"):
        assert all(file.startswith(f"{name}-{PINS[name]}-") for file in PARTS[name]["files"])


def test_our_own_version_is_said_once_and_repeated_nowhere_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = project.get("version", alphacut.__version__)  # or "dynamic", read from the package
    assert declared == alphacut.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", alphacut.__version__)


def test_the_rewriter_that_makes_the_shipped_graphs_is_pinned_exactly() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    # Here, where the environment of the build has what these extras name,
    built_with = inspect.signature(bootstrap.bootstrap).parameters["extras"].default
    named = [text for extra in built_with.split(",") for text in extras[extra]]
    assert [text for text in named if re.match(r"onnx\b", text)] == [f"onnx=={PINS['onnx']}"]
    assert importlib.metadata.version("onnx") == PINS["onnx"]
    # and in the browser, for a model that a visitor brings.
    wheels = [file for file in PARTS["onnx"]["files"] if file.endswith(".whl")]
    assert [file.split("-")[:2] for file in wheels] == [["onnx", PINS["onnx"]]]
