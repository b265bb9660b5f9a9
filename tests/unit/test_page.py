"""The Python API's way to JavaScript, on a script that stands in for web/python/session.js."""

from __future__ import annotations

import asyncio
import gc
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphacut.browser.ort_session import HostError
from alphacut.browser.page import PageModels, installed_from, site_of
from alphacut.errors import RuntimeMissingError
from alphacut.foreign import Decoded, Refused
from tests.fakes import Ffi, Host, TypedArray, from_entries
from tests.helpers import LuminanceSession, noise, run, spec, unheard

SITE = "https://example.org/tool/"
WHEEL = f"{SITE}python/alphacut-0.1.0-py3-none-any.whl"


class PageFfi(Ffi):
    JsException: type[Exception] = OSError


class Script:
    """The site's script: `broken` answers fail first; counts what is opened and released."""

    def __init__(self, broken: int = 0) -> None:
        self.broken = broken
        self.addresses: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.released = 0
        self.digests: list[str] = []
        self.unreachable = False

    async def load(self, address: str) -> Script:
        self.addresses.append(address)
        await asyncio.sleep(0)
        if self.unreachable:
            raise PageFfi.JsException("TypeError: Failed to fetch")
        return self

    async def find(self, model: str) -> Any:
        await asyncio.sleep(0)
        if model == "unknown":
            return SimpleNamespace(error=SimpleNamespace(code="unknown-model", message="None.", hint=""))

        def opened(device: str, sha256: Any) -> Any:
            return self.open(model, device, sha256)

        return SimpleNamespace(title="Tiny", notice="Ask.", open=opened)

    async def open(self, model: str, device: str, sha256: Any) -> Any:
        self.asked.append((model, device))
        self.digests.append(sha256._array(TypedArray(np.frombuffer(b"abc", np.uint8))))
        await asyncio.sleep(0)
        if len(self.asked) <= self.broken:
            error = SimpleNamespace(code="offline", message="Away.", hint="Connect.")
            return SimpleNamespace(error=error)
        host: Any = Host(LuminanceSession(), size=(8, 6))
        host.spec = json.dumps(spec(8, 6).to_table())
        host.release = self._release
        return host

    def _release(self) -> None:
        self.released += 1

    async def decodePhoto(self, photo: TypedArray, mime: str, space: str, limit: int) -> Any:  # noqa: N802
        if mime != "image/avif":
            return SimpleNamespace(refused="unsupported")
        assert photo.to_bytes() == b"photo"
        data = TypedArray(np.arange(8, dtype=np.uint8))
        return SimpleNamespace(data=data, width=2, height=1, space=space)


def models(script: Script, wheel: str | None = WHEEL) -> PageModels:
    return PageModels(PageFfi(), from_entries, script.load, wheel)


def test_networks_come_from_the_site_of_the_wheel() -> None:
    script = Script()
    opened = run(models(script).open("tiny", unheard))
    assert script.addresses == [f"{SITE}python/session.js"]
    assert (opened.spec, opened.title, opened.notice) == (spec(8, 6), "Tiny", "Ask.")
    pixels = noise(8, 6)[None]
    found = run(opened.session.run(pixels))
    np.testing.assert_array_equal(found, run(LuminanceSession().run(pixels)))


def test_calls_at_the_same_time_open_one_network_and_load_one_script() -> None:
    script = Script()

    async def together() -> list[Any]:
        made = models(script)
        return await asyncio.gather(
            *(made.open("tiny", unheard) for _ in range(3)), made.open("other", unheard)
        )

    first, second, third, other = run(together())
    assert first is second is third
    assert other is not first
    assert sorted(script.asked) == [("other", "auto"), ("tiny", "auto")]


