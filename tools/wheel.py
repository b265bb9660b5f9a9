"""Builds the alphacut wheel, bit for bit the same from the same sources."""

from __future__ import annotations

import os
from pathlib import Path

from flit_core import buildapi

EPOCH = "1577836800"  # 2020-01-01; zip files can't hold times before 1980


def build_wheel(root: Path, folder: Path) -> Path:
    """Build the wheel of the project at `root` into `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = before or EPOCH
    try:
        os.chdir(root)  # build backends work in the current folder (PEP 517)
        return folder / str(buildapi.build_wheel(str(folder)))
    finally:
        os.chdir(here)
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
