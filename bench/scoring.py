"""From photos and maps to figures: every variant on one photo, then means over a set, then comparisons."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from alphacut.image import Photo
from alphacut.mask import placed, times
from alphacut.models import ModelSpec
from alphacut.notes import undecided
from alphacut.region import Crop
from bench import maps, metrics
from bench.bootstrap import HALVES, compare, half_of
from bench.composite import composite_errors
from bench.datasets import Sample
from bench.maps import MapFiles
from bench.metrics import Curve, Levels
from bench.variants import Variant

COMPARED = ("mae", "iou", "boundary_f", "mse", "grad", "composite_error")
Errors = dict[str, float]


@dataclass(frozen=True)
class Row:
    """What one variant got on one photo.

    Attributes
    ----------
    figures : dict
        `metrics.of_photo`.
    ms : float
        Milliseconds of what comes after the network: mask and colours.
    composite, with_truth : dict or None
        `composite_errors` with the alpha that was found, and with the true one; None without true colours.
    undecided : float
        See `alphacut.notes.undecided`.
    """

    set: str
    model: str
    recipe: str
    stem: str
    figures: Errors
    curve: Curve
    ms: float
    undecided: float
    composite: Errors | None = None
    with_truth: Errors | None = None

    @property
    def compared(self) -> Errors:
        """The figures that comparisons are made of."""
        known = (
            self.figures
            if self.composite is None
            else {**self.figures, "composite_error": self.composite["mean"]}
        )
        return {name: known[name] for name in COMPARED if name in known}


@dataclass(frozen=True)
class Cut:
    """A cutout before it is put together: colours (RGB) and alpha (L)."""

    rgb: Image.Image
    alpha: Image.Image


def score(
    sample: Sample, variants: Mapping[str, Variant], specs: Mapping[str, ModelSpec], files: MapFiles
) -> list[Row]:
    """Measure every variant for which there is a map of this photo; `specs` describe the networks."""
    photo, truth, colours = sample.photo(), sample.truth(), sample.foreground()
    with_truth = _with_truth(photo, truth, colours, variants)
    rows = []
    for (model, recipe, set_, stem), file in files.items():
        if (set_, stem) != (sample.set, sample.stem):
            continue
        variant, levels = variants[recipe], maps.read(file)
        crop = maps.crop_of(variant, truth)
        seen = maps.seen(photo, crop, variant, specs[model])
        began = time.perf_counter()
        cut = cut_out(photo, levels, seen, variant, crop)
        ms = 1000 * (time.perf_counter() - began)
        found = np.asarray(cut.alpha)
        composite = None if colours is None else composite_errors(np.asarray(cut.rgb), found, colours, truth)
        rows.append(Row(
            set_, model, recipe, stem, metrics.of_photo(found, truth), metrics.curve(found, truth),
            ms, undecided(levels), composite, with_truth.get(recipe),
        ))  # fmt: skip
    return rows


def cut_out(photo: Photo, levels: Levels, seen: Levels, variant: Variant, crop: Crop | None) -> Cut:
    """Do what comes after the network, which has `seen` what the crop says, or all of the photo."""
    part = photo if crop is None else photo.part(crop.seen)
    alpha = variant.alpha(levels, part, seen)
    if crop is not None:
        alpha = placed(crop.alpha(alpha), crop.kept, photo.size)
    alpha = times(alpha, photo.alpha)
    return Cut(variant.colours(photo.rgb.copy(), alpha), alpha)


def _with_truth(
    photo: Photo, truth: Levels, colours: Levels | None, variants: Mapping[str, Variant]
) -> dict[str, Errors]:
    """Errors of the composite by variant, where alpha is the true one and only colours are found."""
    if colours is None:
        return {}
    alpha, errors = Image.fromarray(truth), {}
    for step in {(variant.colour, variant.recipe.colours): variant for variant in variants.values()}.values():
        cleaned = np.asarray(step.colours(photo.rgb.copy(), alpha))
        errors[step.colour, step.recipe.colours] = composite_errors(cleaned, truth, colours, truth)
    return {name: errors[variant.colour, variant.recipe.colours] for name, variant in variants.items()}


def grouped(rows: Iterable[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """Rows by set, network and variant."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.set, row.model, row.recipe].append(row)
    return dict(sorted(groups.items(), key=lambda group: group[0][:2]))


def summarise(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Means over each set, as results/quality.json holds them."""
    return [
        {"set": set_, "model": model, "recipe": recipe, **_means(group)}
        for (set_, model, recipe), group in grouped(rows).items()
    ]


def _means(rows: Sequence[Row]) -> dict[str, Any]:
    figures = {name: statistics.fmean(row.figures[name] for row in rows) for name in rows[0].figures}
    composites = [row.composite["mean"] for row in rows if row.composite is not None]
    means = {
        "mae": figures["mae"], "max_f": metrics.max_f([row.curve for row in rows]),
        **{name: figures[name] for name in ("iou", "boundary_f", "sad", "mse", "grad")},
        "composite_error": statistics.fmean(composites) if composites else None,
        "ms": statistics.median(row.ms for row in rows),
    }  # fmt: skip
    return {"n": len(rows), **{name: _rounded(value) for name, value in means.items()}}


def composites(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Errors on each new background, with found and with true alpha, where true colours are known."""
    found = []
    for (set_, model, recipe), group in grouped(rows).items():
        for alpha in ("found", "true"):
            errors = [e for row in group if (e := row.composite if alpha == "found" else row.with_truth)]
            if errors:
                means = {name: _rounded(statistics.fmean(e[name] for e in errors)) for name in errors[0]}
                found.append({"set": set_, "model": model, "recipe": recipe, "alpha": alpha, **means})
    return found


def comparisons(rows: Sequence[Row], variants: Mapping[str, Variant]) -> list[dict[str, Any]]:
    """Each variant against those that it names: all photos, and each half of them."""
    groups = grouped(rows)
    return [
        {"set": set_, "model": model, "recipe": recipe, "against": other, "half": half, **figures}
        for (set_, model, recipe), group in groups.items()
        for other in variants[recipe].against
        if (set_, model, other) in groups
        for half in ("all", *HALVES)
        if (figures := _compared(group, groups[set_, model, other], half))
    ]


def _compared(rows: Sequence[Row], others: Sequence[Row], half: str) -> dict[str, Any]:
    ours, theirs = (
        {row.stem: row.compared for row in some if half in ("all", half_of(row.stem))}
        for some in (rows, others)
    )
    names = next(iter(ours.values()), {})
    return {
        name: compare(
            {stem: figures[name] for stem, figures in ours.items()},
            {stem: figures[name] for stem, figures in theirs.items()},
        ).to_table()
        for name in names
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def file_of(files: MapFiles, row: Row) -> Path:
    """Return the map that a row was made from."""
    return files[row.model, row.recipe, row.set, row.stem]
