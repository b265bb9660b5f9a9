"""Makes what lets the browser inspect and rewrite a visitor's own network: wheels that micropip installs.

They lie in `FOLDER` and are loaded only when someone brings a network. Upstream's wheel of onnx is three
quarters test data and sources in C++; the site's goes without.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from tools.catalog import ROOT
from tools.wheel import build_wheel

FOLDER = "runtime/extra"
INSTALLER = ("packaging", "micropip")
"""Unpacked by Pyodide itself; micropip then installs the rest."""

_EPOCH = (2020, 1, 1, 0, 0, 0)  # the same wheel makes the same wheel
_LEFT_OUT = ("onnx/backend/test/", "onnx/test/")
_SOURCES = {".cc", ".h", ".proto", ".pyi"}


def finish(folder: Path) -> None:
    """Slim the wheel of onnx that was copied to `folder`, and add our stand-in for ml_dtypes."""
    (onnx,) = folder.glob("onnx-*.whl")
    slim(onnx)
    build_wheel(ROOT / "tools" / "ml_dtypes", folder)


def slim(wheel: Path) -> None:
    """Write the wheel anew without tests and sources; its RECORD names what is left."""
    unfinished = wheel.with_suffix(".part")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.is_dir() or not _is_kept(entry.filename):
                continue
            data = old.read(entry)
            if entry.filename.endswith(".dist-info/RECORD"):
                data = b"".join(line for line in data.splitlines(keepends=True) if _is_kept(_path_of(line)))
            made = zipfile.ZipInfo(entry.filename, _EPOCH)
            made.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(made, data)
    unfinished.replace(wheel)


def _is_kept(path: str) -> bool:
    return not path.startswith(_LEFT_OUT) and Path(path).suffix not in _SOURCES


def _path_of(record: bytes) -> str:
    return record.decode().partition(",")[0]
