"""Which networks there are: models/*.toml, typed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from alphacut.errors import AlphacutError, BadModelError, UnknownModelError
from alphacut.models import ModelSpec, Precision
from alphacut.store.cache import Cache
from alphacut.store.sources import Part, parse_source

FOLDER = Path(__file__).resolve().parent / "models"
"""Those that come with the package."""
_HINT = (
    "alphacut is not installed as it was made: install it again from a wheel. In a checkout the files of"
    " src/alphacut/store/models are links: git config core.symlinks true, then check them out again."
)


class CatalogError(AlphacutError):
    """A TOML file says something that can't be meant. The message names the file."""

    code = "bad-model"


@dataclass(frozen=True)
class Licence:
    """Under which terms a network's weights are given; a notice is shown before they are downloaded."""

    name: str
    url: str
    notice: str
    credit: str


@dataclass(frozen=True)
class Model:
    """A network: where its published file is, how the graph is rewritten, what the page says of it."""

    title: str
    summary: str
    default: bool
    licence: Licence
    published: Part
    output: str
    gpu_precision: Precision
    spec: ModelSpec

    @property
    def id(self) -> str:
        """Name of the TOML file."""
        return self.spec.id


def read_models(folders: Iterable[Path] = (FOLDER,)) -> dict[str, Model]:
    """Read every models/*.toml. Raises CatalogError, also where there is none."""
    looked_in = list(folders)
    paths = sorted(path for folder in looked_in for path in folder.glob("*.toml"))
    if not paths:
        raise CatalogError(f"There is no model in {', '.join(map(str, looked_in))}.", hint=_HINT)
    return {path.stem: _read_model(path) for path in paths}


def choose(models: Mapping[str, Model], ids: Iterable[str] | None) -> list[Model]:
    """Pick the models named, the default one first; all where `ids` is None. Raises CatalogError."""
    wanted = list(models if ids is None else ids)
    if unknown := [id_ for id_ in wanted if id_ not in models]:
        raise CatalogError(f"no model {', '.join(unknown)}; there are {', '.join(models)}")
    if not wanted:
        raise CatalogError("a site needs at least one model")
    return sorted((models[id_] for id_ in wanted), key=lambda model: (not model.default, model.id))


def named(model: str) -> Model:
    """Find a model by its id. Raises UnknownModelError."""
    known = read_models()
    if model not in known:
        raise UnknownModelError(f"There is no model {model!r}.", hint=f"There are {', '.join(known)}.")
    return known[model]


def fetched(model: Model) -> Path | None:
    """Where a model's verified file lies, None where it is still to be fetched."""
    return Cache.default().get(model.published)


def _read_model(path: Path) -> Model:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        published, graph = table["published"], table["graph"]
        sources = tuple(parse_source(_beside(source, path.parent)) for source in published["sources"])
        return Model(
            title=table["title"], summary=table["summary"], default=table["default"],
            licence=Licence(**table["licence"]),
            published=Part(f"{path.stem}.onnx", published["sha256"], published["bytes"], sources),
            output=graph["output"], gpu_precision=_precision(graph["gpu_precision"]),
            spec=ModelSpec.from_table({"id": path.stem, **table["spec"]}),
        )  # fmt: skip
    except (OSError, KeyError, TypeError, ValueError, BadModelError) as error:
        hint = _HINT if path.parent == FOLDER else ""
        raise CatalogError(f"{path.name} can't be used: {error!r}.", hint=hint) from error


def _precision(name: str) -> Precision:
    if name not in get_args(Precision):
        raise ValueError(f"gpu_precision must be one of {', '.join(get_args(Precision))}")
    return cast(Precision, name)


def _beside(source: Mapping[str, str], folder: Path) -> dict[str, object]:
    """Resolve the file of a file source, which is named relative to the TOML."""
    return dict(source) if "file" not in source else {"file": str(folder / source["file"])}
