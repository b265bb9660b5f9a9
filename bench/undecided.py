"""Whether undecided maps are wrong ones: what the threshold of `alphacut.notes` is chosen by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FAILED_BELOW = 0.5
"""IoU of a mask that shows something else."""


def lines(
    figures: Sequence[tuple[float, float]], thresholds: Sequence[float] = (0.2, 0.3, 0.4, 0.5, 0.6)
) -> list[str]:
    """Say what a threshold would do; `figures` are the share that is undecided and the IoU of each photo."""
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
