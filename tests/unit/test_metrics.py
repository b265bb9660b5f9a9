"""Measures of masks: cases computed by hand, oracles of scipy, and what must hold for any two masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from bench import metrics
from bench.metrics import boundary, boundary_f, curve, gradient_error, iou, mae, max_f, mse, of_photo, sad
from tests.helpers import Bytes8, noise
from tests.numerics import held

sides = st.integers(1, 24)
masks = st.builds(noise, sides, sides, st.just(1), st.integers(0, 2**32 - 1))
seeds = st.integers(0, 2**32 - 1)


def square(side: int, left: int, top: int, size: int = 20) -> Bytes8:
    """White square of `side` pixels on black."""
    mask = np.zeros((size, size), np.uint8)
    mask[top : top + side, left : left + side] = 255
    return mask


def another(mask: Bytes8, seed: int) -> Bytes8:
    return noise(mask.shape[1], mask.shape[0], 1, seed)


# ---- by hand ---------------------------------------------------------------------------------------

HALF = np.array([[255, 255], [0, 0]], np.uint8)
SOFT = np.array([[255, 153], [51, 0]], np.uint8)  # off by 0, .4, .2, 0


@held(
    "bench.metrics.mae",
    "bench.metrics.sad",
    "bench.metrics.mse",
    against="sums by hand",
    over="four pixels",
    within="1e-6 of 1",
    only_here="a bench, which runs in CPython",
)
def test_differences_of_four_pixels() -> None:
    assert mae(SOFT, HALF) == pytest.approx(0.15)
    assert sad(SOFT, HALF) == pytest.approx(0.6 / 1000)
    assert mse(SOFT, HALF) == pytest.approx(1000 * (0.16 + 0.04) / 4)


@held(
    "bench.metrics.iou",
    against="areas by hand",
    over="squares",
    within="1e-6 of 1",
    only_here="a bench, which runs in CPython",
)
def test_squares_side_by_side() -> None:
    """Two squares of 8 x 8, one 2 pixels to the right: 48 pixels common, 80 in either."""
    assert iou(square(8, 4, 4) > 0, square(8, 6, 4) > 0) == pytest.approx(48 / 80)
    assert iou(square(8, 0, 0) > 0, square(8, 10, 10) > 0) == 0
    assert iou(square(0, 0, 0) > 0, square(0, 0, 0) > 0) == 1


def test_the_boundary_is_the_subjects_rim_but_not_the_photos() -> None:
    assert np.count_nonzero(boundary(square(8, 4, 4) > 0)) == 28
    corner = boundary(square(8, 0, 0) > 0)
    assert np.count_nonzero(corner) == 15
    assert not corner[0, :7].any()
    assert not boundary(np.ones((5, 5), bool)).any()


def test_boundaries_agree_within_the_tolerance() -> None:
    truth = square(8, 4, 4) > 0
    assert boundary_f(square(8, 7, 4) > 0, truth, tolerance=3) == 1
    assert boundary_f(square(2, 12, 12) > 0, square(2, 2, 2) > 0) == 0
    # 4 rows longer: of its 36 pixels of boundary the last row's 8 are 4 pixels from the truth's; of the
    # truth's last row, now inside, the two in the middle are 3 pixels from the sides, so all of it is near.
    tall = truth.copy()
    tall[12:16, 4:12] = True
    precision, recall = 28 / 36, 1
    assert boundary_f(tall, truth) == pytest.approx(2 * precision * recall / (precision + recall))


def test_no_boundary_against_none_and_against_one() -> None:
    empty, full = np.zeros((20, 20), bool), np.ones((20, 20), bool)
    assert boundary_f(empty, full) == 1
    assert boundary_f(empty, square(8, 4, 4) > 0) == 0


@held(
    "bench.metrics.gradient_error",
    against="the Gaussian itself",
    over="a step",
    within="0.03 of its value",
    only_here="a bench, which runs in CPython",
)
def test_the_gradient_of_a_step_is_the_gaussian() -> None:
    """A step after column 9 has the gradient g(x - 9.5), whose squares sum to 1 / (2 sigma sqrt(pi))."""
    step = np.zeros((5, 20), np.uint8)
    step[:, 10:] = 255
    expected = 5 / (2 * metrics.SIGMA * np.sqrt(np.pi)) / 1000
    assert gradient_error(step, np.zeros_like(step)) == pytest.approx(expected, rel=0.03)  # sampled
    assert gradient_error(step, step[:, ::-1].copy()) == pytest.approx(0, abs=1e-9)  # magnitudes only


@held(
    "bench.metrics.max_f",
    against="the formula by hand",
    over="two masks",
    within="1e-6 of 1",
    only_here="a bench, which runs in CPython",
)
def test_max_f_is_taken_of_the_means_of_the_set() -> None:
    """Photo 1 is found whole; photo 2's mask holds half of the subject and as much beside it."""
    whole = curve(np.array([[255, 0]], np.uint8), np.array([[255, 0]], np.uint8))
    assert max_f([whole]) == pytest.approx(1)
    half = curve(np.array([[200, 0, 200, 0]], np.uint8), np.array([[255, 255, 0, 0]], np.uint8))
    assert (half.precision[60], half.recall[60]) == (0.5, 0.5)
    # Above level 200 photo 2 gives nothing, below it both are .75.
    assert max_f([whole, half]) == pytest.approx(0.75)
    assert max_f([half]) == pytest.approx(1.3 * 0.5 / (0.3 * 0.5 + 1))  # at level 0: precision .5, recall 1


