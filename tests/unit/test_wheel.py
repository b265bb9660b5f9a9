"""The wheel is the same, bit for bit, whenever and wherever it is built."""

from __future__ import annotations

import os
import shutil
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.backend import alphacut_backend
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
    assert "alphacut/py.typed" in zipfile.ZipFile(wheel).namelist()


def assert_holds_models(wheel: Path) -> None:
    """The package links to models/*.toml; a wheel holds what they say."""
    ours = {path.name: path.read_bytes() for path in (ROOT / "models").glob("*.toml")}
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("alphacut/store/models/")]
        assert {name.rpartition("/")[2]: archive.read(name) for name in names} == ours


def test_the_wheel_holds_every_model_and_names_the_command(tmp_path: Path) -> None:
    wheel = build_wheel(ROOT, tmp_path / "out")
    assert_holds_models(wheel)
    with zipfile.ZipFile(wheel) as archive:
        (points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert b"alphacut=alphacut.cli:main" in archive.read(points)


def test_a_wheel_built_from_the_sdist_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    name = alphacut_backend.build_sdist(str(tmp_path))
    with tarfile.open(tmp_path / name) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / name.removesuffix(".tar.gz")
    wheel = build_wheel(unpacked, tmp_path / "out")
    assert_holds_models(wheel)
    assert wheel.read_bytes() == build_wheel(ROOT, tmp_path / "direct").read_bytes()


def test_the_sdist_holds_files_alone_and_what_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with tarfile.open(tmp_path / alphacut_backend.build_sdist(str(tmp_path))) as archive:
        entries = {entry.name.partition("/")[2]: entry for entry in archive}
    assert "src/alphacut/store/models/u2netp.toml" in entries
    assert [name for name, entry in entries.items() if not entry.isreg()] == []
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]
    assert [f"{folder}/{build['build-backend']}.py" in entries for folder in build["backend-path"]] == [True]


@pytest.mark.parametrize("hook", ["build_wheel", "build_editable", "build_sdist"])
def test_nothing_is_built_of_a_checkout_without_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    project = copy_of_project(tmp_path / "a")
    shutil.copytree(ROOT / "models", project / "models")
    monkeypatch.chdir(project)
    getattr(alphacut_backend, hook)(str(tmp_path))
    link = project / "src" / "alphacut" / "store" / "models" / "isnet.toml"
    link.write_text("../../../../models/isnet.toml")
    with pytest.raises(SystemExit, match=r"core\.symlinks"):
        getattr(alphacut_backend, hook)(str(tmp_path))
