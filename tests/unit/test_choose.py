"""The rule by which the edges' values are chosen, on figures made up for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from alphacut.edges import Guide
from bench.choose import KINDS, candidates, choose, wins
from bench.metrics import Curve
from bench.scoring import Row

MODELS = ("u2netp", "isnet")
EVEN = {"iou": 0.9, "boundary_f": 0.6, "mae": 0.05, "mse": 40.0, "grad": 0.2}
EMPTY = Curve(np.zeros(256), np.zeros(256))


def rows_of(
    name: str,
    changes: Mapping[str, float],
    *,
    kind: str = "alpha",
    models: Sequence[str] = MODELS,
    by_chance: bool = False,
) -> list[Row]:
    """Eight subjects in each set; figures on sets of a kind, by some networks, are changed by so much.

    By chance: a half of the subjects gains three times as much, the other loses as much.
    """
    return [
        Row(set_, model, name, f"s{number}", figures, EMPTY, 1.0, 0.0)
        for of_kind, sets in KINDS.items()
        for set_ in sets
        for model in MODELS
        for number in range(8)
        for sway in ((3, -1)[number % 2] if by_chance else 1,)
        for changed in (changes if of_kind == kind and model in models else {},)
        for figures in ({name: value + sway * changed.get(name, 0) for name, value in EVEN.items()},)
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (rows_of("new", {"boundary_f": 0.01}), True),
        (rows_of("new", {"grad": -0.01}), True),
        (rows_of("new", {}), False),
        (rows_of("new", {"iou": 0.01, "mae": -0.01, "mse": -1}), False),
        (rows_of("new", {"boundary_f": 0.01}, by_chance=True), False),
        (rows_of("new", {"boundary_f": 0.01}, models=["isnet"]), False),
        (rows_of("new", {"boundary_f": 0.01}, kind="binary"), False),
        (rows_of("new", {"boundary_f": 0.01, "mae": 0.001}), False),
        (rows_of("new", {"boundary_f": 0.01, "grad": 0.001}, by_chance=True), False),
    ],
    ids=[
        "boundary F", "gradient error", "equal", "other measures only", "by chance", "one network only",
        "binary sets only", "MAE is worse", "all by chance",
    ],
)  # fmt: skip
def test_the_rule(rows: list[Row], expected: bool) -> None:
    assert wins(rows_of("present", {}) + rows, "new") is expected


def test_a_loss_on_the_binary_sets_outweighs_a_gain_on_the_others() -> None:
    rows = [row for row in rows_of("new", {"boundary_f": 0.01}) if row.set in KINDS["alpha"]]
    rows += [row for row in rows_of("new", {"iou": -0.01}, kind="binary") if row.set in KINDS["binary"]]
    assert not wins(rows_of("present", {}) + rows, "new")


def test_the_best_winner_is_taken_and_its_neighbours_tried(capsys: pytest.CaptureFixture[str]) -> None:
    """Boundary F grows with the radius up to 9."""
    centres: list[int] = []

    def measured(tried: Mapping[str, Guide]) -> list[Row]:
        centres.append(tried["present"].radius)
        return [
            row
            for name, guide in tried.items()
            for row in rows_of(name, {"boundary_f": 0.001 * -abs(guide.radius - 9)})
        ]

    assert choose(measured, 5, Guide()).radius == 9
    assert centres == [5, 9]
    assert "| radius 7 |" in capsys.readouterr().out


def test_where_nothing_wins_the_present_values_stay() -> None:
    assert choose(lambda tried: [row for name in tried for row in rows_of(name, {})], 5) == Guide()


def test_candidates_differ_from_the_present_values_and_each_other() -> None:
    tried = candidates(Guide())
    assert tried["present"] == Guide()
    assert len(set(tried.values())) == len(tried) > 20
