"""Turns published networks into the files the site ships, once: results are kept in the cache."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import onnx

from alphacut import graph_ends, graph_fusions, graph_gpu, graph_passes, onnx_graph, self_check
from alphacut.native import NativeSession
from alphacut.onnx_graph import TARGETS, Target, ship
from alphacut.store.cache import digest
from alphacut.store.catalog import Model

WEIGHTS = "weights.bin"
SUMS = "sha256.json"


@dataclass(frozen=True)
class Network:
    """Files of a network: graphs by target, and the weights that all of them name."""

    folder: Path

    @property
    def weights(self) -> Path:
        """The weights, external data of every graph."""
        return self.folder / WEIGHTS

    @property
    def check(self) -> Path:
        """Input and answer of the self-check: `self_check.tile` and `self_check.summary`."""
        return self.folder / "check.bin"

    @property
    def largest(self) -> Path:
        """JSON: bytes of the largest tensor by target."""
        return self.folder / "largest.json"

    def graph(self, target: Target) -> Path:
        """Return the graph for that target."""
        return self.folder / f"{target}.onnx"


def ready(model: Model, cache: Path) -> Network | None:
    """Return what the cache holds of a network, if that is whole."""
    network = Network(_folder(model, cache))
    return network if _is_whole(network.folder) else None


def prepare(model: Model, published: Path, cache: Path) -> Network:
    """Rewrite the model unless the cache holds the result. Raises BadModelError."""
    if (found := ready(model, cache)) is not None:
        return found
    network = Network(_folder(model, cache))
    shutil.rmtree(network.folder, ignore_errors=True)
    shipped = ship(
        published.read_bytes(), model.spec, output=model.output,
        targets=TARGETS, weights_name=WEIGHTS,
    )  # fmt: skip
    unfinished = Network(network.folder.with_suffix(".part"))
    shutil.rmtree(unfinished.folder, ignore_errors=True)  # of a build that was interrupted
    unfinished.folder.mkdir(parents=True)
    unfinished.weights.write_bytes(shipped.weights)
    for target, graph in shipped.graphs.items():
        unfinished.graph(target).write_bytes(graph)
    unfinished.check.write_bytes(_check(model, unfinished))
    unfinished.largest.write_text(json.dumps(shipped.largest))
    (unfinished.folder / SUMS).write_text(json.dumps(_sums(unfinished.folder)))
    unfinished.folder.replace(network.folder)
    return network


def _check(model: Model, network: Network) -> bytes:
    session = NativeSession(network.graph("wasm-float32"))
    levels = session.infer(self_check.stretched(model.spec.width, model.spec.height))
    return self_check.tile().tobytes() + self_check.summary(levels).tobytes()


def _is_whole(folder: Path) -> bool:
    """Whether the cached files are still those that were written."""
    sums = folder / SUMS
    return sums.exists() and json.loads(sums.read_text()) == _sums(folder)


def _sums(folder: Path) -> dict[str, str]:
    return {path.name: digest(path, "sha256") for path in sorted(folder.iterdir()) if path.name != SUMS}


def _folder(model: Model, cache: Path) -> Path:
    return cache / "networks" / f"{model.id}-{_key(model)}"


def _key(model: Model) -> str:
    """Make a name that changes with whatever the result depends on."""
    modules = (onnx_graph, graph_passes, graph_ends, graph_fusions, graph_gpu, self_check)
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in modules)
    facts = [model.published.sha256, model.output, model.spec.to_table(), onnx.__version__]
    return hashlib.sha256(code + json.dumps(facts).encode()).hexdigest()[:16]
