"""How undecided a map is, and whether that foretells a wrong one: a threshold for a note is chosen by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.metrics import Levels

LEAST, MOST = 26, 229
"""Levels from a tenth to nine tenths: neither background nor subject."""
FAILED_BELOW = 0.5
"""IoU of a mask that shows something else."""


def undecided_share(levels: Levels) -> float:
    """Pixels of a map between a tenth and nine tenths, as a share of all that are not background; 0..1.

    Counted against the subject instead of the photo, because a small subject has a small rim.
    """
    undecided = np.count_nonzero((levels >= LEAST) & (levels <= MOST))
    decided = np.count_nonzero(levels > MOST)
    return undecided / (undecided + decided) if undecided + decided else 0.0


def lines(
    figures: Sequence[tuple[float, float]], thresholds: Sequence[float] = (0.2, 0.3, 0.4, 0.5, 0.6)
) -> list[str]:
    """Say what a threshold would do; `figures` are undecided share and IoU of each photo."""
    shares, ious = np.array(figures).T
    failed = ious < FAILED_BELOW
    said = [
        f"rank correlation of share and IoU {_rank_correlation(shares, ious):+.2f}; "
        f"{np.count_nonzero(failed)} of {len(ious)} failed (IoU below {FAILED_BELOW})"
    ]
    for threshold in thresholds:
        told = shares > threshold
        if told.any() and not told.all():
            said.append(
                f"  above {threshold}: {np.count_nonzero(told):3d} photos, mean IoU {ious[told].mean():.3f}, "
                f"below {ious[~told].mean():.3f}; {np.count_nonzero(told & failed)} of them failed"
            )
    return said


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's, ties in their order; 0 for one photo."""
    ranks = np.array([values.argsort().argsort() for values in (one, other)])
    return float(np.asarray(np.corrcoef(ranks))[0, 1]) if len(one) > 1 else 0.0
