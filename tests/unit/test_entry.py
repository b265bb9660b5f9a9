"""What the worker calls, with a host made of Python: the same result as natively, errors as plain objects."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from alphacut import cutting
from alphacut.browser.entry import Application, to_wire
from alphacut.errors import BadModelError, SessionError
from alphacut.models import ModelSpec
from alphacut.pipeline import STAGES, remove_background
from alphacut.preprocess import network_input
from tests.fakes import Ffi, Host, TypedArray, from_entries
from tests.helpers import Bytes8, LuminanceSession, file_of, noise, pixels_of, run, scene, spec

PHOTO = file_of(scene(40, 30), "JPEG", quality=90)


def remove(data: bytes, host: Host, described: ModelSpec | None = None) -> tuple[Any, Ffi]:
    ffi = Ffi()
    application = Application(ffi, from_entries)
    table = json.dumps((described or spec()).to_table())
    reply = run(application.remove(TypedArray(np.frombuffer(data, np.uint8)), table, host))
    assert ffi.alive == 0  # whatever happened
    return reply, ffi


@pytest.mark.parametrize(
    "data",
    [
        PHOTO,
        file_of(noise(20, 10, 4)),
        file_of(scene(30, 20), "TIFF"),
        file_of(noise(1, 300)),
        file_of(noise(9, 9, 1), "GIF"),
    ],
    ids=["JPEG", "with alpha", "TIFF", "narrow", "GIF"],
)
def test_the_browsers_cutout_is_the_native_one(data: bytes) -> None:
    session = LuminanceSession()
    reply, _ = remove(data, Host(session))
    native = run(remove_background(data, session, spec()))
    assert reply.value.data.to_bytes() == native.data
    assert (reply.value.width, reply.value.height) == (native.width, native.height)
    assert (reply.value.format, reply.value.notes) == (native.format, list(native.notes))
    preview = None if reply.value.preview is None else reply.value.preview.to_bytes()
    assert preview == native.preview
    assert pixels_of(native.data)[..., 3].std() > 1


def test_the_host_hears_of_each_stage_and_the_timings_name_them() -> None:
    host = Host(LuminanceSession())
    reply, _ = remove(PHOTO, host)
    assert tuple(host.stages) == STAGES
    assert tuple(vars(reply.value.ms)) == STAGES


def test_the_input_reaches_the_host_without_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Bytes8] = []

    def watched(*arguments: Any) -> Bytes8:
        made.append(network_input(*arguments))
        return made[-1]

    monkeypatch.setattr(cutting, "network_input", watched)
    host = Host(LuminanceSession())
    remove(PHOTO, host)
    assert np.shares_memory(host.seen[0], made[0])


@pytest.mark.parametrize("stage", STAGES)
def test_cancelling_at_any_stage_gives_the_error_cancelled_and_leaves_nothing(stage: str) -> None:
    host = Host(LuminanceSession(), cancel_at=stage)
    reply, _ = remove(PHOTO, host)
    assert reply.error.code == "cancelled"
    assert not hasattr(reply, "value")
    assert host.stages[-1] == stage


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"plain text", "not-an-image"),
        (b"%PDF-1.7", "unsupported-format"),
        (PHOTO[:400], "truncated-image"),
    ],
)
def test_bad_photos_give_errors_with_code_message_hint_and_details(data: bytes, code: str) -> None:
    host = Host(LuminanceSession())
    error = remove(data, host)[0].error
    assert error.code == code
    assert error.message.endswith(".")
    assert error.hint
    assert "Traceback" in error.details
    assert host.seen == []


def test_the_next_photo_works_after_a_bad_one() -> None:
    ffi = Ffi()
    application, host = Application(ffi, from_entries), Host(LuminanceSession())
    table = json.dumps(spec().to_table())

    async def both() -> list[Any]:
        photos = (TypedArray(np.frombuffer(data, np.uint8)) for data in (b"bad", PHOTO))
        return [await application.remove(photo, table, host) for photo in photos]

    bad, good = run(both())
    assert bad.error.code == "not-an-image"
    assert good.value.width == 40


def test_errors_of_the_network_reach_the_page_with_their_code() -> None:
    class Failing:
        async def run(self, pixels: Bytes8) -> Bytes8:
            raise SessionError("The network failed: no reason", hint="Try the other device.")

    error = remove(PHOTO, Host(Failing()))[0].error
    assert (error.code, error.message, error.hint) == (
        "inference-failed",
        "The network failed: no reason",
        "Try the other device.",
    )


@pytest.mark.parametrize("shape", [(1, 2, 6, 8), (6, 8), (1, 6, 8), (1, 1, 0, 8), (5,)])
def test_nonsense_from_the_network_gives_an_error_and_no_cutout(shape: tuple[int, ...]) -> None:
    host = Host()
    host.reply = host.answer(np.zeros(shape, np.uint8), shape)
    assert remove(PHOTO, host)[0].error.code == "inference-failed"
    assert host.releases == 1


def test_a_device_that_fails_at_first_gives_the_same_cutout() -> None:
    host = Host(LuminanceSession(), fails=2)
    again = remove(PHOTO, host)[0].value.data.to_bytes()
    assert again == remove(PHOTO, Host(LuminanceSession()))[0].value.data.to_bytes()
    assert (len(host.seen), host.releases) == (3, 1)
    assert tuple(host.stages) == STAGES  # and none of them twice


def test_running_out_of_memory_anywhere_is_an_error_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("alphacut.browser.buffers.Buffers.to_bytes", no_memory)
    assert remove(PHOTO, Host(LuminanceSession()))[0].error.code == "out-of-memory"


def test_a_model_that_can_not_be_meant_is_an_error() -> None:
    ffi = Ffi()
    table = json.dumps({**spec().to_table(), "width": 0})
    photo = TypedArray(np.frombuffer(PHOTO, np.uint8))
    reply = run(Application(ffi, from_entries).remove(photo, table, Host(LuminanceSession())))
    assert reply.error.code == "bad-model"


def test_our_own_mistakes_are_not_taken_for_the_users() -> None:
    class Broken:
        async def run(self, pixels: Bytes8) -> Bytes8:
            raise TypeError("a mistake of the program")

    with pytest.raises(TypeError, match="a mistake"):
        remove(PHOTO, Host(Broken()))


def test_details_tell_the_cause_too() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise BadModelError("outer", hint="Do otherwise.") from inner
    except BadModelError as error:
        wire = to_wire(error)
    assert (wire["code"], wire["message"], wire["hint"]) == ("bad-model", "outer", "Do otherwise.")
    assert "KeyError: 'inner'" in str(wire["details"])


def test_a_png_made_by_the_hosts_pool_holds_the_same_pixels() -> None:
    photo = file_of(scene(700, 500), "JPEG", quality=90)
    host = Host(LuminanceSession(), lanes=2)
    reply, _ = remove(photo, host)
    assert host.strips > 2
    native = run(remove_background(photo, LuminanceSession(), spec()))
    np.testing.assert_array_equal(pixels_of(reply.value.data.to_bytes()), pixels_of(native.data))


def test_pillow_makes_the_png_where_the_pool_fails() -> None:
    photo = file_of(scene(700, 500), "JPEG", quality=90)
    native = run(remove_background(photo, LuminanceSession(), spec()))
    failed = SimpleNamespace(failed=True)
    host = Host(LuminanceSession(), lanes=2, strip_fails_at=1, strip_reply=failed)
    reply, _ = remove(photo, host)
    assert host.strips > 1
    assert reply.value.data.to_bytes() == native.data


def test_a_job_that_is_cancelled_while_its_png_is_made_ends_there() -> None:
    error = SimpleNamespace(code="cancelled", message="Cancelled.", hint="")
    host = Host(LuminanceSession(), lanes=2, strip_fails_at=1, strip_reply=SimpleNamespace(error=error))
    reply, _ = remove(file_of(scene(700, 500), "JPEG", quality=90), host)
    assert reply.error.code == "cancelled"


# ---- finished files --------------------------------------------------------------------------------------

STROKE = {"points": [20, 15, 6], "hardness": 0.5, "opacity": 1}


def files(**more: bytes) -> SimpleNamespace:
    """What the worker sends with `export` and `refine`."""
    master = run(remove_background(PHOTO, LuminanceSession(), spec())).data
    sent = {"photo": PHOTO, "master": master, **more}
    arrays = {name: TypedArray(np.frombuffer(data, np.uint8)) for name, data in sent.items()}
    return SimpleNamespace(**{"picture": None, "mask": None, "patches": [], **arrays})


def ask(method: str, sent: SimpleNamespace, host: Host, **options: Any) -> Any:
    ffi = Ffi()
    reply = run(getattr(Application(ffi, from_entries), method)(sent, host, json.dumps(options)))
    assert ffi.alive == 0
    return reply


def test_a_refined_stroke_goes_into_an_export() -> None:
    sent, host = files(), Host(lanes=2)
    patch = ask("refine", sent, host, edits=[{"kind": "erase", **STROKE}], stroke=STROKE).value
    assert host.stages == ["decode", "mask"]
    edit = {"kind": "patch", **{n: getattr(patch, n) for n in ("left", "top", "width", "height")}, "data": 0}
    sent.patches = [patch.data]
    made = ask("export", sent, host, edits=[edit], finish={}).value
    alpha = pixels_of(made.data.to_bytes())[..., 3]
    inside = np.s_[patch.top : patch.top + patch.height, patch.left : patch.left + patch.width]
    levels, share = np.moveaxis(pixels_of(patch.data.to_bytes()).astype(float), 2, 0)
    np.testing.assert_allclose(alpha[inside][share == 255], levels[share == 255])
    assert (share == 255).any()
    assert (made.type, made.width, made.height, made.notes) == ("image/png", 40, 30, [])


def test_a_picture_comes_with_a_finish_at_once_or_later() -> None:
    picture = file_of(np.full((9, 9, 3), 77, np.uint8))
    finish = {"background": {"kind": "picture"}, "crop": {"margin": 0.5}}
    later = ask("export", files(picture=picture), Host(), finish=finish).value
    photo, pixels = (TypedArray(np.frombuffer(data, np.uint8)) for data in (PHOTO, picture))
    table, options = json.dumps(spec().to_table()), json.dumps({"finish": finish, "thumbnail": 16})
    application, host = Application(Ffi(), from_entries), Host(LuminanceSession())
    cutout = run(application.remove(photo, table, host, options, pixels)).value
    np.testing.assert_array_equal(pixels_of(cutout.data.to_bytes()), pixels_of(later.data.to_bytes()))
    assert max(pixels_of(cutout.thumbnail.to_bytes()).shape[:2]) == 16
    assert set(vars(cutout.subject)) == {"left", "top", "right", "bottom"}


def test_a_mask_is_put_on_a_picture() -> None:
    photo, mask = scene(40, 30), noise(40, 30, 1)
    sent, host = files(photo=file_of(photo), mask=file_of(mask), master=b""), Host(lanes=2)
    made = ask("export", sent, host, edits=[], finish={}).value
    assert (made.type, made.width, made.height) == ("image/png", 40, 30)
    assert host.stages == ["decode", "mask", "compose", "encode"]
    pixels = pixels_of(made.data.to_bytes())
    np.testing.assert_array_equal(pixels[..., 3], mask)
    np.testing.assert_array_equal(pixels[mask > 0][:, :3], photo[mask > 0])
    for more in ({"finish": {"softness": 0.5}}, {"edits": [{"kind": "erase", **STROKE}]}):
        assert ask("export", sent, Host(), **more).error.code == "bad-options"


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("export", {"edits": [{"kind": "patch"}]}),
        ("export", {"finish": {"glow": 1}}),
        ("export", {"region": {}}),
        ("refine", {"edits": []}),
    ],
)
def test_nonsense_is_bad_options_there_too(method: str, options: dict[str, Any]) -> None:
    assert ask(method, files(), Host(), **options).error.code == "bad-options"


@pytest.mark.parametrize("stage", ["decode", "mask", "foreground", "compose", "encode"])
def test_an_export_is_cancelled_at_any_stage(stage: str) -> None:
    assert ask("export", files(), Host(cancel_at=stage), finish={}).error.code == "cancelled"
