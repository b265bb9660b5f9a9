"""The documentation's snippets for bundlers: the package is made, installed, bundled, and run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page

from alphacut.store.fetch import Cache, fetch_all
from alphacut.store.node import node_command
from tests.browser.driver import Driver
from tests.browser.host import hosting
from tests.browser.test_docs_snippets import GIVEN, HEAD, INPUT, check_given
from tests.snippets import all_of, each
from tools.minify import run as run_tool
from tools.minify import tool_part
from tools.npm import package
from tools.snippets import Snippet

_PUBLIC = "public"


@pytest.fixture(scope="module")
def consumer(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the fence that installs the package was run."""
    folder = tmp_path_factory.mktemp("consumer")
    made = package(site, tmp_path_factory.mktemp("package") / "npm")
    subprocess.run([*node_command("npm"), "pack", "--silent", str(made)], cwd=folder, check=True)
    (snippet,) = all_of("npm")
    subprocess.run(["bash", "-euc", snippet.text], cwd=folder, check=True, env=with_npm(folder))
    return folder


def with_npm(folder: Path) -> dict[str, str]:
    """The environment, with npm, npx and node as commands where the machine has none."""
    tools = folder / ".tools"
    tools.mkdir()
    programs: tuple[Literal["node", "npm", "npx"], ...] = ("node", "npm", "npx")
    for name in programs:
        if shutil.which(name) is None:
            command = " ".join(f"'{word}'" for word in node_command(name))
            (tools / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            (tools / name).chmod(0o755)
    return {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


@each("bundler")
def test_a_bundled_script(snippet: Snippet, consumer: Path, site: Path, page: Page) -> None:
    (consumer / "cut-out.js").write_text(snippet.text, "utf-8")
    entry = (
        'import { cutOut } from "./cut-out.js";\nconst photo = document.querySelector("#photo").files[0];\n'
    )
    (consumer / "entry.js").write_text(f"{entry}export const given = {{ cutout: await cutOut(photo) }};\n")
    part = tool_part()
    tool = fetch_all([part], Cache.default(), offline=False)[part.name]
    run_tool(tool, ["--bundle", "--format=esm", f"--outfile={_PUBLIC}/script.js", "entry.js"], consumer)
    (consumer / _PUBLIC / "index.html").write_text(HEAD + INPUT)
    with hosting(consumer / _PUBLIC) as url:
        driver = Driver(page, url)
        page.goto(url)
        page.set_input_files("#photo", site / "samples" / "chelsea.png")
        check_given(page.evaluate(GIVEN, "cutout"), snippet)
        driver.assert_clean()
        page.goto("about:blank")
