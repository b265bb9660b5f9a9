"""The oracles of tests/oracles.py against those whom everybody trusts: scipy, Pillow and pymatting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from tests import oracles
from tests.helpers import Bytes8, needs_pymatting, needs_scipy, noise
from tests.numerics import held

SIDES = st.integers(1, 14)
SEEDS = st.integers(0, 2**32 - 1)
RESAMPLINGS = {
    "box": Image.Resampling.BOX, "bilinear": Image.Resampling.BILINEAR, "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS,
}  # fmt: skip


def plane(width: int, height: int, seed: int) -> Bytes8:
    return noise(width, height, 1, seed)


def rounding_decides(size: int, new: int) -> bool:
    """Whether a box ends in the middle of a pixel, which counts or not, at a place that no double holds."""
    denominator = new // math.gcd(size, new)
    reach = max(size, new)
    ends = [(2 * at + 1) * size + side for at in range(new) for side in (-reach, reach)]
    return denominator & (denominator - 1) != 0 and any((end - new) % (2 * new) == 0 for end in ends)


@held(
    "tests/oracles.py resampled",
    against="Pillow's `resize` of floats",
    over="size, new size, kernel: box to Lanczos; no box whose ends rounding decides",
    within="0.001",
)
@given(width=SIDES, height=SIDES, wide=SIDES, high=SIDES, kind=st.sampled_from([*RESAMPLINGS]), seed=SEEDS)
@example(width=3, height=9, wide=2, high=4, kind="box", seed=0)
def test_resampling_is_pillows(
    *, width: int, height: int, wide: int, high: int, kind: str, seed: int
) -> None:
    assume(kind != "box" or not (rounding_decides(width, wide) or rounding_decides(height, high)))
    values = plane(width, height, seed).astype(np.float32)
    theirs = Image.fromarray(values).resize((wide, high), RESAMPLINGS[kind])
    np.testing.assert_allclose(oracles.resized(values, (wide, high), kind), np.asarray(theirs), atol=1e-3)


@held(
    "tests/oracles.py resampled (of a part)",
    against="Pillow's `resize` of floats with a box",
    over="size, part, new size, kernel",
    within="0.001",
)
@given(
    width=SIDES,
    start=st.floats(0, 0.5),
    end=st.floats(0.6, 1),
    wide=SIDES,
    kind=st.sampled_from(["bilinear", "hamming"]),
    seed=SEEDS,
)
def test_resampling_a_part_is_pillows(
    *, width: int, start: float, end: float, wide: int, kind: str, seed: int
) -> None:
    values = plane(width, 1, seed).astype(np.float32)
    box = (start * width, 0.0, end * width, 1.0)
    theirs = np.asarray(Image.fromarray(values).resize((wide, 1), RESAMPLINGS[kind], box))[0]
    ours = oracles.resampled(values[0], wide, kind, box[0], box[2])
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


@held(
    "tests/oracles.py reduced",
    against="Pillow's `reduce` of floats",
    over="size, step, also beyond the size",
    within="0.001",
)
@given(SIDES, SIDES, st.integers(1, 17), SEEDS)
def test_reducing_is_pillows(width: int, height: int, step: int, seed: int) -> None:
    values = plane(width, height, seed).astype(np.float32)
    theirs = np.asarray(Image.fromarray(values).reduce(step))
    np.testing.assert_allclose(oracles.reduced(values, step), theirs, atol=1e-3)


@needs_scipy
@held(
    "tests/oracles.py gaussian",
    against="`scipy.ndimage.gaussian_filter`",
    over="size, sigma 0.2 to 9, also wider than the picture",
    within="1e-6",
)
@given(SIDES, SIDES, st.floats(0.2, 9), SEEDS)
def test_the_gaussian_is_scipys(width: int, height: int, sigma: float, seed: int) -> None:
    from scipy import ndimage

    values = plane(width, height, seed).astype(np.float64)
    radius = int(np.ceil(6 * sigma))
    theirs = ndimage.gaussian_filter(values, sigma, mode="nearest", radius=radius)
    np.testing.assert_allclose(oracles.gaussian(values, sigma), theirs, atol=1e-6)


@needs_scipy
@held(
    "tests/oracles.py window_sums",
    against="`scipy.ndimage.convolve` with ones, 0 beyond the border",
    over="size, radius",
    within="1e-6",
)
@given(SIDES, SIDES, st.integers(1, 16), SEEDS)
def test_sums_of_windows_are_scipys(width: int, height: int, radius: int, seed: int) -> None:
    from scipy import ndimage

    values = plane(width, height, seed).astype(np.float64)
    theirs = ndimage.convolve(values, np.ones((2 * radius + 1,) * 2), mode="constant")
    np.testing.assert_allclose(oracles.window_sums(values, radius), theirs, atol=1e-6)


@needs_scipy
@held(
    "tests/oracles.py extreme",
    against="`scipy.ndimage.maximum_filter`, `minimum_filter`",
    over="size, radius",
    within="0",
)
@given(SIDES, SIDES, st.integers(1, 16), SEEDS)
def test_extremes_are_scipys(width: int, height: int, radius: int, seed: int) -> None:
    from scipy import ndimage

    values = plane(width, height, seed)
    for choose, theirs in ((np.max, ndimage.maximum_filter), (np.min, ndimage.minimum_filter)):
        expected = theirs(values, 2 * radius + 1, mode="nearest")
        np.testing.assert_array_equal(oracles.extreme(values, radius, choose), expected)


@held(
    "tests/oracles.py box_blurred",
    against="Pillow's `BoxBlur`",
    over="size, radius 0 to 20 in fractions",
    within="1",
)
@given(SIDES, SIDES, st.floats(0, 20), SEEDS)
def test_box_blur_is_pillows(width: int, height: int, radius: float, seed: int) -> None:
    values = plane(width, height, seed)
    theirs = np.asarray(Image.fromarray(values).filter(ImageFilter.BoxBlur(radius)))
    assert np.abs(oracles.box_blurred(values, radius) - theirs).max() <= 1.01  # it rounds after each way


@held(
    "tests/oracles.py three_boxes",
    against="Pillow's `GaussianBlur`",
    over="size, sigma 0.1 to 9",
    within="3",
    why="Pillow rounds to bytes after each of its six passes",
)
@given(SIDES, SIDES, st.floats(0.1, 9), SEEDS)
def test_three_boxes_are_pillows_gaussian(width: int, height: int, sigma: float, seed: int) -> None:
    values = plane(width, height, seed)
    theirs = np.asarray(Image.fromarray(values).filter(ImageFilter.GaussianBlur(sigma)))
    assert np.abs(oracles.three_boxes(values, sigma) - theirs).max() <= 3.01


@held(
    "tests/oracles.py over",
    against="Pillow's `alpha_composite`",
    over="any RGBA over any",
    within="1",
)
@given(SEEDS)
def test_laying_over_is_pillows(seed: int) -> None:
    upper, lower = noise(16, 16, 4, seed), noise(16, 16, 4, seed + 1)
    made = np.asarray(Image.alpha_composite(Image.fromarray(lower), Image.fromarray(upper)))
    assert 255 * np.abs(oracles.premultiplied(made) - oracles.over(upper, lower)).max() <= 1.01


@needs_pymatting
@held(
    "tests/oracles.py matting_laplacian",
    against="`pymatting.cf_laplacian`",
    over="picture, radius 1 and 2, epsilon",
    within="1e-6 of its entries",
    only_here="pymatting needs numba, which Pyodide lacks",
)
@pytest.mark.parametrize("radius", [1, 2])
@pytest.mark.parametrize("epsilon", [1e-2, 1e-4])
def test_the_matting_laplacian_is_pymattings(radius: int, epsilon: float) -> None:
    import pymatting

    guide = noise(9, 8, 3, radius)
    area = (2 * radius + 1) ** 2  # by which Levin et al. divide epsilon
    theirs = pymatting.cf_laplacian(guide / 255, epsilon * area, radius).toarray()
    ours = oracles.matting_laplacian(guide, radius, epsilon, cut=False)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
