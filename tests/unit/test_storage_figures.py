"""The figures of docs/storage.md come from the files that the bench wrote, and bear out the choice made."""

from __future__ import annotations

from bench import storage
from tools.chunks import CHUNK_BYTES


def test_the_tables_are_those_of_the_results() -> None:
    text = storage.DOCUMENT.read_text("utf-8")
    assert storage.rendered(text, storage.measured()) == text, "run python -m bench.storage --machine NAME"


def test_what_the_site_does_is_the_faster_way_at_its_size_of_chunks() -> None:
    assert storage.measured()
    for machine in storage.measured():
        ms = {one["variant"]: one["ms"] for one in machine["results"] if one["chunk"] == CHUNK_BYTES}
        for step in storage.STEPS:
            assert ms["opfs"][step] < ms["cache"][step]
