"""What `import alphacut` offers, on a backend that stands in for a network; golden tests run the real one."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

import alphacut
from alphacut import api
from alphacut.backend import Opened, Tell
from alphacut.errors import (
    AlphacutError,
    BadOptionsError,
    BadRegionError,
    OutOfMemoryError,
    UnknownModelError,
)
from alphacut.finish import ColourBackground, Crop, Finish
from alphacut.foreign import Decoder
from alphacut.output import Output
from alphacut.pipeline import remove_background
from tests.helpers import ROOT, Bytes8, LuminanceSession, file_of, icc_profile, noise, pixels_of, run, spec

PHOTO = noise(16, 12)
FILE = file_of(PHOTO)
SPEC = spec(8, 6)


class Backend:
    """One model without notice, one with; counts what is opened."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.configured: Any = None
        self.disposed = 0

    async def open(self, model: str, tell: Tell) -> Opened:
        await asyncio.sleep(0)
        if model not in {"plain", "u2netp", "odd"}:
            raise UnknownModelError(f"There is no model {model!r}.")
        notice = "Ask a lawyer." if model == "odd" else ""
        tell("Odd", notice)
        self.opened.append(model)
        return Opened(LuminanceSession(), SPEC, "Odd", notice)

    async def dispose(self) -> None:
        self.disposed += 1

    def configure(self, site: str | None, device: str | None) -> None:
        self.configured = (site, device)

    def decoder(self, data: bytes) -> Decoder | None:
        return None


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    made = Backend()
    monkeypatch.setattr(api, "_backends", [made])
    monkeypatch.setattr(api, "_told", set())
    yield made


def cut(image: Any = FILE, **options: Any) -> Image.Image:
    return run(alphacut.remove_background(image, **options))


def of_file(data: bytes = FILE, **options: Any) -> Bytes8:
    """Pixels of the file that the pipeline makes."""
    return pixels_of(run(remove_background(data, LuminanceSession(), SPEC, **options)).data)


@pytest.mark.parametrize(
    "image",
    [FILE, bytearray(FILE), Image.fromarray(PHOTO), PHOTO],
    ids=lambda image: type(image).__name__,
)
def test_the_result_is_the_file_s_whatever_is_given(image: Any) -> None:
    cutout = cut(image)
    assert (cutout.mode, cutout.size) == ("RGBA", (16, 12))
    np.testing.assert_array_equal(np.asarray(cutout), of_file())


def test_options_give_what_they_give_for_files() -> None:
    red = ColourBackground(colour=(255, 0, 0))
    for options, finish, region, output in (
        ({"background": "#ff0000"}, Finish(background=red), None, Output()),
        ({"crop": True}, Finish(crop=Crop()), None, Output()),
        ({"crop": 0.25}, Finish(crop=Crop(margin=0.25)), None, Output()),
        ({"region": (2, 2, 9.6, 10)}, Finish(), (2, 2, 10, 10), Output()),
        ({"region": np.array([2, 2, 10, 10])}, Finish(), (2, 2, 10, 10), Output()),
        ({"mask_only": True}, Finish(), None, Output(format="mask-png")),
        ({"mask_only": True, "crop": True}, Finish(crop=Crop()), None, Output(format="mask-png")),
    ):
        found = np.asarray(cut(**options))
        wanted = of_file(finish=finish, region=region, output=output)
        np.testing.assert_array_equal(found, wanted[..., :3] if "background" in options else wanted)


def test_modes_tell_what_the_result_is() -> None:
    assert cut(background="#00ff00").mode == "RGB"
    assert cut(mask_only=True).mode == "L"


@pytest.mark.parametrize("crop", [None, False])
def test_without_crop_the_size_is_the_photo_s(crop: Any) -> None:
    assert cut(crop=crop).size == (16, 12)


def test_alpha_that_was_there_stays() -> None:
    seen = noise(16, 12, 4)
    assert (np.asarray(cut(seen))[..., 3] <= seen[..., 3]).all()


def test_the_profile_comes_along_and_nothing_else() -> None:
    profile = icc_profile()
    image = Image.open(io.BytesIO(file_of(PHOTO, icc_profile=profile, dpi=(72, 72))))
    for given in (image, file_of(PHOTO, icc_profile=profile)):
        assert cut(given).info == {"icc_profile": profile}
        assert cut(given, background="#123456").info == {"icc_profile": profile}
        assert cut(given, mask_only=True).info == {}
    assert cut(FILE).info == {}


