"""Where the subject is, and which part is shown: margins, aspects, canvases, frames beyond the photo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.errors import BadOptionsError
from alphacut.finish import EMPTY, Canvas, Crop, Finish, Frame
from alphacut.framing import MOST_ENLARGED, frame_of, subject_box
from tests.helpers import noise

SUBJECTS = st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(1, 400), st.integers(1, 400)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)
SIZE = (700, 700)


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 20), st.integers(0, 255))
def test_the_subjects_box_holds_every_pixel_of_128_and_more(
    seed: int, width: int, height: int, cut: int
) -> None:
    levels = noise(width, height, 1, seed)
    levels[levels > cut] //= 4
    rows, columns = np.nonzero(levels >= 128)
    found = subject_box(Image.fromarray(levels))
    if not len(rows):
        assert found is None
    else:
        assert found == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_nothing_asked_is_the_whole_photo_with_or_without_a_subject() -> None:
    whole = Frame(left=0, top=0, right=70, bottom=50, width=70, height=50)
    assert frame_of(EMPTY, None, (70, 50)).frame == frame_of(EMPTY, (1, 2, 3, 4), (70, 50)).frame == whole


@given(SUBJECTS, st.floats(0, 1))
def test_a_crop_is_the_subjects_box_and_its_margin_to_half_a_pixel(
    subject: tuple[int, int, int, int], margin: float
) -> None:
    frame = frame_of(Finish(crop=Crop(margin=margin)), subject, SIZE).frame
    left, top, right, bottom = subject
    room = margin * max(right - left, bottom - top)
    assert abs(frame.left - (left - room)) <= 1
    assert abs(frame.bottom - (bottom + room)) <= 1
    assert (frame.width, frame.height) == (frame.right - frame.left, frame.bottom - frame.top)
    assert frame.scale == (1, 1)


def test_without_margin_a_crop_is_the_subjects_box() -> None:
    frame = frame_of(Finish(crop=Crop()), (10, 20, 33, 41), SIZE).frame
    assert (frame.left, frame.top, frame.width, frame.height) == (10, 20, 23, 21)


@given(SUBJECTS, st.floats(0, 1), st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_an_aspect_widens_one_direction_around_the_same_middle(
    subject: tuple[int, int, int, int], margin: float, aspect: tuple[int, int]
) -> None:
    plain = frame_of(Finish(crop=Crop(margin=margin)), subject, SIZE).frame
    frame = frame_of(Finish(crop=Crop(margin=margin, aspect=aspect)), subject, SIZE).frame
    assert frame.width >= plain.width
    assert frame.height >= plain.height
    assert frame.width == plain.width or frame.height == plain.height
    wanted = aspect[0] / aspect[1]
    assert abs(frame.width - wanted * frame.height) <= max(1, wanted)
    assert abs(frame.left + frame.right - subject[0] - subject[2]) <= 1


@given(SUBJECTS, st.integers(1, 3000), st.integers(1, 3000), st.floats(0.01, 1))
def test_on_a_canvas_the_subject_fills_its_share_in_the_tighter_direction(
    subject: tuple[int, int, int, int], width: int, height: int, fill: float
) -> None:
    frame, limited = frame_of(Finish(crop=Canvas(width=width, height=height, fill=fill)), subject, SIZE)
    assert (frame.width, frame.height) == (width, height)
    across, down = frame.scale
    assert across == pytest.approx(down)
    share = max((subject[2] - subject[0]) * across / width, (subject[3] - subject[1]) * down / height)
    if limited:
        assert across == pytest.approx(MOST_ENLARGED)
        assert share < fill
    else:
        assert share == pytest.approx(fill)
    assert (frame.left + frame.right) / 2 == pytest.approx((subject[0] + subject[2]) / 2)
    assert (frame.top + frame.bottom) / 2 == pytest.approx((subject[1] + subject[3]) / 2)


def test_an_explicit_frame_wins_and_is_taken_as_it_is() -> None:
    frame = Frame(left=-5, top=2.5, right=10, bottom=20, width=30, height=7)
    assert frame_of(Finish(frame=frame, crop=Crop(margin=1)), (1, 2, 3, 4), SIZE).frame == frame


def test_without_a_subject_the_whole_photo_is_taken_for_it() -> None:
    frame = frame_of(Finish(crop=Crop(aspect=(1, 1))), None, (300, 200)).frame
    assert (frame.left, frame.top, frame.right, frame.bottom) == (0, -50, 300, 250)


def test_pictures_that_are_too_large_are_refused_with_their_size() -> None:
    with pytest.raises(BadOptionsError, match="30000 by 30000"):
        frame_of(Finish(crop=Canvas(width=30_000, height=30_000)), (0, 0, 10, 10), SIZE)
