"""How the blocks of coarse JPEGs show in alpha, and what it costs to weigh models against their noise.

    python -m bench.blocks --data FOLDER [--half choose|report] [--doubts 0.01,0.03,0.1] [--quality 75]

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
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from alphacut.edges import DEFAULT as PRESENT
from alphacut.edges import Guide
from alphacut.mask import alpha_of
from alphacut.recipe import DEFAULT
from bench import maps
from bench.bootstrap import HALVES, half_of
from bench.choose import KINDS, measured, table
from bench.datasets import Sample, read_sets
from bench.metrics import Levels
from bench.tables import markdown
from bench.variants import Variant
from tools.cache import Cache

BLOCK = 8
"""Side of a JPEG's blocks in pixels."""


def steps(alpha: Levels) -> float:
    """Say how much steeper alpha is across the borders of blocks than inside: 1 where no block shows.

    Parameters
    ----------
    alpha : ndarray
        uint8, shape (height, width), of a photo that is stored upright.

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
        column = np.arange(1, levels.shape[1]) % BLOCK
        at, inside = (
            slope[:, which][both[:, which]] for which in (column == 0, (column > 1) & (column < BLOCK - 1))
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
            with Image.open(file) as image:
                image.convert("RGB").save(
                    folder / name / "im" / f"{file.stem}.jpg", quality=quality, subsampling="4:2:0"
                )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables as the command line says."""
    options = _parse(arguments)
    tried = {"present": replace(PRESENT, doubt=math.inf)}
    tried |= {f"doubt {doubt:g}": replace(PRESENT, doubt=doubt) for doubt in options.doubts}
    with tempfile.TemporaryDirectory() as folder:
        rewrite(options.data, Path(folder), options.quality)
        groups = [*read_sets(Path(folder)).values(), *read_sets(options.data, list(KINDS["binary"])).values()]
        samples = [each for group in groups for each in group if half_of(each.stem) == options.half]
        rows = measured(options.models, options.maps, samples, tried)
        print(f"\nThe half to {options.half}, {len(samples)} photos, quality {options.quality}\n")
        print(table(rows, tried))
        print(f"\nSteps at blocks\n\n{_steps_table(options, samples, tried)}")
    return 0


def _steps_table(options: argparse.Namespace, samples: Sequence[Sample], tried: dict[str, Guide]) -> str:
    networks = maps.networks(options.models)
    sighted = Variant(recipe=replace(DEFAULT, colours=False))
    files = maps.fill(options.maps, networks, {"present": sighted}, samples)
    jobs = [
        (sample, files[model, "present", sample.set, sample.stem], network.spec, tried)
        for model, network in networks.items()
        for sample in samples
    ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(_steps_of, *zip(*jobs, strict=True)))
    head = ["candidate", *(f"{kind}, {model}" for kind in KINDS for model in networks)]
    body = []
    for name in ("network's map", *tried):
        cells = []
        for kind in KINDS:
            for network in networks.values():
                ratios = [
                    ratio[name]
                    for ratio, (sample, _, spec, _) in zip(found, jobs, strict=True)
                    if sample.set in KINDS[kind] and spec is network.spec and not math.isnan(ratio[name])
                ]
                cells.append(f"{statistics.fmean(ratios):.3f}")
        body.append(["not weighed" if name == "present" else name, *cells])
    return markdown(head, body)


def _steps_of(sample: Sample, file: Path, spec: object, tried: dict[str, Guide]) -> dict[str, float]:
    photo, levels = sample.photo(), maps.read(file)
    seen = maps.seen(photo, None, Variant(), spec)  # type: ignore[arg-type]
    guides = {"network's map": None, **tried}
    return {
        name: steps(np.asarray(alpha_of(levels, photo.rgb, seen, replace(DEFAULT, edges=guide), photo.noise)))
        for name, guide in guides.items()
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    made = argparse.ArgumentParser(prog="python -m bench.blocks", description="Measure blocks in alpha.")
    made.add_argument("--data", type=Path, required=True, help="folder of the sets")
    made.add_argument("--models", type=lambda text: text.split(","), default=["u2netp", "isnet"])
    made.add_argument("--maps", type=Path, default=Cache.default().root / "quality", help="kept maps")
    made.add_argument("--half", choices=HALVES, default="choose")
    made.add_argument(
        "--doubts", type=lambda text: [float(each) for each in text.split(",")], default=[PRESENT.doubt]
    )
    made.add_argument("--quality", type=int, default=75, help="of the photos with true alpha")
    return made.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
