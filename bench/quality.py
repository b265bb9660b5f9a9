"""Measures what the cutouts are worth on photographs with ground truth.

    python -m bench.quality --data FOLDER [--models u2netp,isnet] [--sets ...] [--recipes ...]
                            [--maps FOLDER] [--machine NAME]

FOLDER holds a folder each set: im/, gt/ and, where true colours are known, fg/. What is measured is in
bench.variants, how in bench.metrics and bench.composite. The networks' maps are kept in --maps, so that a
second run takes minutes. Prints tables; writes contact sheets (ten worst, ten best) to dist/quality, and with
--machine bench/results/quality.json.
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from alphacut.models import ModelSpec
from alphacut.store.cache import Cache
from bench import maps, sheets, undecided
from bench.bootstrap import HALVES, half_of
from bench.datasets import Sample, read_sets
from bench.harness import RESULTS, ROOT
from bench.maps import MapFiles
from bench.quality_tables import comparison_table, composite_table, figures_table
from bench.scoring import Row, comparisons, composites, cut_out, file_of, grouped, score, summarise
from bench.variants import SLOW, VARIANTS, Variant

SHEETS = ROOT / "dist" / "quality"
SHOWN = 10

Specs = Mapping[str, ModelSpec]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    options = _parse(arguments)
    sets = read_sets(options.data, options.sets)
    samples = [sample for group in sets.values() for sample in group]
    variants = {name: (VARIANTS | SLOW)[name] for name in options.recipes}
    networks = maps.networks(options.models)
    files = maps.fill(options.maps, networks, variants, samples)
    specs = {model: network.spec for model, network in networks.items()}
    rows = measure(samples, variants, specs, files)
    results = to_tables(rows, variants)
    report(rows, results)
    draw_sheets(samples, rows, variants, specs, files)
    if options.machine:
        write(options.machine, results)
    return 0


def measure(
    samples: Sequence[Sample], variants: Mapping[str, Variant], specs: Specs, files: MapFiles
) -> list[Row]:
    """Score every photo, in as many processes as there are cores."""
    largest_first = sorted(samples, key=lambda sample: -sample.photo_file.stat().st_size)
    # Not forked: the networks' threads would be missing in the copies.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        scored = pool.map(partial(score, variants=variants, specs=specs, files=files), largest_first)
        return sorted((row for rows in scored for row in rows), key=lambda row: (row.set, row.stem))


def to_tables(rows: Sequence[Row], variants: Mapping[str, Variant]) -> dict[str, Any]:
    """Make what the results file holds beside its head."""
    return {
        "results": summarise(rows),
        "composites": composites(rows),
        "comparisons": comparisons(rows, variants),
    }


def report(rows: Sequence[Row], results: Mapping[str, Any]) -> None:
    """Print everything; halves too, because what is chosen on one is to be reported on the other."""
    print("\nAll photos\n" + figures_table(results["results"]))
    for half in HALVES:
        of_half = [row for row in rows if half_of(row.stem) == half]
        print(f"\nHalf to {half}\n" + figures_table(summarise(of_half)))
    print("\nComposites, levels of 255\n" + composite_table(results["composites"]))
    for part in ("all", *HALVES):
        chosen = [comparison for comparison in results["comparisons"] if comparison["half"] == part]
        print(f"\nCompared: {part}, 95% intervals\n" + comparison_table(chosen))
    print("\nUndecided pixels of the map, as a share of those that are not background")
    by_default = [row for row in rows if row.recipe == "default"]
    for names in [(set_, model) for set_, model, _ in grouped(by_default)]:
        _say_undecided(", ".join(names), [row for row in by_default if (row.set, row.model) == names])
    for model in sorted({row.model for row in by_default}):
        _say_undecided(f"all sets, {model}", [row for row in by_default if row.model == model])


def _say_undecided(which: str, rows: Sequence[Row]) -> None:
    figures = [(row.undecided, row.figures["iou"]) for row in rows]
    print("\n".join([f"{which}:", *undecided.lines(figures)]))


def draw_sheets(
    samples: Sequence[Sample],
    rows: Sequence[Row],
    variants: Mapping[str, Variant],
    specs: Specs,
    files: MapFiles,
) -> None:
    """Write the ten worst and the ten best photos of the default by set and network, by IoU."""
    SHEETS.mkdir(parents=True, exist_ok=True)
    by_name = {(sample.set, sample.stem): sample for sample in samples}
    for (set_, model, recipe), group in grouped(rows).items():
        if recipe != "default":
            continue
        by_iou = sorted(group, key=lambda row: row.figures["iou"])
        for name, some in {"worst": by_iou[:SHOWN], "best": by_iou[::-1][:SHOWN]}.items():
            entries = [
                _shown(by_name[row.set, row.stem], row, variants[recipe], specs[model], files) for row in some
            ]
            sheets.sheet(entries).save(SHEETS / f"{set_}-{model}-{name}.png")
    print(f"written: contact sheets in {SHEETS.relative_to(ROOT)}")


def _shown(sample: Sample, row: Row, variant: Variant, spec: ModelSpec, files: MapFiles) -> sheets.Shown:
    photo, truth = sample.photo(), sample.truth()
    crop = maps.crop_of(variant, truth)
    seen = maps.seen(photo, crop, variant, spec)
    cut = cut_out(photo, maps.read(file_of(files, row)), seen, variant, crop)
    figures = ", ".join(f"{name} {row.figures[name]:.3f}" for name in ("iou", "boundary_f", "mae"))
    return sheets.Shown(f"{sample.stem}: {figures}", photo.rgb, truth, cut)


def write(machine: str, results: Mapping[str, Any]) -> None:
    """Write bench/results/quality.json, a result a line."""
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    head = {"bench": "quality", "machine": machine, "title": "photographs with ground truth", "date": date}
    lists = (
        f' "{name}": [\n  ' + ",\n  ".join(json.dumps(entry) for entry in entries) + "\n ]"
        for name, entries in results.items()
    )
    facts = (f' "{name}": {json.dumps(value)}' for name, value in head.items())
    path = RESULTS / "quality.json"
    path.write_text("{\n" + ",\n".join([*facts, *lists]) + "\n}\n", "utf-8")
    print(f"written: {path.relative_to(ROOT)}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return text.split(",")

    made = argparse.ArgumentParser(prog="python -m bench.quality", description="Measure the cutouts.")
    made.add_argument("--data", type=Path, required=True, help="folder of the sets")
    made.add_argument("--sets", type=names, help="comma-separated; without it all")
    made.add_argument("--models", type=names, default=["u2netp", "isnet"], help="comma-separated")
    made.add_argument(
        "--recipes", type=names, default=list(VARIANTS), help="comma-separated names of variants"
    )
    made.add_argument("--maps", type=Path, default=Cache.default().root / "quality", help="kept maps")
    made.add_argument("--machine", default="", help="name for the results file; without it none is written")
    options = made.parse_args(arguments)
    if unknown := set(options.recipes) - set(VARIANTS | SLOW):
        made.error(f"no variant {', '.join(sorted(unknown))}; there are {', '.join(VARIANTS | SLOW)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
