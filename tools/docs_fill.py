"""Fills the pages of docs/ with what is known elsewhere, so that it is written once.

A line ``<!-- fill: NAME WORDS -->`` stands for what the function of that name in `FILLERS` makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from alphacut.store.catalog import Model, choose, read_models
from tools.catalog import PARTS_FILE, ROOT, read_catalog
from tools.docs_headers import header_table, nginx, table

DOCS = ROOT / "docs"
EXAMPLE_SITE = "https://alphacut.example"
"""Stands in every snippet for the address of the reader's site."""
_MARK = re.compile(r"^<!-- fill: ([\w-]+)((?: [\w./-]+)*) -->$", re.MULTILINE)
_LANGUAGES = {".md": "md", ".rst": "rst", ".yml": "yaml", ".py": "python", ".html": "html"}


class DocsError(Exception):
    """A page asks for something that is not there, or loads what it must not. The message says which."""


def fill(text: str, page: str) -> str:
    """Put into a page what its marks stand for. Raises DocsError."""

    def made(match: re.Match[str]) -> str:
        filler = FILLERS.get(match[1])
        if filler is None:
            raise DocsError(f"{page}: nothing is called {match[1]}")
        return filler(*match[2].split()).strip("\n")

    return _MARK.sub(made, text)


def with_site(text: str, site: str) -> str:
    """Name the site in a page: its address, where that is known, in place of the one that stands for it.

    A site given by where it is relative to the pages is named by docs/address.js, in the browser.
    """
    named = text.replace(f"{EXAMPLE_SITE}/", site).replace(EXAMPLE_SITE, site.rstrip("/"))
    return (named if "://" in site else text).replace("{site}", site)


def _models() -> str:
    rows = map(_model_row, choose(read_models(), None))
    return table(["id", "name", "for", "download", "input", "licence of the weights"], rows)


def _model_row(model: Model) -> list[str]:
    spec, licence = model.spec, model.licence
    name = f"{model.title} (default)" if model.default else model.title
    return [
        f"`{model.id}`", name, model.summary, f"{model.published.bytes / 1e6:.1f} MB",
        f"{spec.width} by {spec.height}", f"[{licence.name}]({licence.url})",
    ]  # fmt: skip


def _model_details() -> str:
    return "\n\n".join(map(_model_detail, choose(read_models(), None)))


def _model_detail(model: Model) -> str:
    notice = (
        f'\n\n!!! warning "Before you use it"\n    {model.licence.notice}' if model.licence.notice else ""
    )
    return (
        f"### {model.title}\n\n{model.licence.credit}.{notice}\n\n"
        f"Published file: {model.published.bytes:,} bytes, SHA-256 `{model.published.sha256}`. "
        f"On a GPU it is worked in {model.gpu_precision}."
    )


def _parts() -> str:
    parts = read_catalog(PARTS_FILE).components.values()
    rows = [[f"[{part.title}]({part.url})", part.version, part.licence] for part in parts]
    return table(["part", "version", "licence"], rows)


def _samples() -> str:
    photos = read_catalog(PARTS_FILE).samples
    rows = [[f"[{photo.title}]({photo.url})", photo.credit, photo.licence] for photo in photos]
    return table(["photo", "by", "licence"], rows)


def _figures(name: str) -> str:
    """Return the tables that bench/readme.py keeps in the README between two marks."""
    readme = (ROOT / "README.md").read_text("utf-8")
    found = re.search(f"<!-- {name}:begin -->\n(.*?)<!-- {name}:end -->", readme, re.DOTALL)
    if not found:
        raise DocsError(f"README.md has no figures {name}")
    return found[1]


def _example(path: str, *flags: str) -> str:
    """Show a file of examples/ as it is."""
    file = ROOT / "examples" / path
    if not file.is_file():
        raise DocsError(f"there is no examples/{path}")
    text = file.read_text("utf-8").strip("\n")
    attributes = "".join(f" {flag}" for flag in ("example", *flags))
    return f'````{_LANGUAGES[file.suffix]}{attributes} title="{path}"\n{text}\n````'


def _errors() -> str:
    """List the codes of web/shared/protocol.js with what the page says of each."""
    script = (ROOT / "web" / "shared" / "protocol.js").read_text("utf-8")
    listed = re.search(r"ERROR_CODES = .*?\(\[(.*?)\]\)", script, re.DOTALL)
    if not listed:
        raise DocsError("protocol.js lists no error codes")
    words = json.loads((ROOT / "web" / "messages" / "en.json").read_text("utf-8"))
    rows = [
        [f"`{code}`", words[f"error.{code}.message"], words[f"error.{code}.hint"]]
        for code in sorted(re.findall('"(.*?)"', listed[1]))
    ]
    return table(["code", "what happened", "what to do"], rows)


def _live() -> str:
    """Embed the tool in the page itself."""
    return """\
<div class="live">
<script type="module" src="{site}embed.js"></script>
<alpha-cut model="u2netp" theme="auto">Here is the tool, where scripts may run and the site is up.</alpha-cut>
</div>"""


FILLERS: dict[str, Callable[..., str]] = {
    "models": _models,
    "model-details": _model_details,
    "parts": _parts,
    "samples": _samples,
    "figures": _figures,
    "errors": _errors,
    "example": _example,
    "live": _live,
    "headers": header_table,
    "nginx": nginx,
}
