"""Models and sample photos, fetched and verified as the site's build does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alphacut.models import ModelSpec
from alphacut.onnx_graph import Target
from alphacut.recipe import DEFAULT, Scaling
from alphacut.scaling import ScaledSession
from alphacut.store.catalog import choose, read_models
from alphacut.store.fetch import Cache, fetch_all
from alphacut.store.networks import Network, prepare
from tests.graphs import opened, run_graph
from tests.helpers import Bytes8, Floats
from tools.catalog import read_catalog


@dataclass(frozen=True)
class Networks:
    """One model: as it is published, and as it is shipped."""

    spec: ModelSpec
    published_file: Path
    network: Network
    sessions: dict[str, Any] = field(default_factory=dict)

    def published(self) -> Callable[[Floats], Floats]:
        """The published file in onnxruntime; runs it on an input."""
        session = self._session(self.published_file)
        name, outputs = session.get_inputs()[0].name, [session.get_outputs()[0].name]
        return lambda pixels: np.asarray(session.run(outputs, {name: pixels})[0], np.float32)

    def scaled(self, scaling: Scaling = DEFAULT.scaling) -> ScaledSession:
        """The published file with the scaling of a recipe around it."""
        return ScaledSession(self.published(), self.spec, scaling)

    def shipped(self, target: Target) -> Callable[[Bytes8], Bytes8]:
        """The graph that we ship for the target, on the CPU; runs it on pixels."""
        session = self._session(self.network.graph(target))
        return lambda pixels: run_graph(session, pixels)

    def _session(self, file: Path) -> Any:
        """Open a file once; each session takes hundreds of megabytes."""
        if file.name not in self.sessions:
            self.sessions[file.name] = opened(str(file), threads=0)
        return self.sessions[file.name]


def read_networks() -> dict[str, Networks]:
    """Fetch and prepare every model of the project."""
    known = choose(read_models(), None)
    cache_folder = Cache.default()
    files = fetch_all([model.published for model in known], cache_folder, offline=False)
    return {
        model.id: Networks(
            model.spec,
            files[model.published.name],
            prepare(model, files[model.published.name], cache_folder.root),
        )
        for model in known
    }


def read_samples() -> dict[str, bytes]:
    """Fetch the sample photos; gives their files by their names without ending."""
    photos = read_catalog().components["scikit-image"].files
    files = fetch_all(list(photos.values()), Cache.default(), offline=False)
    return {Path(name).stem: files[name].read_bytes() for name in photos}


@pytest.fixture(scope="module")
def models() -> Iterator[dict[str, Networks]]:
    found = read_networks()
    yield found
    for networks in found.values():
        networks.sessions.clear()  # the tests after these need the memory


@pytest.fixture(scope="session")
def samples() -> dict[str, bytes]:
    return read_samples()