@pytest.mark.parametrize(
    "options",
    [
        {"background": "red"},
        {"background": 7},
        {"background": "#ff0000", "mask_only": True},
        {"crop": -0.1},
        {"crop": "wide"},
        {"crop": float("nan")},
        {"region": (1, 2, 3)},
        {"region": 5},
        {"region": (1, 2, "3", 4)},
        {"region": (5, 2, 5, 8)},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused_before_anything_is_opened(
    options: dict[str, Any], backend: Backend
) -> None:
    with pytest.raises(BadOptionsError):
        cut(**options)
    assert backend.opened == []


def test_a_region_beside_the_photo_is_told() -> None:
    with pytest.raises(BadRegionError):
        cut(region=(100, 100, 120, 120))


def test_an_unknown_model_and_a_photo_that_is_none_have_their_codes() -> None:
    for arguments, code in (({"model": "big"}, "unknown-model"), ({"image": b"text"}, "not-an-image")):
        with pytest.raises(AlphacutError) as caught:
            cut(**arguments)
        assert caught.value.code == code


def test_a_photo_that_is_none_opens_no_model(backend: Backend) -> None:
    with pytest.raises(AlphacutError):
        cut(b"")
    assert backend.opened == []


def test_a_doubtful_licence_is_told_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            cut(model="odd")
        cut(model="plain")
        run(alphacut.preload(model="odd"))
    assert [(w.category, str(w.message)) for w in caught] == [(alphacut.LicenceWarning, "Odd: Ask a lawyer.")]


@pytest.mark.parametrize("ask", [lambda: cut(model="odd"), lambda: run(alphacut.preload(model="odd"))])
def test_a_doubtful_licence_can_be_an_error_before_anything_is_fetched(
    backend: Backend, ask: Callable[[], object]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", alphacut.LicenceWarning)
        for _ in range(2):
            with pytest.raises(alphacut.LicenceWarning, match="Ask a lawyer"):
                ask()
    assert backend.opened == []


def test_memory_that_runs_out_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(api, "finish_photo", full)
    with pytest.raises(OutOfMemoryError):
        cut()


def test_preload_opens_and_dispose_lets_go(backend: Backend) -> None:
    run(alphacut.preload())
    assert backend.opened == ["u2netp"]
    run(alphacut.dispose())
    assert backend.disposed == 1


def test_dispose_makes_nothing_to_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_backends", [])
    run(alphacut.dispose())
    assert api._backends == []


def test_site_and_device_are_checked(backend: Backend) -> None:
    usual: tuple[tuple[dict[str, Any], tuple[str | None, str | None]], ...] = (
        ({"site": "https://example.org/tool"}, ("https://example.org/tool/", None)),
        ({"site": "http://localhost:8000/"}, ("http://localhost:8000/", None)),
        ({"device": "wasm"}, (None, "wasm")),
    )
    for given, wanted in usual:
        alphacut.configure(**given)
        assert backend.configured == wanted
    backend.configured = None
    wrong: tuple[dict[str, Any], ...] = (
        {"site": "example.org"}, {"site": "javascript:1"}, {"site": 5}, {"device": "cuda"},
    )  # fmt: skip
    for given in wrong:
        with pytest.raises(BadOptionsError):
            alphacut.configure(**given)
    assert backend.configured is None


def test_without_javascript_networks_are_native(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_backends", [])
    monkeypatch.setitem(sys.modules, "js", None)
    assert type(api._backend()).__name__ == "NativeModels"
    assert api._backend() is api._backend()


def test_importing_alphacut_imports_nothing_else() -> None:
    code = (
        f"import sys, typing; sys.path.insert(0, {str(ROOT / 'src')!r}); before = set(sys.modules)\n"
        "import alphacut; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["alphacut"]


def test_every_name_that_is_offered_is_there_and_no_other() -> None:
    for name in alphacut.__all__:
        assert getattr(alphacut, name) is not None
        assert name in dir(alphacut)
    with pytest.raises(AttributeError, match="remove_foreground"):
        alphacut.remove_foreground  # noqa: B018
