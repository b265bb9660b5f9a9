"""Turns published networks into the files the site ships, once: results are kept in the cache."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import onnx

from alphacut import onnx_graph
from alphacut.onnx_graph import Precision, ship
from tools.cache import digest
from tools.catalog import Model

WEIGHTS = "weights.bin"
SUMS = "sha256.json"


@dataclass(frozen=True)
class Network:
    """Files of a network: graphs by precision, and the weights that all of them name."""

    folder: Path
    precisions: tuple[Precision, ...]

    @property
    def weights(self) -> Path:
        """The weights, external data of every graph."""
        return self.folder / WEIGHTS

    def graph(self, precision: Precision) -> Path:
        """Return the graph with that arithmetic."""
        return self.folder / f"{precision}.onnx"


def prepare(model: Model, published: Path, cache: Path) -> Network:
    """Rewrite the model unless the cache holds the result. Raises BadModelError."""
    network = Network(cache / "networks" / f"{model.id}-{_key(model)}", model.precisions)
    if _is_whole(network.folder):
        return network
    shutil.rmtree(network.folder, ignore_errors=True)
    shipped = ship(
        published.read_bytes(), size=(model.spec.width, model.spec.height), output=model.output,
        precisions=model.precisions, weights_name=WEIGHTS,
    )  # fmt: skip
    unfinished = Network(network.folder.with_suffix(".part"), model.precisions)
    shutil.rmtree(unfinished.folder, ignore_errors=True)  # of a build that was interrupted
    unfinished.folder.mkdir(parents=True)
    unfinished.weights.write_bytes(shipped.weights)
    for precision, graph in shipped.graphs.items():
        unfinished.graph(precision).write_bytes(graph)
    (unfinished.folder / SUMS).write_text(json.dumps(_sums(unfinished.folder)))
    unfinished.folder.replace(network.folder)
    return network


def _is_whole(folder: Path) -> bool:
    """Whether the cached files are still those that were written."""
    sums = folder / SUMS
    return sums.exists() and json.loads(sums.read_text()) == _sums(folder)


def _sums(folder: Path) -> dict[str, str]:
    return {path.name: digest(path, "sha256") for path in sorted(folder.iterdir()) if path.name != SUMS}


def _key(model: Model) -> str:
    """Make a name that changes with whatever the result depends on."""
    code = Path(onnx_graph.__file__).read_bytes()
    facts = [model.published.sha256, model.output, model.precisions, model.spec.shape, onnx.__version__]
    return hashlib.sha256(code + json.dumps(facts).encode()).hexdigest()[:16]
