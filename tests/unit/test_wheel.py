"""The wheel is the same, bit for bit, whenever and wherever it is built."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

from tools.catalog import ROOT
from tools.wheel import build_wheel


def copy_of_project(folder: Path) -> Path:
    folder.mkdir()
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return folder


def test_same_sources_make_the_same_wheel_whatever_their_times(tmp_path: Path) -> None:
    first = build_wheel(copy_of_project(tmp_path / "a"), tmp_path / "out-a")
    later = copy_of_project(tmp_path / "b")
    for path in later.rglob("*.py"):
        os.utime(path, (1_900_000_000, 1_900_000_000))
    second = build_wheel(later, tmp_path / "out-b")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_changed_source_makes_another_wheel(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path / "a")
    before = build_wheel(project, tmp_path / "out-a").read_bytes()
    (project / "src" / "alphacut" / "compose.py").write_text("# nothing\n")
    assert build_wheel(project, tmp_path / "out-b").read_bytes() != before


def test_the_wheel_holds_every_module_and_leaves_the_folder_where_it_was(tmp_path: Path) -> None:
    here = Path.cwd()
    wheel = build_wheel(copy_of_project(tmp_path / "a"), tmp_path / "out")
    assert Path.cwd() == here
    modules = {
        path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src" / "alphacut").rglob("*.py")
    }
    assert modules <= set(zipfile.ZipFile(wheel).namelist())
