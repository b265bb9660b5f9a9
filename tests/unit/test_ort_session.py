"""The network over the bridge: what the host gives comes back, what it reports is raised."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from alphacut.browser.buffers import Buffers
from alphacut.browser.ort_session import HostError, OrtSession, raise_if_error
from alphacut.errors import SessionError
from tests.fakes import Ffi, Host, TypedArray, from_entries
from tests.helpers import Bytes8, FakeSession, noise, run

SIZE = (4, 2)  # width, height
PIXELS = noise(*SIZE)[None]
LEVELS = noise(*SIZE, channels=1, seed=1)
CYCLE = ["buffer", "release", "destroy"]  # of the memory that is lent


def session(host: Any) -> tuple[OrtSession, Ffi]:
    ffi = Ffi()
    return OrtSession(host, Buffers(ffi, from_entries)), ffi


class Inverting:
    async def run(self, pixels: Bytes8) -> Bytes8:
        return 255 - pixels[0, :, :, 0]


def test_the_networks_levels_come_back_in_their_shape() -> None:
    output = run(session(Host(Inverting(), size=SIZE))[0].run(PIXELS))
    np.testing.assert_array_equal(output, 255 - PIXELS[0, :, :, 0])
    assert output.dtype == np.uint8
    assert output.shape == (2, 4)


def test_the_levels_are_pythons_own_when_the_devices_memory_is_given_back() -> None:
    host = Host(Inverting(), size=SIZE)
    output = run(session(host)[0].run(PIXELS))
    assert host.releases == 1
    assert output.flags.owndata or output.base.flags.owndata  # type: ignore[union-attr]


def test_the_map_may_have_another_size_than_the_input() -> None:
    small = noise(3, 5, channels=1)
    np.testing.assert_array_equal(run(session(Host(FakeSession(small), size=SIZE))[0].run(PIXELS)), small)


def test_the_input_crosses_without_a_copy() -> None:
    host = Host(Inverting(), size=SIZE)
    run(session(host)[0].run(PIXELS))
    assert np.shares_memory(host.seen[0], PIXELS)


def test_the_input_is_given_back_before_the_network_is_waited_for() -> None:
    """The WASM heap may grow meanwhile, and the view would be of memory that is gone."""
    ffi = Ffi()
    seen: list[list[str]] = []

    class Slow(Host):
        def run(self, data: TypedArray) -> Any:
            promise = super().run(data)

            async def resolve() -> Any:
                seen.append(list(ffi.log))
                return await promise

            return resolve()

    run(OrtSession(Slow(Inverting(), size=SIZE), Buffers(ffi, from_entries)).run(PIXELS))
    assert seen == [CYCLE]


@pytest.mark.parametrize("fails", [1, 2, 5])
def test_a_device_that_failed_gets_the_pixels_anew_until_there_is_an_answer(fails: int) -> None:
    host = Host(Inverting(), size=SIZE, fails=fails)
    ours, ffi = session(host)
    np.testing.assert_array_equal(run(ours.run(PIXELS)), 255 - PIXELS[0, :, :, 0])
    assert len(host.seen) == fails + 1
    assert all(np.shares_memory(seen, PIXELS) for seen in host.seen)
    assert ffi.log == CYCLE * (fails + 1)  # lent and given back each time
    assert len(ffi.proxies) == fails + 1
    assert host.releases == 1


def test_a_device_that_fails_for_good_is_an_error() -> None:
    error = SimpleNamespace(code="inference-failed", message="No device is left.", hint="")
    host = Host(size=SIZE, fails=2, reply=SimpleNamespace(error=error))
    ours, ffi = session(host)
    with pytest.raises(HostError, match="No device is left"):
        run(ours.run(PIXELS))
    assert len(host.seen) == 3
    assert ffi.alive == 0


@pytest.mark.parametrize("code", ["device-lost", "inference-failed", "cancelled", "out-of-memory"])
def test_errors_of_the_host_keep_code_message_and_hint(code: str) -> None:
    reply = SimpleNamespace(error=SimpleNamespace(code=code, message="The GPU was lost.", hint="Try again."))
    ours, ffi = session(Host(size=SIZE, reply=reply))
    with pytest.raises(HostError) as caught:
        run(ours.run(PIXELS))
    assert (caught.value.code, caught.value.message, caught.value.hint) == (
        code,
        "The GPU was lost.",
        "Try again.",
    )
    assert ffi.alive == 0


def test_one_hosts_error_does_not_change_the_code_of_another() -> None:
    first, second = HostError("device-lost", "a", ""), HostError("cancelled", "b", "")
    assert (first.code, second.code) == ("device-lost", "cancelled")


@pytest.mark.parametrize("reply", [SimpleNamespace(), SimpleNamespace(error=None), SimpleNamespace(data=1)])
def test_a_reply_without_error_is_no_error(reply: Any) -> None:
    raise_if_error(reply)


@pytest.mark.parametrize(("numbers", "shape"), [(5, (1, 1, 2, 3)), (7, (1, 1, 2, 3)), (0, (1, 1, 1, 1))])
def test_a_shape_that_does_not_fit_the_numbers_is_an_error(numbers: int, shape: tuple[int, ...]) -> None:
    host = Host(size=SIZE)
    host.reply = host.answer(np.zeros(numbers, np.uint8), shape)
    with pytest.raises(SessionError, match=str(numbers)):
        run(session(host)[0].run(PIXELS))
    assert host.releases == 1


@pytest.mark.parametrize("shape", [(2, 4), (8,), (), (1, 2, 2, 2), (2, 1, 2, 2), (1, 1, 0, 8), (1, 2, 4)])
def test_what_is_not_one_map_is_an_error_and_its_memory_is_given_back(shape: tuple[int, ...]) -> None:
    host = Host(size=SIZE)
    host.reply = host.answer(LEVELS, shape)
    with pytest.raises(SessionError) as caught:
        run(session(host)[0].run(PIXELS))
    assert str(shape) in caught.value.message
    assert host.releases == 1


def test_the_devices_memory_is_given_back_when_the_levels_can_not_be_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("alphacut.browser.buffers.Buffers.take", no_memory)
    host = Host(Inverting(), size=SIZE)
    with pytest.raises(MemoryError):
        run(session(host)[0].run(PIXELS))
    assert host.releases == 1


def test_memory_is_given_back_when_the_host_throws_at_once() -> None:
    class Throwing(Host):
        def run(self, data: TypedArray) -> Any:
            raise RuntimeError("of the host")

    ours, ffi = session(Throwing())
    with pytest.raises(RuntimeError, match="of the host"):
        run(ours.run(PIXELS))
    assert ffi.log == CYCLE


def test_nothing_is_left_after_many_runs() -> None:
    host = Host(FakeSession(LEVELS), size=SIZE)
    ours, ffi = session(host)

    async def many() -> None:
        for _ in range(50):
            await ours.run(PIXELS)

    run(many())
    assert len(ffi.proxies) == host.releases == 50
    assert ffi.alive == 0
