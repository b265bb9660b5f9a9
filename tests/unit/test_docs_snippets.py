"""Snippets of the documentation that need no browser are run as a reader would run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from PIL import Image

from alphacut.browser.page import WHEELS
from tests.helpers import ROOT, file_of, scene
from tests.snippets import all_of, at, checkout, each, environment, runner_of
from tools.docs import all_snippets
from tools.docs_fill import EXAMPLE_SITE
from tools.respond import SITE_HEADERS, site_headers
from tools.serve import serving
from tools.snippets import Snippet
from tools.wheel import build_wheel

# ---- commands and programs ---------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the photos that snippets speak of."""
    (tmp_path / "photos").mkdir()
    for name in ("photo.jpg", "photos/photo.jpg"):
        (tmp_path / name).write_bytes(file_of(scene(48, 32), "JPEG"))
    return tmp_path


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Run a command and return what it printed; it has to succeed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path, **environment}, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run_lines(text: str, folder: Path, **environment: str) -> str:
    """Run lines of a shell; the first that fails ends them."""
    return run(["bash", "-euo", "pipefail", "-c", text], folder, **environment)


def check_outcome(snippet: Snippet, folder: Path, printed: str) -> None:
    """Hold what a snippet did against what its fence says it does."""
    expected = snippet.attributes.get("prints")
    if expected == "json":
        assert [json.loads(line) for line in printed.splitlines()]
    elif expected is not None:
        assert printed.strip() == expected
    if made := snippet.attributes.get("makes"):
        with Image.open(folder / made) as image:
            image.load()
            assert image.size == (48, 32) or "crop" in snippet.text


@each("command")
def test_a_command(snippet: Snippet, desk: Path) -> None:
    check_outcome(snippet, desk, run_lines(snippet.text, desk))


@each("program")
def test_a_program(snippet: Snippet, desk: Path) -> None:
    (desk / "program.py").write_text(snippet.text, "utf-8")
    check_outcome(snippet, desk, run([sys.executable, "program.py"], desk))


# ---- from a checkout ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout(tmp_path_factory.mktemp("checkout") / "alphacut")


@each("checkout")
def test_in_a_checkout(snippet: Snippet, project: Path) -> None:
    """In the order of the pages, in one checkout, as a reader goes on from what is there."""
    run_lines(snippet.text, project)
    assert (project / snippet.attributes.get("makes", "dist")).exists()
    assert (project / "dist" / ("docs" if "docs" in snippet.text else "site") / "index.html").is_file()


@each("workflow")
def test_a_workflow(snippet: Snippet, project: Path) -> None:
    """Its own commands are run; what it uploads is there then."""
    workflow = yaml.safe_load(snippet.text)
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    for step in steps:
        assert len({"run", "uses"} & set(step)) == 1
        if "run" in step:
            run_lines(step["run"], project)
    (uploaded,) = (step["with"]["path"] for step in steps if "upload" in step.get("uses", ""))
    assert {"index.html", "docs/index.html"} <= {
        path.relative_to(project / uploaded).as_posix() for path in (project / uploaded).rglob("*.html")
    }


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip, which finds here what alphacut depends on."""
    folder = tmp_path_factory.mktemp("stranger") / "venv"
    environment(folder, with_pip=True)
    return folder


@pytest.fixture
def without_alphacut(stranger: Path) -> Iterator[Path]:
    """The same, without alphacut before and after."""
    yield stranger
    run([str(stranger / "bin" / "python"), "-m", "pip", "uninstall", "--yes", "alphacut"], stranger)


@pytest.fixture(scope="module")
def wheel_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site that has nothing but the wheel, where the build puts it."""
    folder = tmp_path_factory.mktemp("site")
    build_wheel(ROOT, folder / WHEELS[0])
    with serving(folder) as url:
        yield url


