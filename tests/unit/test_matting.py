"""Alpha solved for from colours: against the Laplacian written down, and where colours tell it exactly."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from alphacut.matting import MattingLaplacian, solve
from tests.helpers import Bytes8, noise

EPSILON = 1e-3


def written_down(guide: Bytes8, radius: int) -> NDArray[np.float64]:
    """Build the Laplacian window by window (equation 12 of Levin et al.), over the area of a window."""
    height, width = guide.shape[:2]
    colours = guide.reshape(-1, 3) / 255
    matrix = np.zeros((height * width,) * 2)
    for y in range(height):
        for x in range(width):
            rows = np.arange(max(0, y - radius), min(height, y + radius + 1))
            columns = np.arange(max(0, x - radius), min(width, x + radius + 1))
            window = (rows[:, None] * width + columns).ravel()
            inner = colours[window] - colours[window].mean(axis=0)
            covariance = inner.T @ inner / len(window) + EPSILON * np.eye(3)
            affinity = (1 + inner @ np.linalg.inv(covariance) @ inner.T) / len(window)
            matrix[np.ix_(window, window)] += np.eye(len(window)) - affinity
    return matrix / (2 * radius + 1) ** 2


@pytest.mark.parametrize("radius", [1, 2])
def test_it_is_the_matting_laplacian(radius: int) -> None:
    guide = noise(9, 7)
    alpha = noise(9, 7, 1, 3).astype(np.float32) / np.float32(255)
    found = MattingLaplacian(guide, radius, EPSILON)(alpha)
    wanted = (written_down(guide, radius) @ alpha.ravel()).reshape(alpha.shape)
    np.testing.assert_allclose(found, wanted, atol=2e-4)


def test_solving_minimises_what_is_said() -> None:
    guide = noise(9, 7)
    alpha = noise(9, 7, 1, 3).astype(np.float32) / np.float32(255)
    trust = np.where(noise(9, 7, 1, 4) > 128, 5, 0.01).astype(np.float32)
    matrix = written_down(guide, 1) + np.diag(trust.ravel().astype(float))
    wanted = np.linalg.solve(matrix, trust.ravel() * alpha.ravel()).reshape(alpha.shape)
    found = solve(MattingLaplacian(guide, 1, EPSILON), alpha, trust, rounds=100)
    np.testing.assert_allclose(found, wanted, atol=5e-3)


def test_where_two_colours_are_mixed_alpha_is_found() -> None:
    true = np.clip((np.hypot(*np.mgrid[-20:20, -30:30]) - 10) / 8, 0, 1)
    guide = np.rint(true[..., None] * (200, 180, 40) + (1 - true[..., None]) * (30, 60, 90)).astype(np.uint8)
    known = (true == 0) | (true == 1)
    guess = np.where(known, true, 1).astype(np.float32)
    trust = np.where(known, 20, 1e-3).astype(np.float32)
    found = solve(MattingLaplacian(guide, 2, 1e-5), guess, trust, rounds=60)
    assert np.abs(found - true).max() < 0.05


def test_what_is_all_one_stays_so() -> None:
    ones = np.ones((20, 30), np.float32)
    found = solve(MattingLaplacian(noise(30, 20), 3, 1e-5), ones, 0.01 * ones, rounds=20)
    np.testing.assert_allclose(found, 1, atol=1e-3)
