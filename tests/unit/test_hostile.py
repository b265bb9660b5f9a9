"""Every file that tries a reader ends as a cutout or as an error with a code, and the next photo works."""

from __future__ import annotations

from collections import Counter

import pytest
from PIL import Image

from alphacut.errors import AlphacutError, ImageError
from alphacut.output import Output
from alphacut.pipeline import Cutout, remove_background
from tests import nasty
from tests.helpers import LuminanceSession, file_of, run, spec
from tests.noting import Noted

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),  # about damage, which is what is tested
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]

OUTPUTS = (
    Output(), Output(effort="small"), Output(format="webp"), Output(format="webp", lossless=True),
    Output(format="jpeg"), Output(format="mask-png"), Output(depth=16), Output(format="rgba8"),
    Output(background=(200, 20, 90)), Output(premultiplied=True),
)  # fmt: skip


def cut(data: bytes, output: Output | None = None) -> Cutout:
    job = remove_background(data, LuminanceSession(), spec(), output=output or Output(), thumbnail=64)
    return run(job)


def outcome_of(data: bytes) -> str:
    """Say "cutout" or the code of the error, and see that either can be right."""
    try:
        cutout = cut(data)
    except AlphacutError as error:
        assert error.message
        assert error.code in nasty.OUTCOMES, error
        return error.code
    made = nasty.opened(cutout.data)
    assert (made.mode, made.size) == ("RGBA", (cutout.width, cutout.height))
    assert sorted(made.size) == sorted(nasty.told_size(data) or made.size)
    assert not nasty.tells_place(cutout.data)
    return "cutout"


@pytest.mark.parametrize("group", nasty.GROUPS)
def test_every_nasty_file_is_cut_out_or_refused_with_a_code(group: str, noted: Noted) -> None:
    good = file_of(nasty.photo())
    before, outcomes = cut(good).data, Counter[str]()
    for name, data in nasty.GROUPS[group]():
        outcome = outcome_of(data)
        outcomes[outcome] += 1
        if outcome != "cutout":
            assert cut(good).data == before, name
    noted.row("hostile", **nasty.row(f"{group}, CPython", outcomes))


def test_no_file_that_is_made_tells_the_place_or_the_camera(noted: Noted) -> None:
    count = 0
    for kind, data in nasty.placed():
        assert nasty.tells_place(data), kind
        for output in OUTPUTS:
            cutout = cut(data, output)
            assert not nasty.tells_place(cutout.data), (kind, output)
            assert not nasty.tells_place((cutout.preview or b"") + (cutout.thumbnail or b"")), kind
            count += 1
    noted.row("places", files="made by CPython", made=f"{count}", that_tell_any_of_it="0")


def test_the_place_would_be_found() -> None:
    kept = cut(next(nasty.placed())[1], Output(metadata="keep"))
    assert nasty.tells_place(kept.data)
    assert not nasty.tells_place(file_of(Image.new("RGB", (9, 9))))


@pytest.mark.parametrize("code", ["internal", "out-of-memory", "cancelled", "HANG"])
def test_a_code_that_tells_nothing_of_the_file_is_no_outcome(code: str) -> None:
    with pytest.raises(AssertionError):
        nasty.row("any files", Counter([code, "cutout"]))


def test_every_error_of_a_file_is_an_outcome() -> None:
    assert {"cutout", *(kind.code for kind in ImageError.__subclasses__())} == nasty.OUTCOMES
