"""Chooses the values of `alphacut.edges.Guide` by photographs with ground truth, on the half "choose" only.

    python -m bench.choose --data FOLDER [--models u2netp,isnet] [--maps FOLDER] [--rounds 3]

The rule, written down before it was first run. Around the present values one at a time is changed. A
candidate wins if, paired, with 95% bootstrap intervals over subjects, photos of both networks together,

1. on the sets with true alpha boundary F is better, or the gradient error is less, clear of zero;
2. both networks agree in the sign of that gain;
3. no measure, on these sets or on the binary ones, is worse, clear of zero.

Of the winners the one that gains most boundary F on the sets with true alpha becomes the present one, and
its neighbours are tried. Where none wins, the present values stay: ties are theirs. The half "report" is not
read here; bench.quality reports it.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from alphacut.edges import DEFAULT as PRESENT
from alphacut.edges import Guide
from alphacut.recipe import DEFAULT
from alphacut.store.cache import Cache
from bench import maps
from bench.bootstrap import Comparison, compare, half_of
from bench.datasets import Sample, read_sets
from bench.quality import measure
from bench.quality_tables import COMPARED, change
from bench.scoring import Row
from bench.tables import markdown
from bench.variants import Variant

KINDS = {"alpha": ("am_lowres", "am_comp"), "binary": ("ccp_person", "davis2016val")}
"""Sets with true alpha, and with masks; those of fewer than five subjects take no part."""
MEASURES = ("iou", "boundary_f", "mae", "mse", "grad")
_MORE_IS_BETTER = ("iou", "boundary_f")
_GAINS = ("boundary_f", "grad")

NEIGHBOURS: Mapping[str, Callable[[Guide], Sequence[Mapping[str, Any]]]] = {
    "side": lambda now: [{"side": now.side * 3 // 4}, {"side": now.side * 3 // 2}],
    "radius": lambda now: [{"radius": now.radius + step} for step in (-2, -1, 2, 4)],
    "epsilon": lambda now: [{"epsilon": now.epsilon * factor} for factor in (0.1, 0.3, 3, 10)],
    "least": lambda now: [{"least": now.least * factor} for factor in (0.2, 0.5, 2, 4)],
    "ends": lambda now: [{"ends": now.ends * 2}, {"ends": now.ends * 4}, {"ends": now.ends // 2}],
    "ramp": lambda now: [{"ramp": now.ramp * 2}, {"ramp": now.ramp * 4}, {"ramp": now.ramp // 2}],
    "map_variance": lambda now: [
        {"map_variance": now.map_variance * factor} for factor in (0.3, 3, math.inf)
    ],
    "crisp, soft": lambda now: [
        {"crisp": low, "soft": high}
        for low, high in ((-2, -1), (0, 0.1), (0, 0.2), (0.05, 0.1), (0.05, 0.3), (0.1, 0.2), (0.1, 0.3))
    ],
}
"""What is tried around the present values; crisp -2 and soft -1: the fitted alpha counts everywhere."""

Measured = Callable[[Mapping[str, Guide]], Sequence[Row]]
"""From candidates by name to what they got on each photo of the half to choose by."""
Pooled = Mapping[str, Comparison]
"""Comparisons by measure."""


def candidates(now: Guide) -> dict[str, Guide]:
    """Return the present values, named "present", and all that are tried around them, by what they change."""
    changes = [change for of in NEIGHBOURS.values() for change in of(now)]
    named = {", ".join(f"{name} {value:g}" for name, value in each.items()): each for each in changes}
    return {"present": now, **{name: replace(now, **each) for name, each in named.items()}}


def pooled(rows: Sequence[Row], name: str, kind: str, model: str | None = None) -> Pooled:
    """Compare a candidate with the present values on the sets of a kind; None: both networks together.

    The stems are given set and network, so that all photos of a subject still are drawn together.
    """
    of = {
        recipe: {
            f"{row.stem}_{row.set}_{row.model}": row.figures
            for row in rows
            if row.recipe == recipe and row.set in KINDS[kind] and model in (None, row.model)
        }
        for recipe in (name, "present")
    }
    return {
        figure: compare(*({stem: figures[figure] for stem, figures in each.items()} for each in of.values()))
        for figure in MEASURES
    }


def gain(measure: str, comparison: Comparison) -> tuple[float, float, float]:
    """Return the difference and the ends of its interval, turned so that more is better."""
    of = comparison.difference
    value, low, high = (
        of.value,
        of.value if of.low is None else of.low,
        of.value if of.high is None else of.high,
    )
    return (value, low, high) if measure in _MORE_IS_BETTER else (-value, -high, -low)


def wins(rows: Sequence[Row], name: str) -> bool:
    """Apply the rule above."""
    kinds = {kind: pooled(rows, name, kind) for kind in KINDS}
    if any(gain(measure, one)[2] < 0 for of in kinds.values() for measure, one in of.items()):
        return False
    by_network = [pooled(rows, name, "alpha", model) for model in sorted({row.model for row in rows})]
    return any(
        gain(measure, kinds["alpha"][measure])[1] > 0
        and all(gain(measure, of[measure])[0] > 0 for of in by_network)
        for measure in _GAINS
    )


def table(rows: Sequence[Row], tried: Mapping[str, Guide]) -> str:
    """Lay out every candidate against the present values."""
    head = ["candidate", *(f"{kind}: {COMPARED[measure]}" for kind in KINDS for measure in MEASURES), ""]
    body = []
    for name in tried:
        if name != "present":
            entries = [
                {measure: one.to_table() for measure, one in pooled(rows, name, kind).items()}
                for kind in KINDS
            ]
            cells = [change(measure, entry) for entry in entries for measure in MEASURES]
            body.append([name, *cells, "wins" if wins(rows, name) else ""])
    return markdown(head, body)


def choose(measured: Measured, rounds: int, now: Guide = PRESENT) -> Guide:
    """Follow the rule until nothing wins, at most so many rounds; prints each round's table."""
    for number in range(1, rounds + 1):
        tried = candidates(now)
        rows = measured(tried)
        print(f"\nRound {number}, around {now}\n\n{table(rows, tried)}", flush=True)
        winners = [name for name in tried if name != "present" and wins(rows, name)]
        if not winners:
            break
        now = tried[max(winners, key=lambda name: pooled(rows, name, "alpha")["boundary_f"].difference.value)]
    return now


