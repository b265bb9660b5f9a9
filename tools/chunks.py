"""Cuts a large file into numbered ones, so that a browser can check and keep a download piece by piece."""

from __future__ import annotations

from pathlib import Path

# Large enough that a request costs little beside its bytes, small enough to lose little when it is cut off.
CHUNK_BYTES = 2_000_000


def split(source: Path, folder: Path, chunk_bytes: int) -> list[Path]:
    """Write ``folder/name-000.bin`` and so on, each of `chunk_bytes` bytes but the last.

    Returns them in order: joined, they are `source` again; of an empty file there are none. Raises ValueError
    if `chunk_bytes` is not positive.
    """
    if chunk_bytes <= 0:
        raise ValueError(f"a chunk of {chunk_bytes} bytes holds nothing")
    chunks: list[Path] = []
    with source.open("rb") as stream:
        while data := stream.read(chunk_bytes):
            chunks.append(folder / f"{source.stem}-{len(chunks):03d}{source.suffix}")
            chunks[-1].write_bytes(data)
    return chunks
