"""Masks from elsewhere on pictures: whose alpha it is, which colours stay, what file it becomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from alphacut.clock import Stage
from alphacut.errors import BadOptionsError, Cancelled, NotAnImageError, OutOfMemoryError
from alphacut.export import Exported
from alphacut.masking import apply_mask
from alphacut.output import Output
from alphacut.profiles import display_p3
from tests.helpers import Bytes8, file_of, noise, pixels_of, png_chunks, png_of, run

WIDTH, HEIGHT = 40, 30
PHOTO = noise(WIDTH, HEIGHT)
LEVELS = noise(WIDTH, HEIGHT, 1, seed=1)


def applied(photo: bytes, mask: bytes, **more: Any) -> Exported:
    return run(apply_mask(photo, mask, **more))


def white(levels: Bytes8) -> Bytes8:
    made = np.full((*levels.shape, 4), 255, np.uint8)
    made[..., 3] = levels
    return made


MASKS = {"grey": file_of(LEVELS), "alpha": file_of(white(LEVELS))}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_alpha_is_the_masks_and_colours_are_the_pictures(mask: bytes) -> None:
    made = applied(file_of(PHOTO), mask)
    assert (made.type, made.width, made.height) == ("image/png", WIDTH, HEIGHT)
    pixels = pixels_of(made.data)
    np.testing.assert_array_equal(pixels[..., 3], LEVELS)
    np.testing.assert_array_equal(pixels[LEVELS > 0][:, :3], PHOTO[LEVELS > 0])
    assert not pixels[LEVELS == 0].any()


def test_a_pictures_own_alpha_gives_way_and_takes_no_colours_with_it() -> None:
    own = np.dstack([PHOTO, LEVELS])
    own[:4, :, 3] = 0
    made = pixels_of(applied(file_of(own), file_of(np.full_like(LEVELS, 255))).data)
    np.testing.assert_array_equal(made[..., :3], PHOTO)
    assert (made[..., 3] == 255).all()


def test_the_mask_is_scaled_to_the_picture() -> None:
    half = np.zeros((3, 4), np.uint8)
    half[:, 2:] = 255
    alpha = pixels_of(applied(file_of(PHOTO), file_of(half)).data)[..., 3]
    assert alpha.shape == (HEIGHT, WIDTH)
    assert (alpha[:, : WIDTH // 2 - 5] == 0).all()
    assert (alpha[:, WIDTH // 2 + 5 :] == 255).all()


def test_a_picture_is_turned_upright_and_keeps_its_profile() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = file_of(PHOTO, exif=exif, icc_profile=display_p3())
    made = applied(photo, file_of(np.rot90(LEVELS, -1)))
    np.testing.assert_array_equal(pixels_of(made.data)[..., 3], np.rot90(LEVELS, -1))
    assert b"iCCP" in png_chunks(made.data)


def test_it_becomes_the_file_that_was_asked_for() -> None:
    photo, mask = file_of(PHOTO), file_of(LEVELS)
    assert applied(photo, mask, output=Output(format="alpha8")).data == LEVELS.tobytes()
    on_red = pixels_of(applied(photo, mask, output=Output(background=(255, 0, 0))).data)
    assert (on_red[LEVELS == 0] == (255, 0, 0)).all()
    rows = [row.tobytes() for row in np.full((HEIGHT, WIDTH, 3), 0x1234, ">u2")]
    deep = png_of(WIDTH, HEIGHT, 16, 2, rows)
    made = applied(deep, file_of(np.full_like(LEVELS, 255)), output=Output(depth=16)).data
    assert made[24] == 16
    assert b"IDAT" in png_chunks(made)


def test_what_is_no_picture_is_said_and_so_is_what_the_format_does_not_hold() -> None:
    for photo, mask in ((b"none at all", MASKS["grey"]), (file_of(PHOTO), b"none at all")):
        with pytest.raises(NotAnImageError):
            applied(photo, mask)
    long = file_of(np.zeros((1, 17_000), np.uint8))
    with pytest.raises(BadOptionsError, match="16383"):
        applied(long, long, output=Output(format="webp"))


@pytest.mark.parametrize("stage", ["decode", "mask", "compose", "encode"])
def test_it_ends_at_any_stage(stage: Stage) -> None:
    async def checkpoint(entered: Stage) -> None:
        if entered == stage:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        applied(file_of(PHOTO), MASKS["grey"], checkpoint=checkpoint)


def test_running_out_of_memory_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("alphacut.masking.cut_out", no_memory)
    with pytest.raises(OutOfMemoryError):
        applied(file_of(PHOTO), MASKS["grey"])
