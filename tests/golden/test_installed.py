"""Installed as people install it: the wheel and its extra, from an index, in an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from PIL import Image

from alphacut.store.cache import Cache
from alphacut.store.fetch import fetch_all
from tools.catalog import ROOT, read_catalog
from tools.wheel import build_wheel

SNIPPET = """
import asyncio, pathlib, sys
import alphacut

photo = pathlib.Path(sys.argv[1]).read_bytes()
cutout = asyncio.run(alphacut.remove_background(photo))
cutout.save("snippet.png")
print(alphacut.__file__)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that holds `alphacut[native]` and what it asks for, nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    wheel = build_wheel(ROOT, folder / "wheel")
    venv.create(folder / "venv", with_pip=True)
    command: list[str | Path] = [
        folder / "venv" / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        f"{wheel}[native]",
    ]
    subprocess.run(command, check=True, cwd=folder)
    return folder / "venv" / "bin"


@pytest.fixture
def photo() -> Path:
    part = read_catalog().components["scikit-image"].files["chelsea.png"]
    return fetch_all([part], Cache.default(), offline=False)[part.name]


def call(*command: str | Path, folder: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_and_the_api_cut_out_the_same(environment: Path, photo: Path, tmp_path: Path) -> None:
    call(environment / "alphacut", photo, "-o", "command.png", folder=tmp_path)
    where = call(environment / "python", "-c", SNIPPET, photo, folder=tmp_path)
    assert Path(where.strip()).is_relative_to(environment.parent)
    with Image.open(tmp_path / "command.png") as by_command, Image.open(tmp_path / "snippet.png") as by_api:
        assert by_command.size == (451, 300)
        assert by_command.tobytes() == by_api.tobytes()
        opaque = by_command.getchannel("A").histogram()[255]
        assert 0.05 < opaque / (451 * 300) < 0.95


def test_the_package_tells_type_checkers_its_types(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(
        "import alphacut\n"
        "async def main(data: bytes) -> None:\n"
        "    cutout = await alphacut.remove_background(data, crop=0.1)\n"
        "    reveal_type(cutout)\n"
        "    await alphacut.remove_background(data, crop='wide')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", environment / "python", "user.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 'Revealed type is "PIL.Image.Image"' in done.stdout
    assert 'Argument "crop"' in done.stdout
    assert "Found 1 error" in done.stdout
