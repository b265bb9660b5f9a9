"""Which test runs which fence of the documentation, and where it finds what the fence presupposes."""

from __future__ import annotations

import json
import shutil
import sysconfig
import venv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.helpers import ROOT
from tools import bootstrap
from tools.docs import all_snippets
from tools.docs_fill import EXAMPLE_SITE
from tools.snippets import Snippet, SnippetError

RUNNERS: Mapping[str, Mapping[str, str]] = {
    "html": {"": "page"},
    "js": {"": "script", "worker": "worker", "bundler": "bundler"},
    "python": {"": "program", "pyodide": "pyodide"},
    "bash": {"cli": "command", "build": "checkout", "install": "install", "npm": "npm"},
    "nginx": {"headers": "headers", "server": "server"},
    "yaml": {"workflow": "workflow"},
}
"""By language, then by a flag of the fence; `""` is without one."""
EXAMPLE = "example"
"""The flag of a fence that shows a file of examples/, whatever it is written in."""


def runner_of(snippet: Snippet) -> str:
    """Name what runs a fence. Raises SnippetError where nothing does."""
    if EXAMPLE in snippet.attributes:
        return EXAMPLE
    flags = RUNNERS.get(snippet.language, {})
    named = [flags[flag] for flag in snippet.attributes if flag in flags] or [flags.get("", "")]
    if len(named) != 1 or not named[0]:
        raise SnippetError(
            f"{snippet}: nothing runs a fence of {snippet.language} {dict(snippet.attributes)}"
        )
    return named[0]


@cache
def all_of(runner: str) -> tuple[Snippet, ...]:
    """Every fence that this runner takes, in the order of the pages."""
    return tuple(snippet for snippet in all_snippets() if runner_of(snippet) == runner)


def each(runner: str) -> pytest.MarkDecorator:
    """Run a test with each fence that this runner takes, as `snippet`."""
    return pytest.mark.parametrize("snippet", all_of(runner), ids=str)


def at(snippet: Snippet, site: str) -> str:
    """The text of a fence for a site at this address."""
    return snippet.text.replace(EXAMPLE_SITE, site.rstrip("/"))


MADE = shutil.ignore_patterns(
    *("dist", ".venv", ".git", "node_modules", "__pycache__", ".*_cache", ".hypothesis", "test-results")
)
"""For `shutil.copytree`: leaves out what is built or downloaded, or written by other tests meanwhile."""


def checkout(folder: Path) -> Path:
    """Copy the project without what is built or downloaded, with an environment of its own."""
    shutil.copytree(ROOT, folder, ignore=MADE)
    (folder / "web" / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    packages = environment(folder / bootstrap.VENV)
    (packages / "alphacut.pth").write_text(f"{folder / 'src'}\n", "utf-8")
    stamp = {**bootstrap.fingerprint(folder), "extras": "dev"}
    (folder / bootstrap.VENV / bootstrap.STAMP).write_text(json.dumps(stamp), "utf-8")
    return folder


def environment(folder: Path, *, with_pip: bool = False) -> Path:
    """Make an environment that finds what this one has, but for alphacut; return its packages' folder."""
    venv.create(folder, with_pip=with_pip)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (packages / "more.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    return packages
