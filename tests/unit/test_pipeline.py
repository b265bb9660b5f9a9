"""The way of a photo from bytes to bytes: order, cancelling, notes, privacy, copies of pixels."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, _imaging
from PIL.PngImagePlugin import PngInfo

from alphacut import cutting, pipeline, png
from alphacut.compose import cut_out
from alphacut.errors import BadRegionError, Cancelled, OutOfMemoryError, SessionError, TruncatedImageError
from alphacut.output import Output
from alphacut.pipeline import STAGES, Cutout, Stage, remove_background
from alphacut.preprocess import resize
from alphacut.recipe import DEFAULT, IMGLY, PLAIN, REMBG, Filter, Recipe
from alphacut.scaling import ScaledSession
from tests import icc
from tests.helpers import (
    Bytes8,
    FakeSession,
    LuminanceSession,
    array,
    file_of,
    icc_profile,
    noise,
    pixels_of,
    png_chunks,
    run,
    scene,
    spec,
)


def half_map() -> Bytes8:
    """Left half background, right half subject."""
    made = np.zeros((6, 8), np.uint8)
    made[:, 4:] = 255
    return made


def flat_map(level: int) -> Bytes8:
    return np.full((6, 8), level, np.uint8)


def cut(data: bytes, levels: Bytes8 | None = None, **options: object) -> Cutout:
    session = FakeSession(half_map() if levels is None else levels)
    return run(remove_background(data, session, spec(), **options))  # type: ignore[arg-type]


# ---- the result ------------------------------------------------------------------------------------


def test_the_cutout_is_the_photo_where_the_network_says_subject_and_nothing_elsewhere() -> None:
    cutout = cut(file_of(scene(8, 6)))
    pixels = pixels_of(cutout.data)
    np.testing.assert_array_equal(pixels[:, 4:], np.dstack([scene(8, 6), np.full((6, 8), 255)])[:, 4:])
    assert not pixels[:, :4].any()
    assert (cutout.width, cutout.height, cutout.format, cutout.notes) == (8, 6, "PNG", ())


@pytest.mark.parametrize("size", [(40_000, 2), (2, 40_000)])
def test_a_photo_that_is_longer_than_a_canvas_may_be_is_cut_out(size: tuple[int, int]) -> None:
    cutout = cut(file_of(scene(*size)))
    assert (cutout.width, cutout.height) == pixels_of(cutout.data).shape[1::-1] == size


def test_partial_alpha_keeps_the_photos_colours_unmixed() -> None:
    pixels = pixels_of(cut(file_of(scene(8, 6)), flat_map(5), recipe=PLAIN).data)
    np.testing.assert_array_equal(pixels[..., :3], scene(8, 6))
    assert (pixels[..., 3] == 5).all()


def test_alpha_the_photo_brought_along_is_multiplied_never_replaced() -> None:
    photo = noise(8, 6, 4)
    photo[0, :, 3] = 0
    photo[1, :, 3] = 255
    alpha = pixels_of(cut(file_of(photo), flat_map(153), recipe=PLAIN).data)[..., 3]
    assert not alpha[0].any()
    assert (alpha[1] == 153).all()
    assert np.abs(153 * photo[..., 3].astype(float) / 255 - alpha).max() <= 0.5


def test_of_a_photo_whose_background_is_kept_the_subject_is_transparent() -> None:
    photo = noise(8, 6, 4)
    kept = {part: pixels_of(cut(file_of(photo), keep=part).data) for part in ("subject", "background")}
    for part, columns in (("subject", slice(4, 8)), ("background", slice(0, 4))):
        shown = kept[part][:, columns]
        visible = photo[:, columns, 3] > 0
        np.testing.assert_array_equal(shown[visible], photo[:, columns][visible])
    assert not kept["background"][:, 4:].any()


@pytest.mark.parametrize("level", [0, 1, 100, 254, 255])
def test_alpha_of_subject_and_background_add_up(level: int) -> None:
    photo = file_of(scene(8, 6))
    for output in (Output(), Output(format="alpha8"), Output(format="rgba8")):
        alphas = [
            alpha_in(cut(photo, flat_map(level), recipe=PLAIN, output=output, keep=part))
            for part in ("subject", "background")
        ]
        assert alphas == [[level] * 48, [255 - level] * 48]


def alpha_in(cutout: Cutout) -> list[int]:
    if cutout.type == "image/png":
        return [int(level) for level in pixels_of(cutout.data)[..., 3].ravel()]
    return list(cutout.data if cutout.type == "image/x-alpha8" else cutout.data[3::4])


def test_the_box_is_the_subjects_whatever_is_kept() -> None:
    found = {part: cut(file_of(scene(8, 6)), keep=part).subject for part in ("subject", "background")}
    assert found == {"subject": (4, 0, 8, 6), "background": (4, 0, 8, 6)}


def test_the_cutout_has_the_size_of_the_upright_photo() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    cutout = cut(file_of(scene(30, 20), "JPEG", exif=exif))
    assert pixels_of(cutout.data).shape == (30, 20, 4)
    assert (cutout.width, cutout.height) == (20, 30)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_photos_of_extreme_proportions_come_through(size: tuple[int, int]) -> None:
    cutout = cut(file_of(scene(*size)), flat_map(255))
    pixels = pixels_of(cutout.data)
    np.testing.assert_array_equal(pixels[..., :3], scene(*size))
    assert (pixels[..., 3] == 255).all()


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_the_session_sees_the_photo_and_the_result_follows_it(image_format: str) -> None:
    bright = np.zeros((60, 80, 3), np.uint8)
    bright[:, 40:] = 255
    cutout = run(remove_background(file_of(bright, image_format), LuminanceSession(), spec()))
    alpha = pixels_of(cutout.data)[..., 3]
    assert alpha[:, :20].max() <= 3
    assert alpha[:, 60:].min() >= 252


@pytest.mark.parametrize("recipe", [DEFAULT, REMBG, IMGLY], ids=["default", "rembg", "imgly"])
def test_the_way_of_resampling_is_followed_before_and_after_the_network(recipe: Recipe) -> None:
    pixels, levels = noise(40, 30), noise(8, 6, channels=1)
    session, how = FakeSession(levels), recipe.resampling
    cutout = run(remove_background(file_of(pixels), session, spec(), recipe=replace(PLAIN, resampling=how)))
    seen = array(resize(Image.fromarray(pixels), (8, 6), how.shrink))
    np.testing.assert_array_equal(session.inputs[0][0], seen)
    alpha = array(resize(Image.fromarray(levels), (40, 30), how.grow))
    np.testing.assert_array_equal(pixels_of(cutout.data)[..., 3], alpha)


def test_the_default_way_is_followed_when_none_is_named() -> None:
    data, levels = file_of(noise(40, 30)), noise(8, 6, channels=1)
    by_default, other = cut(data, levels), cut(data, levels, recipe=PLAIN)
    assert by_default.data == cut(data, levels, recipe=DEFAULT).data
    assert by_default.data != other.data


# ---- privacy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_nothing_the_photo_told_about_its_owner_is_in_the_cutout(image_format: str) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "a secret description", "the secret artist"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    comment = {"comment": b"a secret comment"} if image_format == "JPEG" else {}
    data = file_of(scene(16, 12), image_format, exif=exif, **comment)
    assert b"secret" in data
    cutout = cut(data)
    for told in (cutout.data, cutout.preview or b""):
        assert b"secret" not in told
        assert b"Exif" not in told
    assert png_chunks(cutout.data) == [b"IHDR", b"IDAT", b"IEND"]


def test_text_of_a_png_is_not_in_the_cutout() -> None:
    text = PngInfo()
    text.add_text("Author", "secret")
    text.add_itxt("XML:com.adobe.xmp", "<secret/>", zip=False)
    data = file_of(scene(8, 6), pnginfo=text)
    assert b"secret" in data
    assert png_chunks(cut(data).data) == [b"IHDR", b"IDAT", b"IEND"]


def test_the_colour_profile_stays_because_colours_would_change_without() -> None:
    png = cut(file_of(scene(8, 6), "JPEG", icc_profile=icc_profile())).data
    with Image.open(io.BytesIO(png)) as image:
        assert image.info["icc_profile"] == icc_profile()


def test_colours_of_the_background_are_not_in_the_file() -> None:
    photo = noise(64, 48)
    pixels = pixels_of(cut(file_of(photo), half_map()).data)
    assert not pixels[pixels[..., 3] == 0].any()
    assert (pixels[..., 3] == 0).sum() > 1000


# ---- notes and preview -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "notes"),
    [
        (0, ("empty-mask",)),
        (12, ("empty-mask",)),
        (13, ("flat-mask",)),
        (128, ("flat-mask",)),
        (242, ("flat-mask",)),
        (243, ("full-mask",)),
        (255, ("full-mask",)),
    ],
)
def test_a_person_is_told_when_nothing_or_everything_was_cut_out(level: int, notes: tuple[str, ...]) -> None:
    assert cut(file_of(scene(8, 6)), flat_map(level)).notes == notes


@pytest.mark.parametrize(
    ("share", "notes"), [(0, ()), (0.4, ()), (0.6, ("undecided-mask",)), (1, ("undecided-mask",))]
)
def test_a_person_is_told_when_the_network_did_not_decide(share: float, notes: tuple[str, ...]) -> None:
    levels = np.zeros((20, 20), np.uint8)
    levels[:10] = 255
    levels[: round(10 * share)] = 128
    assert cut(file_of(scene(8, 6)), levels).notes == notes


def test_a_small_subject_is_no_empty_mask() -> None:
    levels = flat_map(0)
    levels[3, 3] = 255
    assert cut(file_of(scene(8, 6)), levels).notes == ()


def test_a_person_is_told_when_only_the_first_frame_was_used() -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    data = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert cut(data).notes == ("first-frame",)


@pytest.mark.parametrize(
    ("image_format", "shown"),
    [
        ("JPEG", True),
        ("PNG", True),
        ("WEBP", True),
        ("GIF", True),
        ("BMP", True),
        ("TIFF", False),
        ("TGA", False),
        ("PPM", False),
    ],
)
def test_a_preview_is_made_where_browsers_show_nothing(image_format: str, shown: bool) -> None:
    cutout = cut(file_of(scene(40, 30), image_format))
    if shown:
        assert cutout.preview is None
    else:
        assert cutout.preview is not None
        assert (
            np.abs(pixels_of(cutout.preview).astype(int) - scene(40, 30)).mean() < 6
        )  # the photo, not the cutout


def test_the_preview_is_the_photo_as_it_came_in_its_own_colours() -> None:
    photo, levels = disc_on_blue(320)
    cutout = cut(file_of(photo, "TIFF", icc_profile=icc.rgb()), levels)
    assert cutout.preview is not None
    shown = pixels_of(cutout.preview).astype(int)
    red_above_blue, expected = (p[..., 0].astype(int) - p[..., 2] for p in (shown, photo))
    # Cleaned colours are up to 250 off beside the disc; a JPEG loses more or less, by its build.
    assert np.abs(red_above_blue - expected).max() < 120
    with Image.open(io.BytesIO(cutout.preview)) as image:
        assert image.info["icc_profile"] == icc.rgb()


# ---- stages ----------------------------------------------------------------------------------------


def test_stages_are_announced_once_each_in_order_and_timed() -> None:
    passed: list[Stage] = []

    async def checkpoint(stage: Stage) -> None:
        passed.append(stage)

    cutout = cut(file_of(scene(8, 6)), checkpoint=checkpoint)
    assert tuple(passed) == STAGES
    assert tuple(cutout.ms) == STAGES
    assert all(ms >= 0 for ms in cutout.ms.values())


def test_waiting_at_a_checkpoint_is_not_counted_as_work() -> None:
    async def slow(_: Stage) -> None:
        await asyncio.sleep(0.05)

    assert sum(cut(file_of(scene(8, 6)), checkpoint=slow).ms.values()) < 150


@pytest.mark.parametrize("last", STAGES)
def test_cancelling_at_any_stage_ends_the_job_there(last: Stage) -> None:
    passed: list[Stage] = []

    async def checkpoint(stage: Stage) -> None:
        passed.append(stage)
        if stage == last:
            raise Cancelled("Cancelled.")

    session = FakeSession(half_map())
    with pytest.raises(Cancelled):
        run(remove_background(file_of(scene(8, 6)), session, spec(), checkpoint=checkpoint))
    assert tuple(passed) == STAGES[: STAGES.index(last) + 1]
    assert len(session.inputs) == (STAGES.index(last) > STAGES.index("inference"))


def test_bad_files_end_the_job_before_the_network_runs() -> None:
    session = FakeSession(half_map())
    with pytest.raises(TruncatedImageError):
        run(remove_background(file_of(scene(40, 30), "JPEG")[:300], session, spec()))
    assert session.inputs == []


def test_a_network_that_gives_nonsense_gives_an_error_and_no_cutout() -> None:
    nonsense = np.full((1, 1, 6, 8), np.nan, np.float32)
    with pytest.raises(SessionError):
        run(remove_background(file_of(scene(8, 6)), ScaledSession(lambda _: nonsense, spec()), spec()))


@pytest.mark.parametrize(
    "stage", ["network_input", "alpha_of", "clean", "cut_out", "encode_preview", "encode_png"]
)
def test_running_out_of_memory_anywhere_is_told_as_such(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    module = {"encode_png": png, "encode_preview": pipeline}.get(stage, cutting)
    monkeypatch.setattr(module, stage, no_memory)
    with pytest.raises(OutOfMemoryError):
        cut(file_of(scene(8, 6), "TIFF"))


# ---- regions ---------------------------------------------------------------------------------------


def test_the_network_sees_what_is_around_the_region_and_all_but_its_margin_is_transparent() -> None:
    photo, session = noise(100, 80), FakeSession(flat_map(255))
    cutout = run(remove_background(file_of(photo), session, spec(), region=(20, 30, 60, 50)))
    part = photo[8:72, 8:72]
    np.testing.assert_array_equal(
        session.inputs[0][0], array(resize(Image.fromarray(part), (8, 6), Filter.BILINEAR))
    )
    alpha = pixels_of(cutout.data)[..., 3]
    assert (alpha[28:52, 16:64] == 255).all()
    assert np.count_nonzero(alpha) == 24 * 48
    assert (cutout.width, cutout.height) == (100, 80)


def test_the_edges_of_a_region_are_found_as_those_of_the_part_alone() -> None:
    photo, levels = noise(100, 80), noise(8, 6, channels=1)
    whole = pixels_of(cut(file_of(photo), levels, region=(20, 30, 60, 50)).data)[..., 3]
    alone = pixels_of(cut(file_of(photo[8:72, 8:72].copy()), levels).data)[..., 3]
    np.testing.assert_array_equal(whole[28:52, 16:64], alone[20:44, 8:56])


def test_a_region_keeps_the_alpha_that_the_photo_had() -> None:
    photo = noise(40, 30, 4)
    alpha = pixels_of(cut(file_of(photo), flat_map(255), region=(0, 0, 40, 30)).data)[..., 3]
    np.testing.assert_array_equal(alpha, photo[..., 3])


def test_a_region_beside_the_photo_ends_the_job_before_the_network_runs() -> None:
    session = FakeSession(half_map())
    with pytest.raises(BadRegionError):
        run(remove_background(file_of(scene(8, 6)), session, spec(), region=(20, 20, 30, 30)))
    assert not session.inputs


# ---- edges and colours -----------------------------------------------------------------------------


def disc_on_blue(side: int) -> tuple[Bytes8, Bytes8]:
    """An orange disc on blue with a soft edge, and its map at a tenth of the size."""
    down, across = np.mgrid[:side, :side] - (side - 1) / 2
    share = np.clip((side / 4 - np.hypot(down, across)) / 6 + 0.5, 0, 1)[..., None]
    photo = np.rint(share * (230, 120, 20) + (1 - share) * (20, 40, 160)).astype(np.uint8)
    levels = Image.fromarray(np.rint(255 * share[..., 0]).astype(np.uint8)).resize((side // 10,) * 2)
    return photo, array(levels)


def test_the_old_background_is_taken_out_of_soft_pixels() -> None:
    photo, levels = disc_on_blue(320)
    before, after = (
        pixels_of(cut(file_of(photo), levels, recipe=recipe).data) for recipe in (PLAIN, DEFAULT)
    )
    blue_before, blue_after = (p[(p[..., 3] > 60) & (p[..., 3] < 255)][:, 2].mean() for p in (before, after))
    assert blue_after - 20 < 0.5 * (blue_before - 20)


def test_colours_stay_as_they_are_in_photos_that_had_alpha() -> None:
    photo, levels = disc_on_blue(320)
    with_alpha = np.dstack([photo, np.full((320, 320), 200, np.uint8)])
    pixels = pixels_of(cut(file_of(with_alpha), levels).data)
    kept = pixels[..., 3] > 0
    np.testing.assert_array_equal(pixels[kept][:, :3], photo[kept])


def test_a_transparent_corner_keeps_nothing_from_being_cleaned() -> None:
    photo, levels = disc_on_blue(320)
    existing = np.full((320, 320), 255, np.uint8)
    existing[:, :120] = 128
    opaque, partly = (
        pixels_of(cut(file_of(pixels), levels).data) for pixels in (photo, np.dstack([photo, existing]))
    )
    soft = (partly[..., 3] > 60) & (partly[..., 3] < 255)
    assert np.abs(opaque[:, 160:].astype(int) - partly[:, 160:])[soft[:, 160:]].max() <= 8
    seen_through = (existing < 255) & (partly[..., 3] > 0)
    np.testing.assert_array_equal(partly[seen_through][:, :3], photo[seen_through])


# ---- copies ----------------------------------------------------------------------------------------


class Ledger:
    """Counts the bytes that pixels take: Pillow's own by its arena, all others by tracemalloc."""

    block = 1 << 16

    def __init__(self) -> None:
        self.taken: dict[Stage, int] = {}
        self.python_peaks: dict[Stage, int] = {}
        self._stage: Stage | None = None
        self._python = 0

    async def checkpoint(self, stage: Stage | None) -> None:
        if self._stage is not None:
            stats = _imaging.get_stats()
            blocks = stats["allocated_blocks"] + stats["reused_blocks"]
            self.taken[self._stage] = blocks * self.block
            self.python_peaks[self._stage] = tracemalloc.get_traced_memory()[1] - self._python
        self._stage = stage
        _imaging.reset_stats()
        tracemalloc.reset_peak()
        self._python = tracemalloc.get_traced_memory()[0]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    size, kept = _imaging.get_block_size(), _imaging.get_blocks_max()
    _imaging.set_block_size(Ledger.block)
    _imaging.set_blocks_max(0)
    _imaging.clear_cache()
    tracemalloc.start()
    try:
        yield Ledger()
    finally:
        tracemalloc.stop()
        _imaging.set_block_size(size)
        _imaging.set_blocks_max(kept)


