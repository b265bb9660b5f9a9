"""What files tell about whoever took the photo: nothing that was not asked for, however they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import alphacut
from alphacut import api
from alphacut.output import Output
from tests import traces
from tests.helpers import file_of, run, scene
from tests.noting import Noted
from tests.traces import ASKED, NAME, PHOTOS, TOLD, beside_the_picture, told_by
from tests.unit.test_api import Backend
from tests.unit.test_command import Command, command  # noqa: F401 - a fixture
from tests.unit.test_pipeline import cut

PIXELS = scene(40, 30)
FILES = {kind: make(PIXELS) for kind, make in PHOTOS.items()}
WRITTEN: dict[str, dict[str, Any]] = {
    "PNG": {"format": "png"}, "PNG, small": {"format": "png", "effort": "small"},
    "PNG, 16 bits": {"format": "png", "depth": 16}, "WebP": {"format": "webp"},
    "WebP, lossless": {"format": "webp", "lossless": True}, "JPEG": {"format": "jpeg"},
    "JPEG, small": {"format": "jpeg", "effort": "small"}, "mask": {"format": "mask-png"},
}  # fmt: skip
NOTHING = "nothing"


def kind_of(output: dict[str, Any]) -> str:
    return str(output["format"]).removeprefix("mask-")


def listed(told: set[str]) -> str:
    return "; ".join(name for name in TOLD if name in told) or NOTHING


def test_each_thing_is_found_where_it_is() -> None:
    """Or it could not be missed."""
    found = {kind: told_by(file) for kind, file in FILES.items()}
    assert set.union(*found.values()) == set(TOLD)
    assert found["JPEG"] == set(TOLD)
    assert {"EXIF thumbnail", "GPS position", "comments, texts", "time", "C2PA claims"} <= found["PNG"]
    assert "comments, texts" in found["GIF"]
    assert beside_the_picture(FILES["JPEG"], "jpeg") >= {"APP0 JFXX", "APP13 Photoshop 3.", "behind", "FFFE"}
    assert beside_the_picture(FILES["PNG"], "png") >= {
        "eXIf",
        "tEXt",
        "zTXt",
        "iTXt",
        "tIME",
        "caBX",
        "behind",
    }
    assert beside_the_picture(FILES["WebP"], "webp") == {"EXIF", "XMP "}
    assert traces.opened(FILES["JPEG"]).getexif()[0x0110] == "CAMERA-MODEL"


@pytest.mark.parametrize("kind", FILES)
def test_nothing_is_told_that_was_not_asked_for(kind: str, noted: Noted) -> None:
    asked_for = set[str]()
    for name, options in WRITTEN.items():
        file = cut(FILES[kind], output=Output(**options)).data
        assert told_by(file) == set(), name
        assert beside_the_picture(file, kind_of(options)) == set(), name
        kept = cut(FILES[kind], output=Output(**options, metadata="keep")).data if name != "mask" else file
        assert told_by(kept) <= set(ASKED), name
        assert beside_the_picture(kept, kind_of(options), asked=True) == set(), name
        asked_for |= told_by(kept)
    noted.row(
        "metadata",
        photo=kind,
        tells=listed(told_by(FILES[kind])),
        written_as="; ".join(WRITTEN),
        told_by_the_files=NOTHING,
        told_if_EXIF_was_asked_for=listed(asked_for),
    )


@pytest.mark.parametrize("kind", FILES)
def test_the_python_api_gives_pictures_that_tell_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_backends", [Backend()])
    cutout = run(alphacut.remove_background(FILES[kind]))
    assert set(cutout.info) <= {"icc_profile"}
    saved = file_of(cutout, "PNG", icc_profile=cutout.info.get("icc_profile"))
    assert told_by(saved) == set()
    assert beside_the_picture(saved, "png") == set()
    given = run(alphacut.remove_background(traces.opened(FILES[kind])))
    assert told_by(file_of(given, "PNG", icc_profile=given.info.get("icc_profile"))) == set()


@pytest.mark.parametrize(("kind", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("TIFF", "tif")])
def test_the_command_writes_files_that_tell_nothing(
    command: Command,  # noqa: F811
    kind: str,
    ending: str,
) -> None:
    command.put(f"{NAME}.{ending}", data=FILES[kind])
    for written in ("png", "webp", "jpg"):
        assert command(f"{NAME}.{ending}", "--format", written, "-o", f"out/{written}/").status == 0
        (made,) = Path(command.folder / "out" / written).iterdir()
        assert told_by(made.read_bytes()) == set(), written
        assert beside_the_picture(made.read_bytes(), written.replace("jpg", "jpeg")) == set(), written