@each("install")
def test_an_installation(snippet: Snippet, project: Path, without_alphacut: Path, wheel_url: str) -> None:
    programs = without_alphacut / "bin"
    assert not (programs / "alphacut").exists()
    run_lines(at(snippet, wheel_url), project, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    asked = "import alphacut; print(alphacut.__file__)"
    installed = run([str(programs / "python"), "-c", asked], without_alphacut)
    assert Path(installed.strip()).is_relative_to(without_alphacut)
    assert (programs / "alphacut").is_file()


@pytest.mark.parametrize("page", ["index.md", "python.md", "command-line.md"])
def test_a_page_says_how_to_install_before_it_uses_what_is_installed(page: str) -> None:
    """Directly above the first fence that needs it, by the wheel, as no index has alphacut."""
    shown = [snippet for snippet in all_snippets() if snippet.page == f"docs/{page}"]
    runners = [runner_of(snippet) for snippet in shown]
    first = min(number for number, runner in enumerate(runners) if runner in {"program", "command"})
    assert runners[first - 1] == "install"
    assert f"{EXAMPLE_SITE}/{WHEELS[0]}" in shown[first - 1].text


# ---- what is read ------------------------------------------------------------------------------------

Block = list[tuple[list[str], "Block | None"]]


def directives(text: str) -> Block:
    """Read a configuration of nginx: each directive's words, and its block if it has one."""
    tokens = iter(re.findall(r'"[^"]*"|#[^\n]*|[{};]|[^\s{};"]+', text))

    def block(nested: bool) -> Block:
        found: Block = []
        words: list[str] = []
        for token in tokens:
            if token == ";":
                found.append((words, None))
                words = []
            elif token == "{":
                found.append((words, block(nested=True)))
                words = []
            elif token == "}":
                assert nested and not words
                return found
            elif not token.startswith("#"):
                words.append(token.strip('"'))
        assert not nested and not words, "it ends too early"
        return found

    return block(nested=False)


def sent(server: Block, path: str) -> Iterator[tuple[str, str]]:
    """Headers that this configuration sends with the file at a path of the site."""
    maps = {words[2]: block for words, block in server if words[0] == "map" and block is not None}
    ((_, inside),) = [(words, block) for words, block in server if words[0] == "server"]
    for words, _ in inside or []:
        if words[0] == "add_header":
            assert words[3:] == ["always"]
            yield words[1], chosen(maps[words[2]], path) if words[2] in maps else words[2]


def chosen(entries: Block, path: str) -> str:
    """What a map gives for a path: the first pattern that fits, else the default."""
    table = {words[0]: words[1] for words, _ in entries}
    fitting = [value for key, value in table.items() if key[0] == "~" and re.search(key[1:], f"/{path}")]
    return fitting[0] if fitting else table["default"]


@each("server")
@pytest.mark.parametrize("path", ["", "index.html", "embed.html", "runtime/ort/a.wasm", "docs/embed.html"])
def test_nginx_sends_what_our_own_server_sends(snippet: Snippet, path: str) -> None:
    headers = dict(sent(directives(snippet.text), path))
    assert headers.pop("Cache-Control") == "no-cache"
    assert headers == site_headers(path)


@each("headers")
def test_headers_are_those_of_the_site(snippet: Snippet) -> None:
    found = directives(snippet.text)
    assert found
    for words, _ in found:
        assert words == ["add_header", words[1], SITE_HEADERS[words[1]], "always"]


@pytest.mark.parametrize("text", ["server {", "a b", "}", 'a "b'])
def test_a_configuration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(AssertionError):
        directives(text)


@each("example")
def test_an_example_is_the_file_as_it_is(snippet: Snippet) -> None:
    assert snippet.title is not None
    assert snippet.text == (ROOT / "examples" / snippet.title).read_text("utf-8")


def test_every_example_is_shown() -> None:
    files = {path for path in (ROOT / "examples").rglob("*") if path.is_file()}
    assert {ROOT / "examples" / str(snippet.title) for snippet in all_of("example")} == files
