"""Makes the npm package `alphacut` from a built site: the script, its types, and the files that it needs.

What lies in the package's root lies there as on the site, so that alphacut.js finds the rest beside itself
wherever the folder is served; bundlers take the script alone, and the program in `assets.js` copies the rest.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alphacut
from tools.catalog import ROOT
from tools.third_party import FOLDER, listed
from tools.typescript import WEB, install_types, tsc

MODELS = ("u2netp",)
"""Others have licences that a reader must be told of first."""
HERE = ROOT / "tools" / "npm-package"
_SCRIPTS = ("alphacut.js", "worker.js")
_LEGAL = ("LICENSE", "THIRD_PARTY.md")
PARTS = ("pyodide", "numpy", "pillow", "onnxruntime-web", *MODELS)
"""What of others is in the package, as tools/third_party.py names it."""
_NAMED = re.compile(r'(?:from |import\()"(\.[^"]+)\.js"')
_NOT_NEEDED = {".whl", ".map"}


class PackageError(Exception):
    """The site lacks what the package needs. The message says what to do."""


def package(site: Path, out: Path) -> Path:
    """Write the package into the folder `out`, which is replaced, and return it.

    Raises
    ------
    PackageError
        The site does not offer the models.
    NodeMissingError
        There is no Node.js, which writes the declarations.
    """
    described = json.loads((site / "site.json").read_text("utf-8"))
    models = [model for model in described["models"] if model["id"] in MODELS]
    if len(models) < len(MODELS):
        raise PackageError(f"the package needs a site with {', '.join(MODELS)}; build it with more models")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in (*_SCRIPTS, *_LEGAL):
        shutil.copyfile(site / name, out / name)
    (out / FOLDER).mkdir()
    for part in listed():
        if part.id in PARTS and part.text:
            shutil.copyfile(site / part.text, out / part.text)
    for name in ("README.md", "assets.js"):
        shutil.copyfile(HERE / name, out / name)
    needed = described | {"models": models, "samples": [], "extras": {"installer": [], "packages": []}}
    needed["integrity"] = {name: told for name, told in described["integrity"].items() if name in _SCRIPTS}
    (out / "site.json").write_text(json.dumps(needed, indent=1, ensure_ascii=False), "utf-8")
    _copy_files(site, out, needed)
    _declare(out / "types")
    (out / "package.json").write_text(json.dumps(_described(out), indent=2) + "\n", "utf-8")
    return out


def _described(out: Path) -> dict[str, Any]:
    """Return package.json."""
    return {
        "name": "alphacut",
        "version": alphacut.__version__,
        "description": "Background removal in the browser: nothing leaves the page.",
        "keywords": ["background-removal", "matting", "segmentation", "webgpu", "onnx"],
        "license": "Apache-2.0",
        "type": "module",
        "sideEffects": False,
        "main": "./alphacut.js",
        "types": "./types/alphacut.d.ts",
        "exports": {
            ".": {"types": "./types/alphacut.d.ts", "default": "./alphacut.js"},
            "./package.json": "./package.json",
        },
        "bin": {"alphacut-assets": "assets.js"},
        "files": sorted(path.name for path in out.iterdir()),
    }


def _copy_files(site: Path, out: Path, described: dict[str, Any]) -> None:
    """Copy worker, runtime and models; wheels are for Python's installers, which scripts don't ask for."""
    folders = ("worker", described["pyodide"]["index"], described["ort"]["index"])
    inside = [path for folder in folders for path in (site / folder).rglob("*") if path.is_file()]
    named = [site / name for name in _paths(described)]
    for path in (path for path in (*inside, *named) if path.suffix not in _NOT_NEEDED):
        target = out / path.relative_to(site)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _paths(described: Any) -> Iterator[str]:
    """Every file that site.json names."""
    if isinstance(described, dict):
        if "sha256" in described and "path" in described:
            yield described["path"]
        described = list(described.values())
    if isinstance(described, list):
        for part in described:
            yield from _paths(part)


def _declare(folder: Path) -> None:
    """Write the declarations of alphacut.js and of what these name."""
    install_types()
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary)
        subprocess.run([*tsc(WEB / "tsconfig.types.json"), "--outDir", str(made)], check=True)
        for path in _reached(made / "alphacut.d.ts"):
            target = folder / path.relative_to(made.resolve())
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _reached(start: Path) -> set[Path]:
    """Return a declaration, those that it names, and those that these name."""
    found, waiting = set[Path](), [start]
    while waiting:
        path = waiting.pop().resolve()
        if path not in found:
            found.add(path)
            waiting += [path.parent / f"{name}.d.ts" for name in _NAMED.findall(path.read_text("utf-8"))]
    return found