def main(arguments: Sequence[str] | None = None) -> int:
    """Choose as the command line says."""
    options = _parse(arguments)
    sets = read_sets(options.data, [name for names in KINDS.values() for name in names])
    samples = [sample for group in sets.values() for sample in group if half_of(sample.stem) == "choose"]
    chosen = choose(partial(measured, options.models, options.maps, samples), options.rounds)
    print(f"\nOf {len(samples)} photos, chosen: {chosen}")
    return 0


def measured(
    models: Sequence[str], folder: Path, samples: Sequence[Sample], tried: Mapping[str, Guide]
) -> list[Row]:
    """Score candidates on photos; `folder` keeps the networks' maps."""
    variants = {
        name: Variant(recipe=replace(DEFAULT, edges=guide, colours=False)) for name, guide in tried.items()
    }
    networks = maps.networks(models)
    made = maps.fill(folder, networks, {"present": variants["present"]}, samples)
    files = {
        (model, name, set_, stem): file for name in tried for (model, _, set_, stem), file in made.items()
    }
    return measure(samples, variants, {model: network.spec for model, network in networks.items()}, files)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    made = argparse.ArgumentParser(prog="python -m bench.choose", description="Choose the edges' values.")
    made.add_argument("--data", type=Path, required=True, help="folder of the sets")
    made.add_argument("--models", type=lambda text: text.split(","), default=["u2netp", "isnet"])
    made.add_argument("--maps", type=Path, default=Cache.default().root / "quality", help="kept maps")
    made.add_argument("--rounds", type=int, default=3, help="at most so many values change")
    return made.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
