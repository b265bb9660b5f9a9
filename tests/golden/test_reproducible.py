"""Two builds of the same sources give the same site, byte for byte, whoever builds it where and when."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from alphacut.store.cache import Cache
from tests.helpers import ROOT
from tests.snippets import MADE

HERE = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
ELSEWHERE = {"TZ": "Asia/Tokyo", "LC_ALL": "POSIX", "PYTHONHASHSEED": "7"}


def built(root: Path, out: Path, umask: int, **environment: str) -> tuple[dict[str, str], str]:
    """Build from these sources; give each file's hash, and the version that the build printed."""
    command = [sys.executable, "build_site.py", "--models", "u2netp", "--offline", "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), **environment}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False, umask=umask
    )
    assert done.returncode == 0, done.stderr
    files = (path for path in out.rglob("*") if path.is_file())
    hashes = {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    version = re.search(r"version (\w+)", done.stdout)
    assert version
    return hashes, version[1]


def test_a_build_elsewhere_gives_the_same_site(tmp_path: Path) -> None:
    """Elsewhere nothing that builds derive is at hand: networks are rewritten, modules compiled anew."""
    one, version = built(ROOT, tmp_path / "one", 0o022, **HERE)
    sources, cache = tmp_path / "elsewhere" / "a copy", tmp_path / "cache"
    shutil.copytree(ROOT, sources, ignore=MADE, copy_function=shutil.copy)  # not the times
    cache.mkdir()
    (cache / "files").symlink_to(Cache.default().root / "files")
    other, other_version = built(sources, tmp_path / "two", 0o077, ALPHACUT_CACHE=str(cache), **ELSEWHERE)
    assert {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)} == set()
    assert version == other_version
    assert json.loads((tmp_path / "one" / "site.json").read_text("utf-8"))["version"] == version
    assert f'"{version}"' in (tmp_path / "one" / "sw.js").read_text("utf-8")
