"""Chunks of a file: numbered, of one size, and together the file again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.chunks import split


@pytest.mark.parametrize(
    ("length", "lengths"), [(0, []), (1, [1]), (9, [9]), (10, [10]), (11, [10, 1]), (30, [10, 10, 10])]
)
def test_chunks_join_to_the_file(tmp_path: Path, length: int, lengths: list[int]) -> None:
    whole = bytes(range(length))
    (tmp_path / "weights.bin").write_bytes(whole)
    (tmp_path / "out").mkdir()
    chunks = split(tmp_path / "weights.bin", tmp_path / "out", 10)
    assert [path.name for path in chunks] == [f"weights-{number:03d}.bin" for number in range(len(lengths))]
    assert [path.stat().st_size for path in chunks] == lengths
    assert b"".join(path.read_bytes() for path in chunks) == whole


def test_a_chunk_must_hold_something(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"w")
    with pytest.raises(ValueError, match="holds nothing"):
        split(tmp_path / "weights.bin", tmp_path, 0)
