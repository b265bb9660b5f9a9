"""What MkDocs calls while it builds our pages: fills in what is known elsewhere, takes scripts out of pages.

The theme writes small scripts into each page. They are moved into files, so that the pages need no
'unsafe-inline' and work under the site's own content policy.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.docs_fill import fill, with_site
from tools.snippets import for_readers

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

SCRIPTS = "assets/javascripts/inline"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Any) -> str:
    """Fill in tables, headers and the site's address; leave out what only tests read."""
    filled = fill(markdown, page.file.src_uri)
    return for_readers(with_site(filled, str(config.extra["site"])))


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Move the page's inline scripts into files; equal scripts share one."""
    folder = Path(config.site_dir) / SCRIPTS
    root = "../" * page.url.count("/")

    def moved(match: re.Match[str]) -> str:
        script = match[1].strip()
        name = f"{hashlib.sha256(script.encode()).hexdigest()[:12]}.js"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(script + "\n", "utf-8")
        return f'<script src="{root}{SCRIPTS}/{name}"></script>'

    return _INLINE.sub(moved, output)
