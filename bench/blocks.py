"""How the blocks of coarse JPEGs show in alpha, and what it costs to weigh models against their noise.

    python -m bench.blocks --data FOLDER [--half choose|report] [--variances 0.01,0.03,0.1] [--quality 75]

The photos with true alpha are finely written: they are written anew, as coarsely as the web's photos are, and
the networks see them so. Those with masks are such JPEGs already. All is compared with not weighing at all.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from alphacut.edges import DEFAULT as PRESENT
from alphacut.edges import Guide
from alphacut.image import decode
from alphacut.mask import alpha_of
from alphacut.models import ModelSpec
from alphacut.recipe import DEFAULT
from alphacut.store.cache import Cache
from bench import maps
from bench.bootstrap import HALVES, half_of
from bench.choose import KINDS, measured, table
from bench.datasets import Sample, read_sets
from bench.metrics import Levels
from bench.tables import markdown
from bench.variants import Variant

BLOCKS = (8, 16)
"""Sides in pixels: of a JPEG's blocks, and of those of chroma where it is halved."""


def steps(alpha: Levels, side: int = BLOCKS[0]) -> float:
    """Say how much steeper alpha is across the borders of blocks than inside: 1 where no block shows.

    Parameters
    ----------
    alpha : ndarray
        uint8, shape (height, width), of a photo that is stored upright.
    side : int
        Of the blocks, in pixels.

    Returns
    -------
    float
        Mean difference of neighbours that are both soft across borders, over that between the other columns
        and rows but for those beside the border; nan where too little is soft.
    """
    ratios = []
    for levels in (alpha.astype(np.float64), alpha.T.astype(np.float64)):
        soft = (levels > 0) & (levels < 255)
        both, slope = soft[:, 1:] & soft[:, :-1], np.abs(np.diff(levels, axis=1))
        column = np.arange(1, levels.shape[1]) % side
        at, inside = (
            slope[:, which][both[:, which]] for which in (column == 0, (column > 1) & (column < side - 1))
        )
        if not at.size or not inside.any():
            return math.nan
        ratios.append(at.mean() / inside.mean())
    return float(np.mean(ratios))


def rewrite(data: Path, folder: Path, quality: int) -> None:
    """Copy the sets with true alpha, their photos as JPEGs of a quality with half the chroma each way."""
    for name in KINDS["alpha"]:
        (folder / name / "im").mkdir(parents=True)
        shutil.copytree(data / name / "gt", folder / name / "gt")
        for file in sorted((data / name / "im").iterdir()):
            photo = decode(file.read_bytes())
            photo.rgb.save(
                folder / name / "im" / f"{file.stem}.jpg", quality=quality, subsampling="4:2:0",
                icc_profile=photo.icc_profile,
            )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables as the command line says."""
    options = _parse(arguments)
    # `table` compares with the one of this name.
    tried = {"present": replace(PRESENT, map_variance=math.inf)}
    tried |= {f"{variance:g}": replace(PRESENT, map_variance=variance) for variance in options.variances}
    with tempfile.TemporaryDirectory() as folder:
        rewrite(options.data, Path(folder), options.quality)
        groups = [*read_sets(Path(folder)).values(), *read_sets(options.data, list(KINDS["binary"])).values()]
        samples = [each for group in groups for each in group if half_of(each.stem) == options.half]
        rows = measured(options.models, options.maps, samples, tried)
        print(f"\nThe half to {options.half}, {len(samples)} photos, quality {options.quality}\n")
        print(table(rows, tried))
        for each in _steps_tables(options, samples, tried):
            print(each)
    return 0


def _steps_tables(
    options: argparse.Namespace, samples: Sequence[Sample], tried: Mapping[str, Guide]
) -> Iterator[str]:
    """Lay out how steep steps are, for each side of blocks a table: means over photos."""
    networks = maps.networks(options.models)
    files = maps.fill(options.maps, networks, {"": Variant()}, samples)
    jobs = [
        (model, sample, network.spec, files[model, "", sample.set, sample.stem])
        for model, network in networks.items()
        for sample in samples
    ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(partial(_steps_of, tried=tried), *zip(*(job[1:] for job in jobs), strict=True)))
    for side in BLOCKS:
        groups: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for (model, sample, *_), ratios in zip(jobs, found, strict=True):
            for name in ratios:
                groups[name, kind_of(sample), model].append(ratios[name][side])
        columns = [(kind, model) for kind in KINDS for model in networks]
        body = [
            [
                "not weighed" if name == "present" else name,
                *(_mean(groups[name, *column]) for column in columns),
            ]
            for name in ("network's map", *tried)
        ]
        yield f"\nSteps at blocks of {side} pixels\n\n" + markdown(
            ["candidate", *(", ".join(column) for column in columns)], body
        )


def _mean(ratios: Sequence[float]) -> str:
    return f"{statistics.fmean(ratio for ratio in ratios if not math.isnan(ratio)):.3f}"


def kind_of(sample: Sample) -> str:
    """Whether a photo's truth is alpha or a mask."""
    return next(kind for kind, sets in KINDS.items() if sample.set in sets)


def _steps_of(
    sample: Sample, spec: ModelSpec, file: Path, tried: Mapping[str, Guide]
) -> dict[str, dict[int, float]]:
    photo, levels = sample.photo(), maps.read(file)
    seen = maps.seen(photo, None, Variant(), spec)
    found = {}
    for name, guide in {"network's map": None, **tried}.items():
        recipe = replace(DEFAULT, edges=guide)
        alpha = np.asarray(alpha_of(levels, photo.rgb, seen, recipe, photo.noise))
        found[name] = {side: steps(alpha, side) for side in BLOCKS}
    return found


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    made = argparse.ArgumentParser(prog="python -m bench.blocks", description="Measure blocks in alpha.")
    made.add_argument("--data", type=Path, required=True, help="folder of the sets")
    made.add_argument("--models", type=lambda text: text.split(","), default=["u2netp", "isnet"])
    made.add_argument("--maps", type=Path, default=Cache.default().root / "quality", help="kept maps")
    made.add_argument("--half", choices=HALVES, default="choose")
    made.add_argument(
        "--variances",
        type=lambda text: [float(each) for each in text.split(",")],
        default=[PRESENT.map_variance],
        help="of the map, each compared with not weighing",
    )
    made.add_argument("--quality", type=int, default=75, help="of the photos with true alpha")
    return made.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
