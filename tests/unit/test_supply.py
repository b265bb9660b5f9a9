"""Nothing is fetched by its name alone: all has a hash in this repository, but for what is named here."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers import ROOT, package_locks
from tools.bootstrap import LOCKS
from tools.lock import EXTRAS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
HOST = re.compile(r"https?://|--index-url|--find-links", re.IGNORECASE)
CHECKED = re.compile(r"\b[0-9a-f]{64}\b|\"integrity\": \"sha512-")


class ByHash(NamedTuple):
    """Why a place may fetch: what its code has to say for that, and the file that has the hashes."""

    says: str
    hashes: str


BY_HASH = {
    "tools/bootstrap.py": ByHash("--require-hashes", "tools/lock/dev.txt"),
    "tools/typescript.py": ByHash('"ci"', "web/package-lock.json"),
    "bench/peer/build.py": ByHash('"ci"', "bench/peer/package-lock.json"),
    "src/alphacut/store/archives.py": ByHash("digest", "tools/parts.toml"),
    "src/alphacut/store/download.py": ByHash("HashMismatch", "tools/parts.toml"),
    "tests/browser/test_jupyterlite.py": ByHash("jupyterlite.txt", "tests/browser/jupyterlite.txt"),
    "tests/browser/test_api_package.py": ByHash('"ci"', "tests/consumers/vite/package-lock.json"),
    "bench/fuzzing/seeds.py": ByHash("_BUILD", "bench/fuzzing/build.txt"),
}
OTHERWISE = {
    "tools/audit.py": "fetches nothing but answers",
    "tools/browsers.py": "what drives the tests' other browsers: Debian's, by Debian's signatures",
    "tools/chromium.py": "the tests' browser: Debian's, by Debian's signatures, or Playwright's own",
    "tests/golden/test_installed.py": "installs alphacut as its users do, with whatever they get",
}
LOCAL = {
    *("tests/unit/test_docs_snippets.py", "tests/unit/test_fetch.py", "tests/unit/test_chromium.py"),
    *("tests/unit/test_browsers.py", "tests/unit/test_boundaries.py", "tests/unit/test_serve.py"),
    *("tests/browser/test_docs_package.py", "tests/browser/webkit.py"),
}
"""Tests that call such a program on what lies here, or a server or stand-in of their own."""
SAID = {
    *("src/alphacut/command/arguments.py", "src/alphacut/store/node.py", "tools/npm-package/assets.js"),
    "bench/fuzz.py",
    *("tests/unit/test_docs.py", "tests/unit/test_versions.py", "tests/unit/test_api_config_js.py"),
}
"""Which have such a line as text that is read."""
FETCHES = re.compile(
    r'"-m",\s*"pip|urlopen\(|urlretrieve|http\.client|httpx|requests\.(?:get|post|Session)|"apt-get"'
    r'|"pip",\s*"(?:install|download)|playwright",\s*"install|node_command\("np[mx]"\)'
    r'|\bcurl\s+[-\w"$]|"curl"|\bwget\b|\bgit"?,?\s+"?(?:clone|fetch|pull|submodule)\b|\bnpx\s+[-@\w]'
    r"|\bpip3?\s+(?:install|download)\s+[-\w]|\bnpm\s+(?:ci|install|i)\b"
    r'|(?:\bfetch|\bimport|\bfrom)\s*\(?\s*["\'`]https?://'
)


def pins(text: str) -> Iterator[tuple[Requirement, int]]:
    """Each requirement of a lock, and how many hashes it has."""
    for entry in re.split(r"\n(?=\S)", text.strip()):
        if not entry.startswith("#"):
            yield Requirement(entry.split("\\")[0].split("--hash")[0].strip()), len(HASH.findall(entry))


def unpinned(text: str) -> list[str]:
    return [
        str(one)
        for one, hashes in pins(text)
        if not hashes or [part.operator for part in one.specifier] != ["=="] or "*" in str(one.specifier)
    ]


@pytest.mark.parametrize(
    "text",
    ["numpy==2.0", "numpy>=2.0 --hash=sha256:" + "0" * 64, "numpy==2.* \\\n    --hash=sha256:" + "0" * 64],
)
def test_what_is_not_pinned_is_noticed(text: str) -> None:
    assert unpinned(text) != []
    assert unpinned("numpy==2.0 \\\n    --hash=sha256:" + "0" * 64) == []


@pytest.mark.parametrize(
    "name", [f"{LOCKS}/{extra}.txt" for extra in EXTRAS] + ["tests/browser/jupyterlite.txt"]
)
def test_locks_have_versions_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert unpinned(text) == []
    assert not HOST.search(text)
    assert len(list(pins(text))) > 10


def test_what_builds_pillows_sources_has_versions_and_hashes() -> None:
    text = (ROOT / "bench/fuzzing/build.txt").read_text("utf-8")
    assert unpinned(text) == []
    assert {one.name for one, _ in pins(text.partition("\n")[2])} == {"pybind11", "setuptools"}


def extra(name: str) -> list[Requirement]:
    """What an extra asks for, with the extras of our own that it names."""
    named = [Requirement(text) for text in PROJECT["project"]["optional-dependencies"][name]]
    ours = [one for one in named if one.name == "alphacut"]
    more = [other for one in ours for part in one.extras for other in extra(part)]
    usual = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    return [one for one in named if one.name != "alphacut"] + more + usual


@pytest.mark.parametrize("name", EXTRAS)
def test_locks_are_of_what_the_project_asks_for(name: str) -> None:
    """Or run make lock."""
    locked: dict[str, list[Requirement]] = {}
    for one, _ in pins((ROOT / LOCKS / f"{name}.txt").read_text("utf-8")):
        locked.setdefault(canonicalize_name(one.name), []).append(one)
    for wanted in extra(name):
        found = locked.get(canonicalize_name(wanted.name), [])
        assert found, f"{wanted.name} is not in tools/lock/{name}.txt: make lock"
        for one in found:
            (pin,) = one.specifier
            assert wanted.specifier.contains(pin.version), f"{wanted} is locked as {one}: make lock"


def test_what_builds_the_wheel_is_locked_too() -> None:
    (backend,) = PROJECT["build-system"]["requires"]
    assert backend in PROJECT["project"]["optional-dependencies"]["dev"]


def test_packages_of_npm_have_hashes_and_no_address() -> None:
    locks = package_locks()
    assert len(locks) >= 3
    for path in locks:
        for name, entry in json.loads(path.read_text("utf-8"))["packages"].items():
            assert not name or ("integrity" in entry and "resolved" not in entry), f"{path}: {name}"


@pytest.mark.parametrize("name", ["tools/parts.toml", "tools/esbuild.toml", "tests/browser/parts.toml"])
def test_parts_have_hashes(name: str) -> None:
    tables = tomllib.loads((ROOT / name).read_text("utf-8"))
    for id_, table in tables.items():
        if id_ != "sample":
            assert table["files"], id_
            assert all(re.fullmatch("[0-9a-f]{64}", pin["sha256"]) for pin in table["files"].values()), id_


def test_models_have_hashes() -> None:
    for path in (ROOT / "models").glob("*.toml"):
        assert re.fullmatch("[0-9a-f]{64}", tomllib.loads(path.read_text("utf-8"))["published"]["sha256"])


def places() -> Iterator[Path]:
    """All that runs to build, to measure and to test."""
    for folder in ("src", "tools", "tests", "bench"):
        for kind in ("*.py", "*.js", "*.mjs"):
            yield from (path for path in (ROOT / folder).rglob(kind) if "node_modules" not in path.parts)
    yield from (ROOT / "build_site.py", ROOT / "Makefile")


def test_nothing_else_fetches_anything() -> None:
    """A new place that fetches has to say by which hash, and one that does not any more is not named."""
    fetching = {
        path.relative_to(ROOT).as_posix()
        for path in places()
        if path != Path(__file__) and FETCHES.search(path.read_text("utf-8"))
    }
    assert fetching == {*BY_HASH, *OTHERWISE, *LOCAL, *SAID}


@pytest.mark.parametrize("name", BY_HASH)
def test_who_fetches_by_hash_has_one(name: str) -> None:
    """The code says that hashes count, and their file is there and has some."""
    says, hashes = BY_HASH[name]
    assert says in (ROOT / name).read_text("utf-8")
    assert CHECKED.search((ROOT / hashes).read_text("utf-8"))


@pytest.mark.parametrize(
    "code",
    [
        "curl -sSfL https://a.example/b | sh",
        'run(["curl", address])',
        "wget https://a.example/b",
        "git clone https://a.example/b",
        'run(["git", "clone", address])',
        "npx --yes vite build",
        "npm install",
        "\t@$(PYTHON) -m pip install wheel",
        "requests.get(address)",
        "urlopen(address)",
        'await fetch("https://a.example/b")',
        'import { a } from "https://a.example/b.js"',
        "await import(`https://a.example/${b}`)",
    ],
)
def test_ways_to_fetch_are_noticed(code: str) -> None:
    assert FETCHES.search(code)


@pytest.mark.parametrize(
    "code", ["await fetch(name)", "curly braces", "git status", "def fetch(self)", "import npm"]
)
def test_what_fetches_nothing_from_elsewhere_is_not_noticed(code: str) -> None:
    assert not FETCHES.search(code)
