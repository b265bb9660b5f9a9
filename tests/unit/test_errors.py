"""Codes are stable, messages and hints are for people."""

from __future__ import annotations

import pytest

from alphacut import errors
from alphacut.errors import READABLE_FORMATS, AlphacutError

CODES = {
    "AlphacutError": "internal",
    "Cancelled": "cancelled",
    "ImageError": "not-an-image",
    "EmptyFileError": "empty-file",
    "NotAnImageError": "not-an-image",
    "UnsupportedFormatError": "unsupported-format",
    "TruncatedImageError": "truncated-image",
    "ImageTooLargeError": "image-too-large",
    "ZeroSizeImageError": "zero-size-image",
    "BadRegionError": "bad-region",
    "OutOfMemoryError": "out-of-memory",
    "BadOptionsError": "bad-options",
    "BadModelError": "bad-model",
    "UnknownModelError": "unknown-model",
    "RuntimeMissingError": "runtime-failed",
    "SessionError": "inference-failed",
}

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, AlphacutError)
}


def test_codes_are_as_they_were_published() -> None:
    assert {name: error.code for name, error in CLASSES.items()} == CODES


@pytest.mark.parametrize("error", CLASSES.values(), ids=list(CLASSES))
def test_an_error_carries_its_message_and_a_hint_that_can_be_replaced(error: type[AlphacutError]) -> None:
    made = error("What happened.")
    assert (str(made), made.message, made.hint) == ("What happened.", "What happened.", error.hint)
    other = error("What happened.", hint="Do this.")
    assert other.hint == "Do this."
    assert error("Again.").hint == error.hint  # one error's hint is not the next one's


@pytest.mark.parametrize("name", ["NotAnImageError", "UnsupportedFormatError"])
def test_who_comes_with_the_wrong_format_is_told_the_right_ones(name: str) -> None:
    assert all(readable in CLASSES[name].hint for readable in READABLE_FORMATS)


def test_all_that_is_wrong_with_a_photo_is_an_image_error() -> None:
    of_images = {name for name, error in CLASSES.items() if issubclass(error, errors.ImageError)}
    assert of_images == {
        "ImageError",
        "EmptyFileError",
        "NotAnImageError",
        "UnsupportedFormatError",
        "TruncatedImageError",
        "ImageTooLargeError",
        "ZeroSizeImageError",
    }
