"""Modules are served in few files, which work where they lie, and whose names change with what they hold."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from alphacut.store.fetch import Cache, fetch_all
from alphacut.store.node import node_command
from tests.helpers import ROOT
from tools.bundle import ENTRIES, PUBLIC, bundle, served
from tools.minify import MinifyError, tool_part

FILES = {
    "index.html": '<script src="page/guard.js"></script><script type="module" src="page/main.js"></script>',
    "page/guard.js": '"use strict";\n// as it is\n',
    "page/main.js": """
import { start } from "../client/slot.js";
import { shared } from "../shared/words.js";
console.log(shared, start());
const { later } = await import("./later/later.js");
console.log(later());
""",
    "embed.html": '<script type="module" src="embed/main.js"></script>',
    "embed/main.js": 'import { shared } from "../shared/words.js";\nconsole.log(shared);\n',
    "client/slot.js": """
export const start = () => new URL("../worker/worker.js", import.meta.url).pathname;
""",
    "page/later/later.js": """
import { zip } from "../../vendor/zip.js";
import { shared } from "../../shared/words.js";
export const later = () => zip(shared);
""",
    "shared/words.js": 'export const shared = "hello";\n',
    "vendor/zip.js": "export const zip = (text) => `zip of ${text}`;\n",
    "worker/worker.js": """
import { shared } from "../shared/words.js";
console.log(shared, new URL("../worker/png-strip.js", import.meta.url).pathname);
""",
    "worker.js": 'import "./worker/worker.js";\n',
    "worker/png-strip.js": "console.log('strip');\n",
    "python/session.js": """
import { shared } from "../shared/words.js";
console.log(shared, new URL("../", import.meta.url).pathname);
""",
    "style.css": '@import "first.css";\n@import "second.css";\n',
    "embed.css": '@import "first.css";\nb { color: green; }\n',
    "first.css": "a { color: red; }\n",
    "second.css": "a { color: blue; }\n",
}


@pytest.fixture(scope="module")
def tool() -> Path:
    part = tool_part()
    return fetch_all([part], Cache.default(), offline=False)[part.name]


def written(folder: Path, **changed: str) -> Path:
    for name, text in (FILES | changed).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def bundled(folder: Path, tool: Path, **changed: str) -> Path:
    bundle(written(folder, **changed), tool)
    return folder


def said(site: Path, entry: str) -> str:
    command = [*node_command(), str(site / served(site, entry))]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def names(site: Path) -> dict[str, str]:
    return {entry: served(site, entry) for entry in ENTRIES}


def test_bundles_say_the_same_and_name_what_is_there(tmp_path: Path, tool: Path) -> None:
    before = said(written(tmp_path / "plain"), "page/main.js")
    site = bundled(tmp_path / "plain", tool)
    assert said(site, "page/main.js") == before.replace("worker/worker.js", served(site, "worker/worker.js"))
    assert before.endswith("zip of hello\n")  # which a chunk imports from beside the folders of ours
    assert said(site, "worker/worker.js") == f"hello {site}/{served(site, 'worker/png-strip.js')}\n"
    assert f'src="{served(site, "page/main.js")}"' in (site / "index.html").read_text()


def test_no_module_is_left_and_all_lie_where_they_may_name_what_is_beside(tmp_path: Path, tool: Path) -> None:
    site = bundled(tmp_path / "site", tool)
    scripts = {path.relative_to(site).as_posix() for path in site.rglob("*.js")}
    kept = {"page/guard.js", "python/session.js", "vendor/zip.js", "worker.js"}
    assert kept < scripts
    assert all(re.fullmatch(r"(embed|page|worker)/[\w-]+-[A-Z0-9]{8}\.js", name) for name in scripts - kept)
    assert not (site / "shared").exists()
    assert not (site / "client").exists()
    assert (site / "page/guard.js").read_text() == FILES["page/guard.js"]
    assert [path for path in site.parent.iterdir() if path != site] == []


def test_what_pages_of_others_load_keeps_its_name_and_starts_what_is_served(
    tmp_path: Path, tool: Path
) -> None:
    site = bundled(tmp_path / "site", tool)
    assert (site / "worker.js").read_text().strip() == f'import"./{served(site, "worker/worker.js")}";'
    api = """
