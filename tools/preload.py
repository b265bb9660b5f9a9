"""Names in the page's head every module it will import, so that they need not be found out one by one."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r"""(?:^|;)import\b[^;("']*["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)
_ENTRY = re.compile(r"""<script type="module" src="([^"]+)"></script>""")


def add_preloads(page: Path) -> None:
    """Put a link to each module that the page's module script imports, itself apart, before that script."""
    html = page.read_text("utf-8")
    if entry := _ENTRY.search(html):
        links = [f'<link rel="modulepreload" href="{name}">\n' for name in imports(page.parent, entry[1])]
        page.write_text(html[: entry.start()] + "".join(links) + html[entry.start() :], "utf-8")


def imports(root: Path, entry: str) -> list[str]:
    """List what a module imports, directly or not, in the order in which it is met; paths from `root`."""
    found, met = [entry], 0
    while met < len(found):
        folder = (root / found[met]).parent
        for name in _IMPORT.findall((root / found[met]).read_text("utf-8")):
            path = (folder / name).resolve().relative_to(root.resolve()).as_posix()
            if path not in found:
                found.append(path)
        met += 1
    return found[1:]
