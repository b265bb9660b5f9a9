"""Joins our modules into few files, with esbuild: one for each entry, and chunks for what comes later.

Styles become one file.

A file's name holds a hash of its content and of all that it names. So a page of one version never gets a
module of another, whatever caches lie between: it asks for a file that is not there any more, and says so.

All files lie directly in page/ or worker/. What modules say relative to `import.meta.url` stays true where it
begins with "../" and the module lies there too; tests/unit/test_bundle.py holds that.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.minify import MinifyError, run

FOLDERS = ("page", "shared", "worker")
ENTRIES = ("worker/png-strip.js", "worker/worker.js", "page/main.js")
"""What is started by its address. Each is named by one that comes later, the last by the page itself."""
ALONE = "page/guard.js"
"""A classic script, which imports nothing."""
VENDOR = "./vendor/*"
STYLE = "style.css"
"""Imports all others, a line each."""
_HASH = "[A-Z0-9]" * 8  # as esbuild writes it
PAGE = "index.html"


def bundle(folder: Path, tool: Path) -> None:
    """Replace the modules and styles in `folder` by bundles, each with its source map; the page names these.

    Raises
    ------
    MinifyError
        esbuild found something that is no script, or an entry is not named exactly once.
    """
    sources = [path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    sources.remove(folder / ALONE)
    for entry in ENTRIES:
        _bundle_entry(folder, entry, tool)
        _rename([*sources, folder / PAGE], entry, _bundled(folder, entry))
    for path in sources:
        path.unlink()
    _remove_empty(folder)
    _bundle_styles(folder, tool)


def served(site: Path, entry: str) -> str:
    """Return the name of an entry in the folder `site`; modules as they are written have their own."""
    return entry if (site / entry).is_file() else _bundled(site, entry)


def _bundled(site: Path, entry: str) -> str:
    path = site / entry
    (found,) = path.parent.glob(f"{path.stem}-{_HASH}.js")
    return found.relative_to(site).as_posix()


def _bundle_entry(folder: Path, entry: str, tool: Path) -> None:
    options = [
        "--bundle", "--splitting", "--format=esm", f"--external:{VENDOR}",
        "--entry-names=[name]-[hash]", "--chunk-names=[name]-[hash]", f"--outdir={(folder / entry).parent}",
    ]  # fmt: skip
    run(tool, [*options, entry], folder)


def _bundle_styles(folder: Path, tool: Path) -> None:
    parts = re.findall(r'^@import "(.*)";$', _text(folder / STYLE), re.MULTILINE)
    run(tool, ["--bundle", "--allow-overwrite", f"--outdir={folder}", STYLE], folder)
    for name in parts:
        (folder / name).unlink()


def _rename(files: list[Path], old: str, new: str) -> None:
    """Name an entry as it is served; its name is written relative to page/ or worker/, or to the page."""
    naming = [path for path in files if path.suffix in {".js", ".html"} and _quoted(old, path) in _text(path)]
    if len(naming) != 1 or _text(naming[0]).count(_quoted(old, naming[0])) != 1:
        names = ", ".join(path.name for path in naming) or "nothing"
        raise MinifyError(f"{old} should be named once, as {_quoted(old, Path('a.js'))}; {names} names it")
    (path,) = naming
    path.write_text(_text(path).replace(_quoted(old, path), _quoted(new, path)), "utf-8")


def _quoted(name: str, path: Path) -> str:
    return f'"{name}"' if path.name == PAGE else f'"../{name}"'


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _remove_empty(folder: Path) -> None:
    for name in FOLDERS:
        for path in sorted([folder / name, *(folder / name).rglob("*")], reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