def test_who_is_cancelled_takes_nobody_with_them() -> None:
    script = Script()

    async def story() -> Any:
        made = models(script)
        one, other = (asyncio.ensure_future(made.open("tiny", unheard)) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        return await other

    assert run(story()).title == "Tiny"
    assert len(script.asked) == 1


def test_the_licence_is_told_before_the_network_is_asked_for_and_only_then() -> None:
    script = Script()
    heard: list[tuple[str, str, int]] = []

    def tell(title: str, notice: str) -> None:
        heard.append((title, notice, len(script.asked)))

    async def story() -> None:
        made = models(script)
        for _ in range(2):
            await made.open("tiny", tell)

    run(story())
    assert heard == [("Tiny", "Ask.", 0)]


def test_who_hears_of_the_licence_can_refuse_and_is_asked_again() -> None:
    script = Script()

    def refuse(title: str, notice: str) -> None:
        raise UserWarning(title)

    async def story() -> None:
        made = models(script)
        for _ in range(2):
            with pytest.raises(UserWarning, match="Tiny"):
                await made.open("tiny", refuse)

    run(story())
    assert script.asked == []


def test_a_network_that_the_site_has_not_is_not_opened() -> None:
    script = Script()
    with pytest.raises(HostError) as caught:
        run(models(script).open("unknown", unheard))
    assert caught.value.code == "unknown-model"
    assert script.asked == []


def test_what_failed_is_tried_again() -> None:
    script = Script(broken=1)

    async def story() -> None:
        made = models(script)
        with pytest.raises(HostError) as caught:
            await made.open("tiny", unheard)
        assert (caught.value.code, caught.value.hint) == ("offline", "Connect.")
        assert (await made.open("tiny", unheard)).title == "Tiny"

    run(story())


def test_what_was_let_go_is_released_when_nobody_uses_it_any_more() -> None:
    script = Script()

    async def story() -> None:
        made = models(script)
        used = await made.open("tiny", unheard)
        await made.dispose()
        gc.collect()
        assert script.released == 0
        assert await made.open("tiny", unheard) is not used
        del used
        gc.collect()
        assert script.released == 1

    run(story())


def test_a_site_and_a_device_can_be_told() -> None:
    script = Script()

    async def story() -> None:
        made = models(script)
        await made.open("tiny", unheard)
        made.configure(None, "wasm")
        await made.open("other", unheard)
        made.configure("http://localhost:8000/", None)
        await made.open("third", unheard)

    run(story())
    assert script.addresses == [f"{SITE}python/session.js", "http://localhost:8000/python/session.js"]
    assert [device for _, device in script.asked] == ["auto", "wasm", "wasm"]


@pytest.mark.parametrize("wheel", [None, "emfs:/tmp/alphacut.whl", "https://files.example.org/alphacut.whl"])
def test_without_a_site_it_is_said_how_to_tell_one(wheel: str | None) -> None:
    with pytest.raises(RuntimeMissingError) as caught:
        run(models(Script(), wheel).open("tiny", unheard))
    assert "configure" in caught.value.hint


def test_a_site_that_does_not_answer_is_told_and_asked_again() -> None:
    script = Script()
    script.unreachable = True

    async def story() -> None:
        made = models(script)
        with pytest.raises(RuntimeMissingError, match=r"session\.js") as caught:
            await made.open("tiny", unheard)
        assert "Access-Control-Allow-Origin" in caught.value.hint
        script.unreachable = False
        await made.open("tiny", unheard)

    run(story())


def test_the_browser_decodes_what_it_is_given() -> None:
    async def story() -> tuple[Any, Any]:
        decode = models(Script()).decoder(b"photo")
        return await decode("image/avif", "srgb"), await decode("image/heic", "srgb")

    decoded, refused = run(story())
    assert isinstance(decoded, Decoded)
    assert decoded.rgba.tobytes() == bytes(range(8))
    assert refused == Refused("unsupported")


def test_python_hashes_where_the_browser_does_not() -> None:
    script = Script()
    run(models(script).open("tiny", unheard))
    assert script.digests == ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]


_PATHS = st.text("abc/-._", max_size=12)


@given(_PATHS, st.sampled_from(["python/", "runtime/pyodide/"]))
def test_a_site_is_found_under_any_path(path: str, folder: str) -> None:
    site = f"https://example.org/{path}/".replace("//", "/").replace(":/", "://", 1)
    assert site_of(f"{site}{folder}alphacut-1.2.3-py3-none-any.whl") == site


def test_what_was_not_installed_by_micropip_came_from_nowhere() -> None:
    assert installed_from() is None
