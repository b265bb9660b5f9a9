"""Memory that crosses the border: lent without a copy, given back always."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alphacut.browser.buffers import Buffers
from tests.fakes import Ffi, TypedArray, from_entries


@pytest.fixture
def ffi() -> Ffi:
    return Ffi()


@pytest.fixture
def buffers(ffi: Ffi) -> Buffers:
    return Buffers(ffi, from_entries)


def test_lent_memory_is_the_arrays_own(buffers: Buffers) -> None:
    array = np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3)
    with buffers.lend(array) as view:
        assert np.shares_memory(view.values, array)
        np.testing.assert_array_equal(view.values, np.arange(24))


def test_lending_copies_nothing(buffers: Buffers) -> None:
    array = np.ones((1, 1000, 1000, 3), np.uint8)
    tracemalloc.start()
    try:
        with buffers.lend(array):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < array.nbytes // 100


def test_the_view_is_released_before_its_proxy_is_destroyed(ffi: Ffi, buffers: Buffers) -> None:
    with buffers.lend(np.ones(3, np.uint8)) as view:
        assert ffi.log == ["buffer"]
    assert ffi.log == ["buffer", "release", "destroy"]
    with pytest.raises(AssertionError, match="released"):
        _ = view.values


def test_memory_is_given_back_when_the_borrower_fails(ffi: Ffi, buffers: Buffers) -> None:
    with pytest.raises(RuntimeError, match="of the borrower"), buffers.lend(np.ones(3, np.uint8)):
        raise RuntimeError("of the borrower")
    assert ffi.log == ["buffer", "release", "destroy"]


def test_the_proxy_is_destroyed_when_there_is_no_view(
    ffi: Ffi, buffers: Buffers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("no buffer")

    monkeypatch.setattr("tests.fakes.Proxy.getBuffer", refuse)
    with pytest.raises(RuntimeError, match="no buffer"), buffers.lend(np.ones(3, np.uint8)):
        pass
    assert ffi.alive == 0


@pytest.mark.parametrize(
    "array",
    [
        np.ones((4, 6), np.uint8).T,
        np.ones((4, 6), np.uint8)[:, ::2],
        np.ones(4, np.float32),
        np.ones(4, np.int8),
    ],
    ids=["transposed", "strided", "float32", "int8"],
)
def test_what_javascript_would_read_wrongly_is_not_lent(
    ffi: Ffi, buffers: Buffers, array: NDArray[Any]
) -> None:
    with pytest.raises(ValueError, match="C-contiguous uint8"), buffers.lend(array):
        pass
    assert ffi.proxies == []


def test_taken_arrays_are_pythons_own_copy(buffers: Buffers) -> None:
    theirs = np.arange(6, dtype=np.uint8)
    ours = buffers.take(TypedArray(theirs), (1, 2, 3))
    np.testing.assert_array_equal(ours, [[[0, 1, 2], [3, 4, 5]]])
    assert ours.dtype == np.uint8
    theirs[:] = 9  # JavaScript uses its memory again
    assert ours.max() == 5


def test_taking_copies_once(buffers: Buffers) -> None:
    theirs = TypedArray(np.ones(4_000_000, np.uint8))
    tracemalloc.start()
    try:
        ours = buffers.take(theirs, (2000, 2000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ours.nbytes <= peak < 1.1 * ours.nbytes


def test_bytes_come_over_whole(buffers: Buffers) -> None:
    content = bytes(range(256))
    assert buffers.to_bytes(TypedArray(np.frombuffer(content, np.uint8))) == content


def test_tables_become_plain_objects_without_proxies(ffi: Ffi, buffers: Buffers) -> None:
    made = buffers.to_object(
        {"value": {"png": b"\x89PNG", "notes": ["first-frame"], "ms": {"decode": 1.5}, "preview": None}}
    )
    assert made.value.png.to_bytes() == b"\x89PNG"
    assert made.value.notes == ["first-frame"]
    assert made.value.ms.decode == 1.5
    assert made.value.preview is None
    assert ffi.proxies == []
