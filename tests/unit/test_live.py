"""Masks of a camera's pictures: what the network says of the whole picture, at the network's size."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from alphacut.browser.entry import Application
from alphacut.image import Photo
from alphacut.live import live_mask
from alphacut.preprocess import network_input
from tests.fakes import Ffi, Host, TypedArray, from_entries
from tests.helpers import Bytes8, LuminanceSession, run, scene, spec


def rgba(pixels: Bytes8) -> Bytes8:
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


@pytest.mark.parametrize("size", [(40, 30), (30, 40), (7, 90)])
def test_the_network_sees_the_whole_picture_as_it_sees_a_photo(size: tuple[int, int]) -> None:
    picture, session = scene(*size), LuminanceSession()
    mask = run(live_mask(rgba(picture), session, spec()))
    (seen,) = network_input(Photo(Image.fromarray(picture), None, "PNG"), spec())
    levels = run(session.run(seen[None])).astype(int)
    assert mask.shape == levels.shape
    assert np.abs(mask - levels).max() <= 8, "levels are stretched a little, so that the ends are reached"


def test_almost_background_is_background_and_almost_subject_is_subject() -> None:
    picture = np.full((8, 8, 3), 1, np.uint8)
    picture[:, 4:] = 254
    mask = run(live_mask(rgba(picture), LuminanceSession(), spec()))
    assert mask[:, 0].max() == 0
    assert mask[:, -1].min() == 255


def test_through_the_bridge_it_is_the_same_and_leaves_nothing_behind() -> None:
    picture, session, ffi = rgba(scene(24, 18)), LuminanceSession(), Ffi()
    table = json.dumps(spec().to_table())
    pixels = TypedArray(picture.reshape(-1))
    reply = run(Application(ffi, from_entries).mask(pixels, 24, 18, table, Host(session)))
    mask = run(live_mask(picture, session, spec()))
    assert (reply.value.width, reply.value.height) == mask.shape[::-1]
    assert reply.value.alpha.to_bytes() == mask.tobytes()
    assert ffi.alive == 0
