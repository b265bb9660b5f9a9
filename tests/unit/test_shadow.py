"""A soft shadow: where it falls, how dark, and that it does not depend on the frame it is seen in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from alphacut.finish import Frame, Shadow
from alphacut.shadow import cast, shadow_sheet
from tests.helpers import array

BOX = (100, 80, 300, 200)


def alpha(width: int = 400, height: int = 300) -> Image.Image:
    made = Image.new("L", (width, height))
    made.paste(255, BOX)
    return made


def frame(left: float = 0, top: float = 0, width: int = 400, height: int = 300, scale: float = 1) -> Frame:
    right, bottom = left + width / scale, top + height / scale
    return Frame(left=left, top=top, right=right, bottom=bottom, width=width, height=height)


def edge(place: float, sigma: float) -> float:
    """Integral of a Gaussian: a blurred edge at a distance."""
    return 0.5 * (1 + math.erf(place / sigma / math.sqrt(2)))


@pytest.mark.parametrize("blur", [0.01, 0.05, 0.2])
def test_a_boxs_shadow_is_the_product_of_blurred_edges(blur: float) -> None:
    shadow = Shadow(opacity=0.6, blur=blur, dx=0.1, dy=-0.05)
    seen = array(cast(shadow_sheet(alpha(), shadow, BOX), frame()))
    sigma, dx, dy = 200 * blur, 20, -10
    for y, x in ((60, 110), (130, 200), (71, 321), (190, 250), (250, 330), (20, 20)):
        across = edge(x + 0.5 - 100 - dx, sigma) - edge(x + 0.5 - 300 - dx, sigma)
        down = edge(y + 0.5 - 80 - dy, sigma) - edge(y + 0.5 - 200 - dy, sigma)
        assert seen[y, x] == pytest.approx(255 * 0.6 * across * down, abs=5), (y, x)


def test_without_blur_it_is_alpha_moved() -> None:
    shadow = Shadow(opacity=1, blur=0, dx=0.1, dy=0.1)
    seen = array(cast(shadow_sheet(alpha(), shadow, BOX), frame()))
    np.testing.assert_array_equal(seen[20:, 20:], array(alpha())[:-20, :-20])
    assert not seen[:20].any()


def test_every_frame_shows_the_same_shadow() -> None:
    sheet = shadow_sheet(alpha(), Shadow(opacity=1, blur=0.1, dx=0.3, dy=0.4), BOX)
    whole = array(cast(sheet, frame(-100, -100, 700, 700)))
    part = array(cast(sheet, frame(150, 120, 200, 250)))
    assert np.abs(part.astype(int) - whole[220:470, 250:450]).max() <= 1
    small = array(cast(sheet, frame(-100, -100, 350, 350, scale=0.5)))
    assert np.abs(small.astype(int) - array(Image.fromarray(whole).reduce(2))).max() <= 2


def test_beyond_its_reach_there_is_none() -> None:
    sheet = shadow_sheet(alpha(), Shadow(opacity=1, blur=0.02), BOX)
    assert not array(cast(sheet, frame(1000, 1000))).any()
