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
from tests.helpers import FakeSession, Floats, run

PIXELS = np.arange(24, dtype=np.float32).reshape(1, 3, 2, 4)


def session(host: Any) -> tuple[OrtSession, Ffi]:
    ffi = Ffi()
    return OrtSession(host, Buffers(ffi, from_entries)), ffi


class Doubling:
    async def run(self, pixels: Floats) -> Floats:
        return pixels[:, :1] * 2


def test_the_networks_output_comes_back_in_its_shape() -> None:
    ours, _ = session(Host(Doubling()))
    output = run(ours.run(PIXELS))
    np.testing.assert_array_equal(output, PIXELS[:, :1] * 2)
    assert output.dtype == np.float32
    assert output.flags.owndata or output.base.flags.owndata  # type: ignore[union-attr]


def test_the_input_crosses_without_a_copy() -> None:
    host = Host(Doubling())
    ours, _ = session(host)
    run(ours.run(PIXELS))
    assert np.shares_memory(host.seen[0], PIXELS)


def test_the_input_is_given_back_before_the_network_is_waited_for() -> None:
    """The WASM heap may grow meanwhile, and the view would be of memory that is gone."""
    ffi = Ffi()
    seen: list[list[str]] = []

    class Slow(Host):
        def run(self, data: TypedArray, *shape: int) -> Any:
            promise = super().run(data, *shape)

            async def resolve() -> Any:
                seen.append(list(ffi.log))
                return await promise

            return resolve()

    run(OrtSession(Slow(Doubling()), Buffers(ffi, from_entries)).run(PIXELS))
    assert seen == [["buffer", "release", "destroy"]]


def test_the_host_gets_the_shape_as_numbers() -> None:
    shapes: list[tuple[int, ...]] = []

    class Watching(Host):
        def run(self, data: TypedArray, *shape: int) -> Any:
            shapes.append(shape)
            return super().run(data, *shape)

    run(session(Watching(Doubling()))[0].run(PIXELS))
    assert shapes == [(1, 3, 2, 4)]
    assert all(type(side) is int for side in shapes[0])


@pytest.mark.parametrize("code", ["device-lost", "inference-failed", "cancelled", "out-of-memory"])
def test_errors_of_the_host_keep_code_message_and_hint(code: str) -> None:
    reply = SimpleNamespace(error=SimpleNamespace(code=code, message="The GPU was lost.", hint="Try again."))
    ours, ffi = session(Host(reply=reply))
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
    reply = SimpleNamespace(data=TypedArray(np.zeros(numbers, np.float32)), shape=list(shape))
    with pytest.raises(SessionError, match=str(numbers)):
        run(session(Host(reply=reply))[0].run(PIXELS))


def test_memory_is_given_back_when_the_host_throws_at_once() -> None:
    class Throwing(Host):
        def run(self, data: TypedArray, *shape: int) -> Any:
            raise RuntimeError("of the host")

    ours, ffi = session(Throwing())
    with pytest.raises(RuntimeError, match="of the host"):
        run(ours.run(PIXELS))
    assert ffi.log == ["buffer", "release", "destroy"]


def test_nothing_is_left_after_many_runs() -> None:
    ours, ffi = session(Host(FakeSession(np.zeros((1, 1, 2, 4)))))

    async def many() -> None:
        for _ in range(50):
            await ours.run(PIXELS)

    run(many())
    assert len(ffi.proxies) == 50
    assert ffi.alive == 0