# ---- oracles ---------------------------------------------------------------------------------------


@held(
    "bench.metrics.boundary_f",
    "bench.metrics.boundary",
    against="`scipy.ndimage.distance_transform_edt`",
    over="masks, tolerance",
    within="1e-6 of 1",
    only_here="a bench, which runs in CPython",
)
@given(masks, seeds, st.integers(1, 4))
def test_boundary_f_is_that_of_distance_transforms(mask: Bytes8, seed: int, tolerance: int) -> None:
    found = mask > 200
    truth = another(mask, seed) > 200
    ours, theirs = (m & ~ndimage.binary_erosion(m, border_value=1) for m in (found, truth))
    np.testing.assert_array_equal(boundary(found), ours)
    if ours.any() and theirs.any():
        precision = (ndimage.distance_transform_edt(~theirs)[ours] <= tolerance).mean()
        recall = (ndimage.distance_transform_edt(~ours)[theirs] <= tolerance).mean()
        expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
        assert boundary_f(found, truth, tolerance) == pytest.approx(expected)


@held(
    "bench.metrics.curve",
    "bench.metrics.Curve",
    against="counting at each threshold",
    over="masks",
    within="1e-6 of 1",
    only_here="a bench, which runs in CPython",
)
@given(masks, seeds)
def test_curves_are_those_of_one_threshold_after_the_other(mask: Bytes8, seed: int) -> None:
    truth = another(mask, seed)
    is_subject = truth >= metrics.SUBJECT
    made = curve(mask, truth)
    for least in (0, 1, 100, 255):
        taken = mask >= least
        hits = (taken & is_subject).sum()
        assert made.precision[255 - least] == pytest.approx(hits / max(1, taken.sum()))
        assert made.recall[255 - least] == pytest.approx(hits / max(1, is_subject.sum()))


# ---- any two masks ---------------------------------------------------------------------------------


@given(masks)
def test_the_truth_itself_is_without_error(mask: Bytes8) -> None:
    found = of_photo(mask, mask)
    assert found == {"mae": 0, "iou": 1, "boundary_f": 1, "sad": 0, "mse": 0, "grad": 0}


@given(masks, seeds)
def test_ranges_and_what_is_symmetric(mask: Bytes8, seed: int) -> None:
    other = another(mask, seed)
    found, back = of_photo(mask, other), of_photo(other, mask)
    assert found == pytest.approx(back)
    assert all(0 <= found[name] <= 1 for name in ("mae", "iou", "boundary_f"))
    assert 0 <= found["mse"] <= 1000
    assert found["sad"] == pytest.approx(found["mae"] * mask.size / 1000)
    assert found["mse"] / 1000 <= found["mae"] + 1e-12  # squares of numbers up to 1
    assert found["grad"] >= 0
    assert 0 <= max_f([curve(mask, other)]) <= 1


@given(masks, seeds)
def test_turning_both_changes_nothing(mask: Bytes8, seed: int) -> None:
    other = another(mask, seed)
    turned = of_photo(np.rot90(mask).copy(), np.rot90(other).copy())
    assert of_photo(mask, other) == pytest.approx(turned, rel=1e-4, abs=1e-9)


@given(masks, seeds, st.integers(1, 4))
def test_more_tolerance_never_lowers_boundary_f(mask: Bytes8, seed: int, tolerance: int) -> None:
    found, truth = mask > 150, another(mask, seed) > 150
    assert boundary_f(found, truth, tolerance) <= boundary_f(found, truth, tolerance + 1) + 1e-12


@given(masks, seeds)
def test_halfway_to_the_truth_is_half_the_error(mask: Bytes8, seed: int) -> None:
    even, other = np.asarray(mask & 254, np.uint8), np.asarray(another(mask, seed) & 254, np.uint8)
    between = np.asarray((even.astype(int) + other) // 2, np.uint8)
    assert mae(between, other) == pytest.approx(mae(even, other) / 2)
    assert mse(between, other) == pytest.approx(mse(even, other) / 4)
