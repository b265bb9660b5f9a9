"""Hair, fur, whiskers and hard edges of the samples come out as the crops that are kept (crops.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from alphacut.edges import DEFAULT as GUIDE
from alphacut.image import decode
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT, Recipe
from tests.golden.conftest import Networks
from tests.golden.crops import CROPS, MODEL, SIDE, cut_out, distance, read_crop, session_of
from tests.helpers import Bytes8, FakeSession

pytestmark = pytest.mark.golden

MEAN, MOST = 0.2, 32
"""Levels that crops may be apart, on average and at most.

Processors round apart, by a level of the network's map here and there. A level more or less in all of it
changes these crops by 0.02 to 0.14 on average, and by 18 at most: where it decides whether a pixel is soft,
alpha is up to an eighth of the fitted one apart (`Guide.ramp`).
"""

Cutouts = dict[str, Bytes8]


@pytest.fixture(scope="module")
def network(models: dict[str, Networks]) -> Networks:
    return models[MODEL]


@pytest.fixture(scope="module")
def cutouts(network: Networks, samples: dict[str, bytes]) -> Cutouts:
    session = session_of(network)
    return {name: cut_out(photo, network, session) for name, photo in samples.items()}


@pytest.fixture(scope="module")
def maps(network: Networks, samples: dict[str, bytes]) -> dict[str, Bytes8]:
    """What the network says of each photo."""
    infer = network.shipped("wasm-float32")
    return {name: infer(network_input(decode(photo), network.spec)) for name, photo in samples.items()}


def distances(cutouts: Cutouts) -> dict[str, tuple[float, float]]:
    """Of each crop from the one that is kept: on average, at most."""
    return {name: distance(crop.of(cutouts[crop.photo]), read_crop(name)) for name, crop in CROPS.items()}


def too_far(cutouts: Cutouts) -> set[str]:
    """Names of the crops that are farther from those that are kept than rounding explains."""
    found = distances(cutouts)
    print({name: f"{mean:.3f}, at most {most:.0f}" for name, (mean, most) in found.items()})
    return {name for name, (mean, most) in found.items() if mean > MEAN or most > MOST}


def test_crops_are_those_that_are_kept(cutouts: Cutouts) -> None:
    assert not too_far(cutouts), "if that was meant: python -m tests.golden.crops, and look at them"


@pytest.mark.parametrize("name", CROPS)
def test_each_crop_shows_an_edge(name: str) -> None:
    crop = read_crop(name)
    assert crop.shape == (SIDE, SIDE, 4)
    alpha = crop[..., 3]
    assert (alpha == 255).mean() > 0.1
    assert ((alpha > 0) & (alpha < 255)).mean() > 0.04
    assert (alpha < 64).mean() > 0.1
    assert not crop[alpha == 0].any()


# ---- what the comparison lets pass, and what not ---------------------------------------------------


def test_a_level_more_or_less_in_the_map_is_let_pass(
    network: Networks, samples: dict[str, bytes], maps: dict[str, Bytes8]
) -> None:
    made = {}
    for name, levels in maps.items():
        off = np.random.default_rng(0).integers(-1, 2, levels.shape)
        session = FakeSession(np.clip(levels + off, 0, 255).astype(np.uint8))
        made[name] = cut_out(samples[name], network, session)
    assert not too_far(made)


CHANGES = {
    "colours not cleaned": replace(DEFAULT, colours=False),
    "edges not followed": replace(DEFAULT, edges=None),
    "edges followed loosely": replace(DEFAULT, edges=replace(GUIDE, epsilon=0.01)),
}


@pytest.mark.parametrize("recipe", CHANGES.values(), ids=CHANGES)
def test_another_recipe_is_noticed_in_every_crop(
    recipe: Recipe, network: Networks, samples: dict[str, bytes], maps: dict[str, Bytes8]
) -> None:
    made = {
        name: cut_out(samples[name], network, FakeSession(levels), recipe) for name, levels in maps.items()
    }
    assert too_far(made) == set(CROPS)


def shifted(cutout: Bytes8, axis: int) -> Bytes8:
    return np.dstack([cutout[..., :3], np.roll(cutout[..., 3], 1, axis)])


def coloured(cutout: Bytes8, colours: Bytes8) -> Bytes8:
    return np.dstack([colours, cutout[..., 3:]])


DAMAGE: dict[str, Callable[[Bytes8], Bytes8]] = {
    "alpha a pixel lower": lambda cutout: shifted(cutout, 0),
    "alpha a pixel to the right": lambda cutout: shifted(cutout, 1),
    "colours a pixel to the right": lambda cutout: coloured(cutout, np.roll(cutout[..., :3], 1, 1)),
    "red and blue exchanged": lambda cutout: cutout[..., [2, 1, 0, 3]],
    "a hundredth darker": lambda cutout: coloured(cutout, np.rint(0.99 * cutout[..., :3]).astype(np.uint8)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_noticed_in_every_crop(damage: Callable[[Bytes8], Bytes8], cutouts: Cutouts) -> None:
    assert too_far({name: damage(cutout) for name, cutout in cutouts.items()}) == set(CROPS)
