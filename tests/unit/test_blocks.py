"""The program that measures a JPEG's blocks in alpha."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.blocks import rewrite, steps
from bench.choose import KINDS
from tests.helpers import noise


def test_where_no_block_shows_steps_are_as_steep_as_all_else() -> None:
    alpha = np.random.default_rng(0).integers(1, 255, (400, 400), np.uint8)
    assert steps(alpha) == pytest.approx(1, abs=0.03)


def test_steps_by_hand() -> None:
    """Columns rise by 1, and by 3 into each block; rows don't differ but by 1."""
    across = np.cumsum([0, *(3 if at % 8 == 0 else 1 for at in range(1, 32))])
    alpha = (1 + across[None, :] + np.arange(32)[:, None]).astype(np.uint8)
    assert steps(alpha) == pytest.approx((3 + 1) / 2)


def test_flat_regions_say_nothing() -> None:
    assert math.isnan(steps(np.full((32, 32), 255, np.uint8)))
    assert math.isnan(steps(np.zeros((1, 1), np.uint8)))


def test_photos_with_true_alpha_are_written_anew(tmp_path: Path) -> None:
    for name in KINDS["alpha"]:
        for part in ("im", "gt"):
            (tmp_path / name / part).mkdir(parents=True)
            Image.fromarray(noise(40, 30)).save(tmp_path / name / part / "one.png")
    rewrite(tmp_path, tmp_path / "anew", 60)
    for name in KINDS["alpha"]:
        with Image.open(tmp_path / "anew" / name / "im" / "one.jpg") as image:
            assert image.size == (40, 30)
            assert image.layer[0][1:3] == (2, 2)  # type: ignore[attr-defined]  # luma twice as fine as chroma
        assert (tmp_path / "anew" / name / "gt" / "one.png").exists()
