"""Joins our modules into few files, with esbuild: one for each entry, and chunks for what comes later.

Styles become one file.

A file's name holds a hash of its content and of all that it names. So a page of one version never gets a
module of another, whatever caches lie between: it asks for a file that is not there any more, and says so.

All files lie directly in the folder of their entry. What modules say relative to `import.meta.url` stays true
where it begins with "../" and the module lies in such a folder too; tests/unit/test_bundle.py holds that.

Scripts that pages of others load keep their names, in the site's root: each is one file that holds all it
needs, and what it says relative to `import.meta.url` begins with "./".
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.minify import MinifyError, run

FOLDERS = ("api", "client", "embed", "page", "python", "shared", "worker")
ENTRIES = ("worker/png-strip.js", "worker/worker.js", "embed/main.js", "page/main.js")
"""What is started by its address. Each is named by others that come later, the last ones by pages."""
PUBLIC = ("alphacut.js", "embed.js", "worker.js")
"""What pages of others load."""
PYTHON = "python/session.js"
"""What Python in pages of others loads: keeps its name, and the folder that its modules count on."""
ALONE = "page/guard.js"
"""A classic script, which imports nothing."""
VENDOR = "./vendor/*"
STYLES = ("style.css", "embed.css")
"""Import all others, a line each."""
_STYLE_IMPORT = r'^@import "(.*)";$'
_HASH = "[A-Z0-9]" * 8  # as esbuild writes it


def bundle(folder: Path, tool: Path) -> None:
    """Replace the modules and styles in `folder` by bundles, each with its source map; the page names these.

    Raises
    ------
    MinifyError
        esbuild found something that is no script, or nothing names an entry.
    """
    sources = [path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    sources = [path for path in sources if path not in {folder / ALONE, folder / PYTHON}]
    public = [folder / name for name in PUBLIC if (folder / name).is_file()]
    for entry in ENTRIES:
        _bundle_entry(folder, entry, tool)
        _rename(folder, [*sources, *public, *folder.glob("*.html")], entry)
    for path in public:
        _bundle_alone(folder, path.name, tool, "--external:./worker/*")
    _bundle_alone(folder, PYTHON, tool)
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


def _bundle_alone(folder: Path, name: str, tool: Path, *options: str) -> None:
    """Put all that a script imports into it; it keeps its name."""
    usual = ["--bundle", "--format=esm", "--allow-overwrite"]
    run(tool, [*usual, *options, f"--outfile={folder / name}", name], folder)


def _bundle_styles(folder: Path, tool: Path) -> None:
    parts = {
        part for name in STYLES for part in re.findall(_STYLE_IMPORT, _text(folder / name), re.MULTILINE)
    }
    run(tool, ["--bundle", "--allow-overwrite", f"--outdir={folder}", *STYLES], folder)
    for name in parts:
        (folder / name).unlink()


def _rename(folder: Path, files: list[Path], entry: str) -> None:
    """Name an entry as it is served, where scripts and pages name it."""
    new, naming = _bundled(folder, entry), 0
    for path in (path for path in files if path.suffix in {".js", ".html"}):
        before, named = _text(path), '"../{}"'
        if path.parent == folder:
            named = '"./{}"' if path.suffix == ".js" else '"{}"'
        after = before.replace(named.format(entry), named.format(new))
        if after != before:
            path.write_text(after, "utf-8")
            naming += 1
    if not naming:
        raise MinifyError(f'{entry} should be named, as "../{entry}"; nothing names it')


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _remove_empty(folder: Path) -> None:
    for name in FOLDERS:
        for path in sorted([folder / name, *(folder / name).rglob("*")], reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
