"""Finished files from photo, master, edits and finish: what stays, what changes where, what is refused."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alphacut.clock import Stage
from alphacut.edits import Brush, Edit, Kind, Patch, Stroke
from alphacut.errors import BadOptionsError, Cancelled, OutOfMemoryError, TruncatedImageError
from alphacut.export import Exported, Source, export, refine
from alphacut.finish import (
    EMPTY,
    BlurBackground,
    Canvas,
    ColourBackground,
    Crop,
    Finish,
    PictureBackground,
    Shadow,
)
from alphacut.output import Output
from alphacut.pipeline import remove_background
from alphacut.profiles import display_p3
from tests import icc
from tests.helpers import FakeSession, file_of, icc_profile, noise, pixels_of, run, scene, spec

WIDTH, HEIGHT = 96, 64
PHOTO = file_of(scene(WIDTH, HEIGHT), "JPEG", quality=95)
WHITE = Finish(background=ColourBackground(colour=(255, 255, 255)))


def session() -> FakeSession:
    levels = np.zeros((6, 8), np.uint8)
    levels[1:5, 2:6] = 255
    return FakeSession(levels)


def cut(photo: bytes = PHOTO, **options: Any) -> Any:
    return run(remove_background(photo, session(), spec(), **options))


MASTER = cut().data


def exported(
    finish: Finish = EMPTY,
    edits: Sequence[Edit] = (),
    photo: bytes = PHOTO,
    master: bytes = MASTER,
    **more: Any,
) -> Exported:
    return run(export(Source(photo=photo, master=master, edits=edits), finish=finish, **more))


def brush(kind: Kind, x: float, y: float, radius: float) -> Brush:
    return Brush(kind=kind, stroke=Stroke(points=((x, y, radius),), hardness=0.5))


# ---- nothing to do -----------------------------------------------------------------------------------


def test_without_edits_and_finish_the_file_holds_the_masters_pixels() -> None:
    made = exported(photo=b"never looked at")
    np.testing.assert_array_equal(pixels_of(made.data), pixels_of(MASTER))
    assert (made.type, made.width, made.height, made.notes) == ("image/png", WIDTH, HEIGHT, ())
    assert set(made.ms) == {"decode", "mask", "foreground", "compose", "encode"}


def test_edits_that_change_nothing_leave_the_masters_pixels() -> None:
    alpha = pixels_of(MASTER)[..., 3]
    patch = Patch(left=0, top=0, width=WIDTH, height=HEIGHT, data=file_of(alpha))
    np.testing.assert_array_equal(pixels_of(exported(edits=[patch]).data), pixels_of(MASTER))


@pytest.mark.parametrize("profile", [None, icc_profile()])
def test_the_profile_is_kept(profile: bytes | None) -> None:
    photo = file_of(scene(WIDTH, HEIGHT), icc_profile=profile)
    master = cut(photo).data
    for edits in ([], [brush("erase", 40, 30, 5)]):
        with Image.open(io.BytesIO(exported(edits=edits, photo=photo, master=master).data)) as made:
            assert made.info.get("icc_profile") == profile


# ---- edits -------------------------------------------------------------------------------------------


def test_erased_pixels_are_empty_and_those_not_touched_are_the_masters() -> None:
    made, before = pixels_of(exported(edits=[brush("erase", 48, 32, 12)]).data), pixels_of(MASTER)
    assert not made[32, 48].any()
    away = np.hypot(*np.mgrid[-31.5:32.5, -47.5:48.5]) > 12
    np.testing.assert_array_equal(made[away], before[away])


def test_restored_pixels_have_the_photos_colours() -> None:
    made = pixels_of(exported(edits=[brush("restore", 10, 10, 8)]).data)
    assert pixels_of(MASTER)[10, 10, 3] == 0
    np.testing.assert_array_equal(made[10, 10], [*pixels_of(PHOTO)[10, 10], 255])


def test_what_the_photo_lacks_is_not_restored() -> None:
    photo = np.dstack([scene(WIDTH, HEIGHT), np.full((HEIGHT, WIDTH), 100, np.uint8)])
    data = file_of(photo)
    made = pixels_of(exported(edits=[brush("restore", 10, 10, 8)], photo=data, master=cut(data).data).data)
    assert made[10, 10, 3] == 100


def half_transparent() -> bytes:
    """A photo whose left half was cut out before: alpha 0, over colours that nobody is to see."""
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[:, WIDTH // 2 :] = 255
    return file_of(np.dstack([scene(WIDTH, HEIGHT), alpha]))


def test_a_crop_counts_only_what_is_seen_of_what_was_restored() -> None:
    photo = half_transparent()
    everything = brush("restore", WIDTH / 2, HEIGHT / 2, 2 * WIDTH)
    made = exported(Finish(crop=Crop()), edits=[everything], photo=photo, master=cut(photo).data)
    assert (made.width, made.height) == (WIDTH // 2, HEIGHT)


@pytest.mark.parametrize("finish", [Finish(shift=1), Finish(shift=1, softness=1)])
def test_edges_shifted_outwards_show_nothing_that_the_photo_hides(finish: Finish) -> None:
    photo = half_transparent()
    at_once = pixels_of(cut(photo, finish=finish).data)
    later = pixels_of(exported(finish, photo=photo, master=cut(photo).data).data)
    for made in (at_once, later):
        assert made[:, : WIDTH // 2, 3].max() == 0
        assert made[..., 3].max() == 255


def test_edges_are_softened_and_shifted() -> None:
    before = pixels_of(MASTER)[..., 3]
    smaller = pixels_of(exported(Finish(shift=-1)).data)[..., 3]
    softer = pixels_of(exported(Finish(softness=1)).data)[..., 3]
    assert (smaller <= before).all()
    assert smaller.sum() < before.sum()
    assert ((softer > 0) & (softer < 255)).sum() > ((before > 0) & (before < 255)).sum()


# ---- finish -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "finish",
    [
        WHITE,
        Finish(background=BlurBackground(strength=0.5), crop=Crop(margin=0.1, aspect=(1, 1))),
        Finish(shadow=Shadow(), crop=Canvas(width=50, height=70)),
        Finish(softness=0.7, shift=0.5, shadow=Shadow(), background=PictureBackground(fit="contain")),
    ],
)
@pytest.mark.parametrize("output", [Output(), Output(format="jpeg"), Output(format="webp", lossless=True)])
def test_a_finish_gives_the_same_at_once_and_from_the_master(finish: Finish, output: Output) -> None:
    picture = file_of(noise(30, 20))
    at_once = cut(finish=finish, output=output, picture=picture)
    later = exported(finish, output=output, picture=picture)
    assert (at_once.width, at_once.height, at_once.type) == (later.width, later.height, later.type)
    difference = pixels_of(at_once.data).astype(int) - pixels_of(later.data)
    assert np.abs(difference).max() <= 1
    assert pixels_of(at_once.data).shape[:2] == (later.height, later.width)


def test_a_jpeg_on_no_background_is_white_and_its_pixels_are_the_finishs() -> None:
    made = pixels_of(exported(output=Output(format="jpeg", quality=100)).data)
    assert made[0, 0].min() >= 253


def test_a_mask_is_the_subjects_alone() -> None:
    finish = replace(WHITE, shadow=Shadow(), crop=Crop(margin=0.2))
    made = exported(finish, output=Output(format="mask-png"))
    alpha = pixels_of(exported(replace(finish, background=None, shadow=None)).data)[..., 3]
    np.testing.assert_array_equal(pixels_of(made.data), alpha)


def test_metadata_is_kept_where_that_is_asked_for() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    photo = file_of(scene(WIDTH, HEIGHT), "JPEG", exif=exif, quality=95)
    for metadata, kept in (("none", None), ("keep", "a maker")):
        made = exported(WHITE, photo=photo, output=Output(format="jpeg", metadata=metadata))  # type: ignore[arg-type]
        with Image.open(io.BytesIO(made.data)) as image:
            assert image.getexif().get(0x010F) == kept


def test_16_bits_are_kept_where_pixels_are() -> None:
    made = exported(Finish(crop=Crop()), output=Output(depth=16))
    assert made.data[24] == 16


def test_the_subject_and_the_thumbnail_are_told() -> None:
    cutout = cut(thumbnail=32)
    rows, columns = np.nonzero(pixels_of(cutout.data)[..., 3] >= 128)
    assert cutout.subject == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    small = pixels_of(cutout.thumbnail)
    assert small.shape == (21, 32, 4)
    assert small[0, 0, 3] == 0
    assert small[10, 16, 3] == 255
    finished = pixels_of(cut(thumbnail=32, finish=replace(WHITE, crop=Crop(aspect=(1, 1)))).thumbnail)
    assert finished.shape[:2] == (32, 32)
    assert cut().thumbnail is None


@pytest.mark.parametrize(
    ("profile", "notes"), [(display_p3(), ()), (icc.rgb_with_tables(), ("background-colour",))]
)
def test_a_background_that_can_not_be_converted_is_told(profile: bytes, notes: tuple[str, ...]) -> None:
    photo = file_of(scene(WIDTH, HEIGHT), icc_profile=profile)
    output = Output(format="jpeg", background=(255, 0, 0))
    at_once = cut(photo, output=output)
    assert at_once.notes == notes
    assert exported(photo=photo, master=cut(photo).data, output=output).notes == notes
    red = Finish(background=ColourBackground(colour=(255, 0, 0)))
    finished, later = cut(photo, finish=red), exported(red, photo=photo, master=cut(photo).data)
    assert finished.notes == later.notes == notes
    assert pixels_of(finished.data)[0, 0].tolist() == [*((255, 0, 0) if notes else (234, 51, 35)), 255]
    np.testing.assert_array_equal(pixels_of(later.data)[0, 0], pixels_of(finished.data)[0, 0])
    with Image.open(io.BytesIO(cut(photo, thumbnail=16).thumbnail)) as small:
        assert small.info["icc_profile"] == profile


def test_a_photo_without_a_subject_is_told() -> None:
    empty = run(remove_background(PHOTO, FakeSession(np.zeros((6, 8), np.uint8)), spec()))
    assert empty.subject is None
    made = exported(Finish(crop=Crop(aspect=(1, 1))), master=empty.data)
    assert (made.width, made.height, made.notes) == (WIDTH, WIDTH, ("no-subject",))


# ---- trouble -------------------------------------------------------------------------------------------


def test_master_and_photo_of_different_sizes_are_refused() -> None:
    other = file_of(scene(WIDTH + 1, HEIGHT))
    with pytest.raises(BadOptionsError, match="97 by 64 pixels"):
        exported(photo=other, edits=[brush("erase", 1, 1, 1)])
    with pytest.raises(BadOptionsError, match="97 by 64 pixels"):
        run(refine(Source(photo=other, master=MASTER), Stroke(points=((5, 5, 5),))))


def test_a_master_that_is_no_png_or_damaged_is_refused() -> None:
    with pytest.raises(BadOptionsError, match="not a PNG"):
        exported(master=PHOTO)
    with pytest.raises(TruncatedImageError):
        exported(master=MASTER[: len(MASTER) // 2])


def test_a_picture_that_is_missing_is_refused() -> None:
    with pytest.raises(BadOptionsError, match="no picture"):
        exported(Finish(background=PictureBackground()))
    seen = session()
    with pytest.raises(BadOptionsError, match="no picture"):
        run(remove_background(PHOTO, seen, spec(), finish=Finish(background=PictureBackground())))
    assert seen.inputs == []  # before the network has run for nothing


def test_a_picture_too_wide_for_the_format_is_refused() -> None:
    with pytest.raises(BadOptionsError, match="at most 16383"):
        exported(Finish(crop=Canvas(width=17_000, height=10)), output=Output(format="webp"))


@pytest.mark.parametrize("stage", ["decode", "mask", "foreground", "compose", "encode"])
def test_it_ends_at_a_checkpoint_that_raises(stage: Stage) -> None:
    async def checkpoint(reached: Stage) -> None:
        if reached == stage:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        exported(WHITE, checkpoint=checkpoint)


def test_running_out_of_memory_is_an_error_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("alphacut.export.render", no_memory)
    with pytest.raises(OutOfMemoryError):
        exported(WHITE)
    monkeypatch.setattr("alphacut.touchup.refine", no_memory)
    with pytest.raises(OutOfMemoryError):
        run(refine(Source(photo=PHOTO, master=MASTER), Stroke(points=((5, 5, 5),))))


def test_a_refined_stroke_is_an_edit_like_others() -> None:
    source = Source(photo=PHOTO, master=MASTER, edits=[brush("restore", 20, 32, 14)])
    patch = run(refine(source, Stroke(points=((30, 32, 10),))))
    made = pixels_of(exported(edits=[*source.edits, patch]).data)[..., 3]
    inside = np.s_[patch.top : patch.top + patch.height, patch.left : patch.left + patch.width]
    levels, share = np.moveaxis(pixels_of(patch.data) / 255, 2, 0)
    before = pixels_of(exported(edits=source.edits).data)[..., 3]
    expected = before[inside] * (1 - share) + 255 * levels * share
    np.testing.assert_allclose(made[inside], expected, atol=1)
    assert np.abs(made[inside].astype(int) - before[inside]).max() > 10
