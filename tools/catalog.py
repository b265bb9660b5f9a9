"""What the site is made of beside its networks: third-party parts (tools/parts.toml), typed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alphacut.store.catalog import CatalogError
from alphacut.store.sources import Part, parse_source

ROOT = Path(__file__).resolve().parent.parent
PARTS_FILE = ROOT / "tools" / "parts.toml"
MODELS_FOLDER = ROOT / "models"


@dataclass(frozen=True)
class Component:
    """A third-party component: files of one version under one licence, put into one folder of the site."""

    id: str
    title: str
    version: str
    licence: str
    url: str
    folder: str
    files: Mapping[str, Part]


@dataclass(frozen=True)
class Sample:
    """A sample photo and who may be thanked for it."""

    file: str
    title: str
    credit: str
    licence: str
    url: str


@dataclass(frozen=True)
class Catalog:
    """Everything that can go into a site."""

    components: Mapping[str, Component]
    samples: tuple[Sample, ...]


def read_catalog(path: Path = PARTS_FILE) -> Catalog:
    """Read tools/parts.toml. Raises CatalogError."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        samples = tuple(Sample(**table) for table in tables.pop("sample", ()))
        return Catalog({id_: _component(id_, table) for id_, table in tables.items()}, samples)
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogError(f"{path.name}: {error!r}") from error


def _component(id_: str, table: dict[str, Any]) -> Component:
    sources, files = table.pop("sources"), table.pop("files")
    parts = {
        file: Part(
            file, pin["sha256"], pin["bytes"],
            tuple(parse_source(_filled(source, table["version"], file)) for source in sources),
        )
        for file, pin in files.items()
    }  # fmt: skip
    return Component(id=id_, files=parts, **table)


def _filled(source: Mapping[str, str], version: str, file: str) -> dict[str, object]:
    return {key: text.replace("{version}", version).replace("{file}", file) for key, text in source.items()}
