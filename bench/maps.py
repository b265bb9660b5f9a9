"""What the networks give for the photos of the bench, kept in a folder: running them takes most of its time.

A map is known by the graph, the scaling and the very pixels that the network was given, so that it is made
anew whenever anything before it changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from alphacut import scaling
from alphacut.image import Photo
from alphacut.models import ModelSpec
from alphacut.native import NativeSession
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT, Scaling
from alphacut.region import Crop, crop_around
from alphacut.scaling import FloatNetwork, ScaledSession
from alphacut.session import Session
from alphacut.store.cache import Cache, digest
from alphacut.store.catalog import choose, read_models
from alphacut.store.fetch import fetch_all
from alphacut.store.networks import Network, prepare
from bench.datasets import Sample
from bench.metrics import SUBJECT, Levels
from bench.variants import Variant

MapFiles = Mapping[tuple[str, str, str, str], Path]
"""Files of maps by network, variant, set and stem."""


@dataclass
class Networks:
    """One model: as it was published, and as we ship it. Opened when a map is missing only."""

    spec: ModelSpec
    published: Path
    shipped: Network
    _sessions: dict[Scaling, Session] = field(default_factory=dict)

    def session(self, of: Scaling) -> Session:
        """Open what runs a scaling: our graph holds ours, the published one gets others around it."""
        if of not in self._sessions:
            self._sessions.clear()  # each takes hundreds of megabytes
            own = of == DEFAULT.scaling
            self._sessions[of] = (
                NativeSession(self.graph(of))
                if own
                else ScaledSession(_opened(self.published), self.spec, of)
            )
        return self._sessions[of]

    def graph(self, of: Scaling) -> Path:
        """Return the file that holds the graph."""
        return self.shipped.graph("wasm-float32") if of == DEFAULT.scaling else self.published

    def identity(self, of: Scaling) -> str:
        """Return text that changes with whatever a map depends on, but for the pixels."""
        parts = [digest(self.graph(of), "sha256"), digest(self.shipped.weights, "sha256")]
        if of != DEFAULT.scaling:
            parts += [repr(of), inspect.getsource(scaling)]
        return " ".join(parts)


def networks(models: Iterable[str]) -> dict[str, Networks]:
    """Fetch and rewrite networks as the site's build does, unless the cache holds them."""
    known, cache = choose(read_models(), models), Cache.default()
    files = fetch_all([model.published for model in known], cache, offline=False)
    return {
        model.id: Networks(
            model.spec, files[model.published.name], prepare(model, files[model.published.name], cache.root)
        )
        for model in known
    }


def fill(
    folder: Path, nets: Mapping[str, Networks], variants: Mapping[str, Variant], samples: Iterable[Sample]
) -> MapFiles:
    """Run networks wherever the folder lacks a map; returns where each one is."""
    folder.mkdir(parents=True, exist_ok=True)
    samples, files = list(samples), {}
    for model, net in nets.items():
        for name, variant in variants.items():
            measured = [sample for sample in samples if variant.measured(model, sample.set)]
            before = len(list(folder.iterdir()))
            identity = net.identity(variant.recipe.scaling)
            for sample in measured:
                file = _fill_one(folder, net, identity, variant, sample)
                files[model, name, sample.set, sample.stem] = file
            made = len(list(folder.iterdir())) - before
            print(f"maps: {model}, {name}: {made} made, {len(measured) - made} kept", flush=True)
        net._sessions.clear()
    return files


def read(file: Path) -> Levels:
    """Read a map: uint8, shape (h, w)."""
    with Image.open(file) as image:
        return np.asarray(image)


def crop_of(variant: Variant, truth: Levels) -> Crop | None:
    """Return what is taken of the photo if the user draws the box of the true mask; None for all of it."""
    if not variant.boxed:
        return None
    size = (truth.shape[1], truth.shape[0])
    subject = Image.fromarray(truth).point(lambda level: 255 * (level >= SUBJECT)).getbbox()
    return crop_around(subject or (0, 0, *size), size)


def seen(photo: Photo, crop: Crop | None, variant: Variant, spec: ModelSpec) -> Levels:
    """Make what the network sees: uint8, shape (h, w, 3)."""
    part = photo if crop is None else photo.part(crop.seen)
    return np.asarray(network_input(part, spec, variant.recipe.resampling.shrink)[0])


def _fill_one(folder: Path, net: Networks, identity: str, variant: Variant, sample: Sample) -> Path:
    pixels = seen(sample.photo(), crop_of(variant, sample.truth()), variant, net.spec)
    file = folder / f"{hashlib.sha256(identity.encode() + pixels.tobytes()).hexdigest()[:32]}.png"
    if not file.exists():
        levels = asyncio.run(net.session(variant.recipe.scaling).run(np.ascontiguousarray(pixels)[None]))
        unfinished = file.with_suffix(".part")
        Image.fromarray(levels).save(unfinished, "PNG", compress_level=1)
        unfinished.replace(file)
    return file


def _opened(published: Path) -> FloatNetwork:
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(published), options, ["CPUExecutionProvider"])
    name, outputs = session.get_inputs()[0].name, [session.get_outputs()[0].name]
    return lambda pixels: np.asarray(session.run(outputs, {name: pixels})[0], np.float32)
