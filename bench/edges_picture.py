"""Draws docs/edges.png: edges zoomed in, before and after, on magenta and on white.

python -m bench.edges_picture [--before plain] [--after default] [--model u2netp] [--out docs/edges.png]

Both are names of bench.variants. The photos are free to publish: two samples of the site, and the one that
SciPy used to carry, which has fur against leaves and more pixels.
"""

from __future__ import annotations

import argparse
import asyncio
import bz2
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from alphacut.image import Photo, decode
from alphacut.store.fetch import Cache, Part, fetch_all, parse_source
from alphacut.tiles import Box
from bench import maps
from bench.metrics import Levels
from bench.scoring import cut_out
from bench.sheets import MAGENTA, over
from bench.variants import VARIANTS, Variant
from tools.catalog import ROOT, read_catalog

WHITE = (255, 255, 255)
Run = Callable[[Photo, Variant], tuple[Levels, Levels]]
ZOOM, SIDE = 3, 84  # pixels of the photo that a crop shows each way
_GAP, _LINE, _TEXT = 6, 22, 14

RACCOON = Part(
    "face.dat", "9d8b0b4d081313e2b485748c770472e5a95ed1738146883d84c7030493e82886", 1_581_821,
    (
        parse_source({"url": "https://raw.githubusercontent.com/scipy/dataset-face/main/face.dat"}),
        parse_source({
            "pypi": "scipy==1.9.3", "member": "scipy/misc/face.dat",
            "python": "3.11", "platform": "manylinux2014_x86_64",
        }),
    ),
)  # fmt: skip
"""Public domain (scipy.datasets.face): bzip2 of the samples, 768 rows of 1024."""


@dataclass(frozen=True)
class Edge:
    """An edge worth a look: a photo, and the top left corner of the square that is shown."""

    title: str
    photo: str
    left: int
    top: int

    @property
    def box(self) -> Box:
        """The square in the photo."""
        return self.left, self.top, self.left + SIDE, self.top + SIDE


EDGES = (
    Edge("hair", "astronaut.png", 246, 30),
    Edge("fur", "face.dat", 880, 230),
    Edge("product", "coffee.png", 352, 52),
)


def picture(
    edges: Sequence[Edge],
    photos: Mapping[str, Photo],
    variants: Mapping[str, Variant],
    run: Run,
) -> Image.Image:
    """Lay out a row an edge: the photo, then each variant on magenta, then each on white.

    Parameters
    ----------
    variants : dict
        By the words that stand above them.
    run : callable
        From photo and variant to the network's map, and what the network saw.
    """
    heads = ["photo", *(f"{name}, on {ground}" for ground in ("magenta", "white") for name in variants)]
    cell = ZOOM * SIDE
    made = Image.new("RGB", (len(heads) * (cell + _GAP) - _GAP, _LINE + len(edges) * (cell + _GAP)), WHITE)
    draw = ImageDraw.Draw(made)
    for column, head in enumerate(heads):
        draw.text((column * (cell + _GAP), 2), head, "black", ImageFont.load_default(_TEXT))
    for row, edge in enumerate(edges):
        for column, shown in enumerate(_row(edge, photos[edge.photo], list(variants.values()), run)):
            zoomed = shown.crop(edge.box).resize((cell, cell), Image.Resampling.NEAREST)
            made.paste(zoomed, (column * (cell + _GAP), _LINE + row * (cell + _GAP)))
    return made


def _row(edge: Edge, photo: Photo, variants: Sequence[Variant], run: Run) -> list[Image.Image]:
    cuts = [cut_out(photo, *run(photo, variant), variant, None) for variant in variants]
    return [photo.rgb, *(over(cut, ground) for ground in (MAGENTA, WHITE) for cut in cuts)]


def photos_of(edges: Sequence[Edge]) -> dict[str, Photo]:
    """Fetch and decode the photos of edges."""
    parts = {**read_catalog().components["scikit-image"].files, RACCOON.name: RACCOON}
    names = {edge.photo for edge in edges}
    files = fetch_all([parts[name] for name in names], Cache.default(), offline=False)
    return {
        name: _opened(files[name]) if name == RACCOON.name else decode(files[name].read_bytes())
        for name in names
    }


def _opened(raccoon: Path) -> Photo:
    samples = bz2.decompress(raccoon.read_bytes())
    return Photo(Image.frombytes("RGB", (1024, 768), samples), None, "RAW")


def _run(photo: Photo, variant: Variant, network: maps.Networks) -> tuple[Levels, Levels]:
    seen = maps.seen(photo, None, variant, network.spec)
    levels = asyncio.run(network.session(variant.recipe.scaling).run(np.ascontiguousarray(seen)[None]))
    return levels, seen


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m bench.edges_picture", description="Draw docs/edges.png.")
    parser.add_argument("--before", choices=list(VARIANTS), default="plain")
    parser.add_argument("--after", choices=list(VARIANTS), default="default")
    parser.add_argument("--model", default="u2netp")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "edges.png")
    options = parser.parse_args(arguments)
    (network,) = maps.networks([options.model]).values()
    variants = {"before": VARIANTS[options.before], "after": VARIANTS[options.after]}
    made = picture(EDGES, photos_of(EDGES), variants, partial(_run, network=network))
    made.save(options.out, optimize=True)
    print(f"written: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