WIDTH, HEIGHT = 4000, 3000  # 12 megapixels
PIXELS = WIDTH * HEIGHT
COLOUR, ALPHA = 4 * PIXELS, PIXELS  # Pillow keeps RGB in four bytes
SOFT = PIXELS // 8  # between the halves of `half_map`
MARGIN = PIXELS // 5  # rounding to blocks


def audit(data: bytes, ledger: Ledger) -> None:
    async def job() -> None:
        await remove_background(data, FakeSession(half_map()), spec(320, 320), checkpoint=ledger.checkpoint)
        await ledger.checkpoint(None)

    run(job())
    print({stage: f"{taken / PIXELS:.2f} bytes a pixel" for stage, taken in ledger.taken.items()})


def test_on_the_main_path_pixels_are_decoded_once_and_never_copied(ledger: Ledger) -> None:
    audit(file_of(scene(WIDTH, HEIGHT), "JPEG"), ledger)
    allowed = {
        "decode": COLOUR,
        "preprocess": PIXELS // 2,  # the network's size, and an image 3 times as wide on the way there
        "inference": 0,
        # Alpha, alpha that is as wide as the photo only, where it is soft, and tiles, one after the other.
        # Half of it or more: where the subject's box is.
        "mask": 3 * ALPHA + ALPHA * 320 // HEIGHT + 40 * SOFT,
        "foreground": ALPHA + COLOUR // 16 + 16 * SOFT,  # where alpha is soft, a reduced photo, tiles
        "compose": ALPHA,  # where alpha is 0; alpha itself goes into the colours' fourth byte
        "encode": 0,
    }
    assert ledger.taken.keys() == allowed.keys()
    for stage, bytes_ in allowed.items():
        assert ledger.taken[stage] <= bytes_ + MARGIN, stage  # type: ignore[index]
    # NumPy and bytes hold nothing of the photo's size: the input is the network's, the PNG is compressed.
    for stage in ("decode", "preprocess", "mask", "foreground", "compose"):
        assert ledger.python_peaks[stage] < COLOUR // 2, stage  # type: ignore[index]


def test_the_ledger_notices_a_copy(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "cut_out", lambda photo, alpha: cut_out(photo, alpha).copy())
    audit(file_of(scene(WIDTH, HEIGHT), "JPEG"), ledger)
    assert ledger.taken["compose"] > ALPHA + MARGIN + COLOUR // 2
