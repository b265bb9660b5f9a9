"""Nothing is fetched by its name alone: all has a hash in this repository, but for what is named here."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers import ROOT
from tools.bootstrap import LOCKS
from tools.lock import EXTRAS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
HOST = re.compile(r"https?://|--index-url|--find-links", re.IGNORECASE)
BY_HASH = {
    "tools/bootstrap.py": "pip, from tools/lock alone",
    "tools/typescript.py": "npm ci, from web/package-lock.json",
    "bench/peer/build.py": "npm ci, from bench/peer/package-lock.json",
    "src/alphacut/store/archives.py": "asks pip and npm for addresses; each part is checked by its hash",
    "src/alphacut/store/download.py": "downloads; each part is checked by its hash",
    "tests/browser/test_jupyterlite.py": "pip, from tests/browser/jupyterlite.txt",
    "tests/browser/test_api_package.py": "npm ci, from tests/consumers/vite/package-lock.json",
    "tools/audit.py": "fetches nothing but answers",
    "bench/fuzzing/seeds.py": "pip, for Pillow's own tests' images: by its hash, and bench/fuzzing/build.txt",
    "bench/datasets.py": "photographs for make quality, each checked by its hash",
}
OTHERWISE = {
    "tools/chromium.py": "the tests' browser: Debian's, by Debian's signatures, or Playwright's own",
    "tests/golden/test_installed.py": "installs alphacut as its users do, with whatever they get",
}
LOCAL = {
    *("tests/unit/test_docs_snippets.py", "tests/unit/test_fetch.py", "tests/unit/test_chromium.py"),
    *("tests/unit/test_boundaries.py", "tests/unit/test_serve.py", "tests/browser/test_docs_package.py"),
}
"""Tests that call such a program on what lies here, or a server of their own."""
FETCHES = re.compile(
    r'"-m",\s*"pip|node_command\("npm"\)|urlopen\(|urlretrieve|http\.client|"apt-get"'
    r'|"pip",\s*"(?:install|download)'
    r"|playwright\", \"install"
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
    locks = [path for path in ROOT.rglob("package-lock.json") if "node_modules" not in path.parts]
    locks = [path for path in locks if "dist" not in path.relative_to(ROOT).parts]
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


def test_nothing_else_fetches_anything() -> None:
    """A new place that fetches has to say by which hash."""
    folders = ("src", "tools", "tests", "bench")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")] + [ROOT / "build_site.py"]
    fetching = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if path != Path(__file__) and FETCHES.search(path.read_text("utf-8"))
    }
    uses = {
        name for name in fetching if name.startswith("tests/") and not name.endswith("test_jupyterlite.py")
    }
    known = {*BY_HASH, *OTHERWISE}
    assert fetching - known - LOCAL == set()
    assert uses <= known | LOCAL
    assert {name for name in known if not (ROOT / name).is_file()} == set()
