"""Whether a difference between two variants is more than chance: halves of a set, paired bootstrap.

Photos of one subject (frames of a video, a foreground over several backgrounds) are not independent: they
stay in the same half and are drawn together.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Half = Literal["choose", "report"]
HALVES: tuple[Half, Half] = ("choose", "report")
"""Parameters are chosen by photos of the first and reported by those of the second."""

Floats = NDArray[np.float64]

DRAWS = 10_000
_SALT = "alphacut 7:"  # of the first few numbers the one that cuts the sets most evenly
_LEAST_SUBJECTS = 5  # fewer say nothing about another photo
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A figure and its 95% bootstrap interval, None where the set is too small or a draw's is not finite."""

    value: float
    low: float | None = None
    high: float | None = None

    def to_list(self) -> list[float | None]:
        """Value, low and high, rounded for a results file; None for what is not finite."""
        return [_rounded(figure) for figure in (self.value, self.low, self.high)]


@dataclass(frozen=True)
class Comparison:
    """How a variant stands to another on the same photos.

    Attributes
    ----------
    n : int
        Photos.
    difference : Interval
        Mean of the variant minus mean of the other.
    ratio : Interval
        Mean of the variant by mean of the other.
    """

    n: int
    difference: Interval
    ratio: Interval

    def to_table(self) -> dict[str, Any]:
        """Plain data, rounded for a results file."""
        return {"n": self.n, "difference": self.difference.to_list(), "ratio": self.ratio.to_list()}


def subject_of(stem: str) -> str:
    """Name what a photo shows: GT05_b0 and GT05 show the same, and so do dog_00000 and dog_00021."""
    return stem.partition("_")[0]


def half_of(stem: str) -> Half:
    """Tell the half that a photo belongs to in every set, by a hash of its subject."""
    digest = hashlib.sha256((_SALT + subject_of(stem)).encode()).digest()
    return HALVES[digest[0] % 2]


def compare(variant: Mapping[str, float], other: Mapping[str, float], *, seed: int = 0) -> Comparison:
    """Compare two variants by what each photo got, by stem; both must hold the same photos.

    Paired bootstrap over subjects (Efron and Tibshirani, An introduction to the bootstrap, 1993, percentile
    intervals): draws subjects with replacement, and takes both variants' means over their photos.

    Raises
    ------
    ValueError
        The photos are not the same, or there is none.
    """
    stems = sorted(variant)
    if stems != sorted(other) or not stems:
        raise ValueError("the two variants were not measured on the same photos")
    subjects, subject_no = np.unique([subject_of(stem) for stem in stems], return_inverse=True)
    figures = [variant[stem] for stem in stems], [other[stem] for stem in stems], [1] * len(stems)
    by_subject = np.array([np.bincount(subject_no, of_photos) for of_photos in figures], np.float64)
    differences, ratios = _differences_and_ratios(by_subject, np.ones((1, len(subjects))))
    if len(subjects) < _LEAST_SUBJECTS:
        return Comparison(len(stems), Interval(differences[0]), Interval(ratios[0]))
    drawn = _differences_and_ratios(by_subject, _draw(len(subjects), seed))
    return Comparison(len(stems), _interval(differences[0], drawn[0]), _interval(ratios[0], drawn[1]))


@lru_cache(maxsize=8)
def _draw(subjects: int, seed: int) -> Floats:
    """Say how often each subject is in each draw; shape (DRAWS, subjects)."""
    even = np.full(subjects, 1 / subjects)
    return np.random.default_rng(seed).multinomial(subjects, even, size=DRAWS).astype(np.float64)


def _differences_and_ratios(by_subject: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Of the means over photos in each draw, where each subject counts as often as `times` says.

    `by_subject` holds our sums, theirs and numbers of photos, shape (3, subjects); `times` is of shape
    (draws, subjects).
    """
    our_sums, their_sums, photos = by_subject @ times.T
    our_means, their_means = our_sums / photos, their_sums / photos
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing is a multiple of 0: not finite
        return our_means - their_means, our_means / their_means


def _interval(value: float, drawn: Floats) -> Interval:
    if not np.isfinite(drawn).all():
        return Interval(value)
    low, high = np.percentile(drawn, _INTERVAL)
    return Interval(value, low, high)


def _rounded(figure: float | None) -> float | None:
    return None if figure is None or not math.isfinite(figure) else float(f"{figure:.4g}")
