"""Builds the documentation: ``python -m tools.docs [--site URL] [--out dist/docs]``, or ``make docs``.

Pages of docs/ by MkDocs, with nothing in them that a browser fetches from elsewhere. They embed an alphacut
site. By default it is the one in whose folder they are put (``--site ../``): ``dist/docs`` copied to
``docs/`` of the site. For pages that lie elsewhere, give the site's address.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mkdocs.commands.build import build as build_pages
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException

from tools.catalog import ROOT
from tools.docs_fill import DOCS, DocsError, fill
from tools.snippets import Snippet, SnippetError, snippets
from tools.third_party import copy_texts, of_the_documentation

OUT = ROOT / "dist" / "docs"
# These name addresses from a server's root, and nobody knows yet where the pages will lie.
_OF_A_WHOLE_SERVER = ("404.html", "sitemap.xml", "sitemap.xml.gz")
# What a page loads by itself; links that a reader may follow are another thing.
_LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|input)\b[^>]*?\ssrc=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|preload|modulepreload|preconnect|dns-prefetch|icon|manifest))"
    r"[^>]*?\shref=[\"']?((?:https?:)?//[^\"'\s>]+)"
)
_LOADED_BY_STYLE = re.compile(r"(?:url\(|@import\s)\s*[\"']?((?:https?:)?//[^\"')\s]+)")


def build(site: str = "../", out: Path = OUT) -> Path:
    """Build the pages for the site at that address and return their folder.

    Raises
    ------
    DocsError, SnippetError
        A page can't be filled, a fence can't be read, or something is loaded from another origin.
    MkDocsException
        MkDocs found a fault, or would only have warned of one.
    """
    if not site.endswith("/"):
        raise DocsError(f"the address of a site ends in /, and {site} does not")
    os.environ["NO_MKDOCS_2_WARNING"] = "1"  # the theme's notice about a version that is not used here
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(out))
    config.extra["site"] = site
    config.plugins.on_startup(command="build", dirty=False)
    build_pages(config)
    config.plugins.on_shutdown()
    for name in _OF_A_WHOLE_SERVER:
        (out / name).unlink()
    copy_texts(out, of_the_documentation())
    if foreign := [f"{page}: {url}" for page, url in loaded_from_elsewhere(out) if not url.startswith(site)]:
        raise DocsError("loaded from another origin: " + ", ".join(foreign))
    return out


def loaded_from_elsewhere(folder: Path) -> Iterator[tuple[str, str]]:
    """Name what built pages and styles load from addresses with a host, each with its page."""
    for path in sorted(folder.rglob("*")):
        pattern = {".html": _LOADED, ".css": _LOADED_BY_STYLE}.get(path.suffix)
        for match in pattern.finditer(path.read_text("utf-8")) if pattern else ():
            yield path.relative_to(folder).as_posix(), next(filter(None, match.groups()))


def all_snippets() -> list[Snippet]:
    """List the fences of all pages, filled as they are in the built ones but for the site's address."""
    pages = sorted(DOCS.rglob("*.md"))
    return [
        snippet
        for page in pages
        for snippet in snippets(
            fill(page.read_text("utf-8"), page.relative_to(DOCS).as_posix()),
            page.relative_to(ROOT).as_posix(),
        )
    ]


def _parse(arguments: Iterable[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description="Build the documentation.")
    parser.add_argument("--site", default="../", help="address of the alphacut site that the pages embed")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write")
    return parser.parse_args(None if arguments is None else list(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Build as the command line says."""
    options = _parse(arguments)
    began = time.perf_counter()
    try:
        out = build(options.site, options.out.resolve())
    except (DocsError, SnippetError, MkDocsException) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    print(f"docs: {out} ({time.perf_counter() - began:.1f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
