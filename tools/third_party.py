"""Lists the parts of others that the site holds, from the build's own data: ``python -m tools.third_party``.

Writes the table of THIRD_PARTY.md, or with ``--check`` says whether it is current. The build puts the same
list into the site: parts.html, with the SHA-256 of each file as it was fetched, and licences/, the texts that
licences ask to be passed on.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from alphacut.store.catalog import Model, choose, read_models
from tools.catalog import MODELS_FOLDER, ROOT, read_catalog

PAGE = ROOT / "THIRD_PARTY.md"
TEXTS = ROOT / "licences"
FOLDER, SITE_PAGE = "licences", "parts.html"
"""Where the site has the texts, and the list."""
BEGIN, END = "<!-- parts:begin -->\n", "<!-- parts:end -->"
_SHOWN = 12  # digits of a hash in a table; the site's page has all
_LOCK = ROOT / "tools" / "lock" / "dev.txt"
_PHOTOS = "scikit-image"


@dataclass(frozen=True)
class Listed:
    """A part: what it is called, in which version, under which licence, from where, and its files by hash."""

    id: str
    title: str
    version: str
    licence: str
    url: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Path of its licence's text in the site; "" where it asks for none."""
        return text_of(self.id)


def text_of(id_: str) -> str:
    """Return the path in the site of the text of a part's licence; "" where it asks for none."""
    return f"{FOLDER}/{id_}.txt" if (TEXTS / f"{id_}.txt").is_file() else ""


def listed(models: Sequence[Model] | None = None) -> list[Listed]:
    """List every part of a site with these models, by default all of models/."""
    catalog = read_catalog()
    chosen = choose(read_models([MODELS_FOLDER]), None) if models is None else models
    parts = [
        Listed(id_, one.title, one.version, one.licence, one.url, _hashes(one.files.values()))
        for id_, one in catalog.components.items()
        if id_ != _PHOTOS
    ]
    parts += [
        Listed(
            one.id, f"{one.title} (network)", "", one.licence.name, one.licence.url, _hashes([one.published])
        )
        for one in chosen
    ]
    photos = catalog.components[_PHOTOS]
    parts += [
        Listed(
            f"photo-{one.file}", f"{one.title} (photo by {one.credit})", f"{_PHOTOS} {photos.version}",
            one.licence, one.url, {one.file: photos.files[one.file].sha256},
        )
        for one in catalog.samples
    ]  # fmt: skip
    return parts


def of_the_documentation() -> list[Listed]:
    """List what the built documentation holds."""
    version = next(re.finditer(r"^mkdocs-material==(\S+)", _LOCK.read_text("utf-8"), re.MULTILINE))[1]
    url = "https://squidfunk.github.io/mkdocs-material/"
    return [
        Listed("mkdocs-material", "Material for MkDocs", version, "MIT", url),
        Listed("lunr", "lunr, in Material for MkDocs", "", "MIT", "https://lunrjs.com"),
    ]


def _hashes(files: object) -> dict[str, str]:
    return {file.name: file.sha256 for file in files}  # type: ignore[attr-defined]


def rendered(page: str) -> str:
    """Put the tables into the text of THIRD_PARTY.md."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{_markdown()}{END}{after}"


def _markdown() -> str:
    rows = [
        *_row_of("part", "version", "licence", "from", "SHA-256 of its files"),
        "| --- | --- | --- | --- | --- |",
    ]
    for part in [*listed(), *of_the_documentation()]:
        licence = f"[{part.licence}]({part.text})" if part.text else part.licence
        hashes = (
            ", ".join(f"`{digest[:_SHOWN]}`" for digest in part.files.values()) or "see tools/lock/dev.txt"
        )
        rows += _row_of(part.title, part.version, licence, part.url, hashes)
    return "\n".join(rows) + "\n"


def _row_of(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def write(out: Path, models: Sequence[Model]) -> None:
    """Put the list and the texts into a site."""
    parts = listed(models)
    copy_texts(out, parts)
    (out / SITE_PAGE).write_text(_html(parts), "utf-8")


def copy_texts(out: Path, parts: Sequence[Listed]) -> None:
    """Copy the licences' texts of these parts."""
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    for part in parts:
        if part.text:
            shutil.copyfile(TEXTS / f"{part.id}.txt", out / part.text)


def _html(parts: Sequence[Listed]) -> str:
    rows = "".join(_html_row(part) for part in parts)
    head = "".join(
        f"<th scope=col>{name}</th>" for name in ("Part", "Version", "Licence", "Files and SHA-256")
    )
    return (
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>alphacut: parts by others</title>\n"
        "<meta name=viewport content='width=device-width'>\n<meta name=referrer content=no-referrer>\n"
        "<link rel=stylesheet href=style.css>\n<body class=parts-page>\n"
        "<main>\n<h1>Parts by others</h1>\n<p>What this site contains beside its own code, which is "
        "<a href=LICENSE>Apache-2.0</a>. The files as they were fetched; the build packs some anew.</p>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</main>\n</html>\n"
    )


def _html_row(part: Listed) -> str:
    title = f'<a rel=noreferrer href="{escape(part.url)}">{escape(part.title)}</a>'
    licence = f'<a href="{part.text}">{escape(part.licence)}</a>' if part.text else escape(part.licence)
    files = "<br>".join(f"{escape(name)}<br><code>{digest}</code>" for name, digest in part.files.items())
    cells = "".join(f"<td>{cell}</td>" for cell in (escape(part.version), licence, files))
    return f"<tr><th scope=row>{title}</th>{cells}</tr>\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or with --check say whether it is current."""
    before = PAGE.read_text("utf-8")
    after = rendered(before)
    if "--check" in (sys.argv[1:] if arguments is None else arguments):
        return 0 if before == after else 1
    PAGE.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
