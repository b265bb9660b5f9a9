"""The Python API with a real network gives what the pipeline makes of files, pixel for pixel."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

import alphacut
from alphacut import api
from alphacut.finish import ColourBackground, Crop, Finish
from alphacut.output import Output
from alphacut.pipeline import remove_background
from alphacut.store.cache import Cache
from alphacut.store.fetch import fetch_all
from alphacut.store.opening import NativeModels, Turns
from tests.helpers import Bytes8, file_of, pixels_of, run
from tools.catalog import read_catalog


@pytest.fixture(scope="module")
def models() -> NativeModels:
    return NativeModels()


@pytest.fixture(autouse=True)
def backend(models: NativeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_backends", [models])


@pytest.fixture(scope="module")
def photo() -> bytes:
    part = read_catalog().components["scikit-image"].files["chelsea.png"]
    return fetch_all([part], Cache.default(), offline=False)[part.name].read_bytes()


def of_file(models: NativeModels, data: bytes, **options: Any) -> Bytes8:
    opened = models.open_now("u2netp")
    return pixels_of(run(remove_background(data, opened.session, opened.spec, **options)).data)


def as_jpeg(photo: bytes) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return file_of(Image.open(io.BytesIO(photo)), "JPEG", quality=70, exif=exif)


def test_bytes_picture_and_array_give_the_file_s_pixels(models: NativeModels, photo: bytes) -> None:
    wanted = of_file(models, photo)
    assert 0.05 < (wanted[..., 3] > 128).mean() < 0.95
    image = Image.open(io.BytesIO(photo))
    for given in (photo, image, np.asarray(image)):
        np.testing.assert_array_equal(np.asarray(run(alphacut.remove_background(given))), wanted)


def test_a_jpeg_that_is_turned_gives_the_file_s_pixels(models: NativeModels, photo: bytes) -> None:
    data = as_jpeg(photo)
    wanted = of_file(models, data)
    for given in (data, Image.open(io.BytesIO(data))):
        cutout = run(alphacut.remove_background(given))
        assert cutout.size == (300, 451)
        np.testing.assert_array_equal(np.asarray(cutout), wanted)


def test_a_cutout_has_nothing_of_the_photo_s_format(photo: bytes) -> None:
    cutout = run(alphacut.remove_background(file_of(Image.open(io.BytesIO(photo)), "JPEG")))
    assert (type(cutout), cutout.format, cutout.mode) == (Image.Image, None, "RGBA")


def test_options_give_the_file_s_pixels(models: NativeModels, photo: bytes) -> None:
    white = Finish(background=ColourBackground(colour=(255, 255, 255)), crop=Crop(margin=0.1))
    made = run(alphacut.remove_background(photo, background="#ffffff", crop=0.1))
    np.testing.assert_array_equal(np.asarray(made), of_file(models, photo, finish=white)[..., :3])
    mask = run(alphacut.remove_background(photo, region=(40, 10, 400, 280), mask_only=True))
    wanted = of_file(models, photo, region=(40, 10, 400, 280), output=Output(format="mask-png"))
    np.testing.assert_array_equal(np.asarray(mask), wanted)


def test_calls_at_the_same_time_share_one_network_that_runs_once_at_a_time(
    models: NativeModels, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = 0, 0
    plain: Callable[..., Bytes8] = models.open_now("u2netp").session._session.infer  # type: ignore[attr-defined]

    def counted(pixels: Bytes8) -> Bytes8:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return plain(pixels)
        finally:
            running -= 1

    session = models.open_now("u2netp").session
    assert isinstance(session, Turns)
    monkeypatch.setattr(session._session, "infer", counted)
    wanted = of_file(models, photo)

    async def together() -> list[Image.Image]:
        return await asyncio.gather(*(alphacut.remove_background(photo) for _ in range(4)))

    for cutout in run(together()):
        np.testing.assert_array_equal(np.asarray(cutout), wanted)
    assert most == 1


def test_what_was_let_go_is_opened_again(photo: bytes) -> None:
    models = NativeModels()
    first = models.open_now("u2netp")
    assert models.open_now("u2netp") is first
    run(models.dispose())
    assert models.open_now("u2netp") is not first
