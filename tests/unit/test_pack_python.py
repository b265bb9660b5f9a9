"""How Python's modules are divided into what every visitor downloads and what comes when it is needed."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from tests.helpers import ROOT
from tools.pack_python import API, LATE_NAMES, Archives, CompileError, module_name, split

FILES = (
    "lib-dynload/csv.pyc",
    "lib-dynload/json/__init__.pyc",
    "site-packages/alphacut/native.pyc",
    "site-packages/numpy/_core/_umath.cpython-314-wasm32-emscripten.so",
    "site-packages/numpy/fft/__init__.pyc",
    "site-packages/numpy-2.dist-info/METADATA",
)
USED = ["lib-dynload/json/__init__.pyc", "site-packages/numpy/_core/_umath.cpython-314-wasm32-emscripten.so"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("lib-dynload/csv.pyc", "csv"),
        ("lib-dynload/json/__init__.pyc", "json"),
        ("site-packages/numpy/fft/_helper.pyc", "numpy.fft._helper"),
        ("site-packages/PIL/_webp.cpython-314-wasm32-emscripten.so", "PIL._webp"),
    ],
)
def test_a_file_has_the_name_of_its_module(file: str, name: str) -> None:
    assert module_name(file) == name


def packed(folder: Path, names: tuple[str, ...] = FILES) -> Path:
    """An archive of files that hold their own names."""
    path = folder / "modules.tar"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    return path


def contents(path: Path) -> dict[str, str]:
    with tarfile.open(path) as tar:
        return {entry.name: (tar.extractfile(entry) or io.BytesIO()).read().decode() for entry in tar}


def test_what_a_job_used_and_all_of_ours_comes_first_and_the_rest_is_listed(tmp_path: Path) -> None:
    archives = Archives(tmp_path)
    split(packed(tmp_path), USED, archives)
    start, late = contents(archives.start), contents(archives.late)
    assert start.pop(LATE_NAMES).split() == ["csv", "numpy.fft"]
    first = {*USED, "site-packages/alphacut/native.pyc", "site-packages/numpy-2.dist-info/METADATA"}
    assert start == {name: name for name in first}
    assert late == {name: name for name in FILES if name not in first}


def test_what_is_for_pages_of_others_comes_late(tmp_path: Path) -> None:
    archives, used = Archives(tmp_path), "site-packages/alphacut/pipeline.pyc"
    split(packed(tmp_path, (*API, used)), (), archives)
    assert set(contents(archives.late)) == set(API)
    assert contents(archives.start)[LATE_NAMES].split() == sorted(map(module_name, API))
    for name in API:
        assert (ROOT / "src" / name.removeprefix("site-packages/").replace(".pyc", ".py")).is_file()


def test_the_same_modules_make_the_same_archives(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        archives = Archives(tmp_path / name)
        split(packed(tmp_path), USED, archives)
        made.append((archives.start.read_bytes(), archives.late.read_bytes()))
    assert made[0] == made[1]


def test_a_used_module_that_was_not_packed_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="test/support"):
        split(packed(tmp_path), ["lib-dynload/test/support.pyc"], Archives(tmp_path))


def test_a_name_that_the_worker_could_not_read_ends_the_build(tmp_path: Path) -> None:
    long = f"lib-dynload/{'x' * 60}/{'y' * 60}.pyc"
    with pytest.raises(CompileError, match="longer name"):
        split(packed(tmp_path, (*FILES, long)), USED, Archives(tmp_path))
