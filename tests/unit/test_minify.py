"""Scripts and styles are served small, mean the same, and their stacks can still be read."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from alphacut.store.fetch import Cache, fetch_all
from alphacut.store.node import node_command
from tests.helpers import ROOT
from tools.catalog import read_catalog
from tools.minify import TOOL_FILE, MinifyError, minify, tool_part

FILES = {
    "page/main.js": """
/** Says how it went. */
import { double } from "../shared/double.js";

class Counter {
  #count = 0;
  add() { this.#count += double(1); return this.#count; }
}
const counter = new Counter();
counter.add();
console.log("Grüße", counter.add());
""",
    "shared/double.js": "/** @param {number} value */\nexport function double(value) { return 2 * value; }\n",
    "app.css": "/* colours */\na { margin-inline-start: 0px; }\n",
}


@pytest.fixture(scope="module")
def tool() -> Path:
    part = tool_part()
    return fetch_all([part], Cache.default(), offline=False)[part.name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text, "utf-8")
    (tmp_path / "site" / "package.json").write_text('{"type": "module"}')
    return tmp_path / "site"


def run(folder: Path) -> str:
    command = [*node_command(), str(folder / "page/main.js")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_modules_are_smaller_say_the_same_and_name_no_map(folder: Path, tool: Path) -> None:
    said = run(folder)
    minify(folder, [folder / name for name in FILES], tool)
    assert run(folder) == said == "Grüße 4\n"
    for name, text in FILES.items():
        small = (folder / name).read_text("utf-8")
        assert len(small) < len(text) * 0.8
        assert "sourceMappingURL" not in small
    assert (folder / "app.css").read_text() == "a{margin-inline-start:0px}\n"


def test_the_map_holds_the_source(folder: Path, tool: Path) -> None:
    minify(folder, [folder / name for name in FILES], tool)
    held = json.loads((folder / "page/main.js.map").read_text("utf-8"))
    assert held["sourcesContent"] == [FILES["page/main.js"]]
    assert [Path(source).name for source in held["sources"]] == ["main.js"]


def test_nothing_is_left_behind(folder: Path, tool: Path) -> None:
    minify(folder, [folder / "page/main.js"], tool)
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


def test_what_is_no_script_is_explained(folder: Path, tool: Path) -> None:
    (folder / "page/main.js").write_text("import { from;")
    with pytest.raises(MinifyError, match=r"main\.js:1"):
        minify(folder, [folder / "page/main.js"], tool)


def test_there_is_a_tool_for_the_usual_machines_and_else_a_way_without() -> None:
    kinds = [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Darwin", "x86_64")]
    assert len({tool_part(*kind).sha256 for kind in kinds}) == 4
    with pytest.raises(MinifyError, match="--plain"):
        tool_part("Plan9", "mips")


def test_it_is_the_version_that_the_peer_is_bundled_with() -> None:
    peer = json.loads((ROOT / "bench" / "peer" / "package.json").read_text("utf-8"))
    versions = {component.version for component in read_catalog(TOOL_FILE).components.values()}
    assert versions == {peer["devDependencies"]["esbuild"]}
    assert re.fullmatch(r"[\d.]+", versions.pop())