import { shared } from "./shared/words.js";
console.log(shared, new URL("./", import.meta.url).pathname);
"""
    site = bundled(tmp_path / "more", tool, **{"alphacut.js": api})
    assert said(site, "alphacut.js") == f"hello {site}/\n"
    assert "words.js" not in (site / "alphacut.js").read_text()


def test_what_python_loads_keeps_its_name_and_place(tmp_path: Path, tool: Path) -> None:
    site = bundled(tmp_path / "site", tool)
    assert said(site, "python/session.js") == f"hello {site}/\n"
    assert "words.js" not in (site / "python/session.js").read_text()


def test_the_maps_hold_the_sources_and_are_not_named(tmp_path: Path, tool: Path) -> None:
    site = bundled(tmp_path / "site", tool)
    script = site / served(site, "worker/png-strip.js")
    held = json.loads(Path(f"{script}.map").read_text("utf-8"))
    assert held["sourcesContent"] == [FILES["worker/png-strip.js"]]
    assert "sourceMappingURL" not in script.read_text()


@pytest.mark.parametrize(
    ("changed", "renamed"),
    [
        ("worker/png-strip.js", set(ENTRIES) - {"embed/main.js"}),
        ("worker/worker.js", {"worker/worker.js", "page/main.js"}),
        ("page/later/later.js", {"page/main.js"}),
        ("shared/words.js", {"worker/worker.js", "embed/main.js", "page/main.js"}),
    ],
)
def test_a_change_renames_all_that_leads_to_it(
    tmp_path: Path, tool: Path, changed: str, renamed: set[str]
) -> None:
    """So that a page of one version never starts a part of another."""
    before = names(bundled(tmp_path / "before", tool))
    after = names(bundled(tmp_path / "after", tool, **{changed: FILES[changed] + "console.log('new');\n"}))
    assert {entry for entry in ENTRIES if before[entry] != after[entry]} == renamed
    assert names(bundled(tmp_path / "again", tool)) == before


def test_an_entry_that_is_named_in_another_way_is_explained(tmp_path: Path, tool: Path) -> None:
    with pytest.raises(MinifyError, match=r"worker/png-strip\.js should be named"):
        bundled(tmp_path / "site", tool, **{"worker/worker.js": 'new URL("png-strip.js", import.meta.url);'})


def test_a_site_of_modules_as_written_serves_them_under_their_names(tmp_path: Path) -> None:
    assert names(written(tmp_path)) == {entry: entry for entry in ENTRIES}


def test_what_is_relative_to_a_module_is_said_where_bundles_lie() -> None:
    """A bundle lies in a folder of the site: from there "../" leads to the site, from deeper it would not."""
    found = (path.relative_to(ROOT / "web") for path in (ROOT / "web").rglob("*.js"))
    scripts = {n: (ROOT / "web" / n).read_text("utf-8") for n in found if "node_modules" not in n.parts}
    saying = {name: text for name, text in scripts.items() if "import.meta" in text}
    assert {len(name.parts) for name in saying} <= {1, 2}
    assert {name.name for name in saying if len(name.parts) == 1} <= set(PUBLIC)
    for name, text in saying.items():
        named = r'new URL\(["`]\.\./[^,]*, import\.meta\.url\)'
        passed_on = r"[\w.]+\((?:[\w\"./]+, )+import\.meta\.url[,)]"  # to what looks for the site's root
        leading = re.findall(passed_on if len(name.parts) == 1 else named, text)
        assert len(leading) == text.count("import.meta"), name


def test_styles_become_one_file_in_their_order(tmp_path: Path, tool: Path) -> None:
    folder = bundled(tmp_path / "site", tool)
    assert (folder / "style.css").read_text() == "a{color:red}a{color:#00f}\n"
    assert (folder / "embed.css").read_text() == "a{color:red}b{color:green}\n"
    kept = {"style.css", "embed.css"}
    assert {path.name for path in folder.glob("*.css*")} == kept | {f"{name}.map" for name in kept}
