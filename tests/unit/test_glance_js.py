"""What the worker refuses before it loads anything: only what Python refuses too, in the same words."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alphacut import sniff
from alphacut.errors import AlphacutError, NotAnImageError
from alphacut.image import decode
from alphacut.store.node import node_command
from tests import nasty
from tests.helpers import ROOT

SCRIPT = f"""
  import {{ text }} from "node:stream/consumers";
  import {{ noImage }} from {(ROOT / "web" / "worker" / "glance.js").as_uri()!r};
  const files = JSON.parse(await text(process.stdin));
  const told = async (file) => {{
    const error = await noImage(new Blob([Buffer.from(file, "base64")]));
    return error && {{ code: error.code, message: error.message, hint: error.hint }};
  }};
  const moved = () => Promise.reject(new Error("moved"));
  const lost = await noImage({{ slice: () => ({{ arrayBuffer: moved }}) }});
  console.log(JSON.stringify({{ told: await Promise.all(files.map(told)), lost }}));
"""
TEXTS = {
    "notes": b"These are my notes, not a picture. " * 20, "web page": b"<!DOCTYPE html><html>" * 9,
    "JSON": b'{"a": 1}', "one letter": b"x", "archive": b"PK\x03\x04" + bytes(300),
    "sound": b"ID3\x04" + bytes(99), "program": b"\x7fELF\2\1\1" + bytes(99),
    "other RIFF": b"RIFF\x24\x08\0\0WAVEfmt ", "UTF-8": "\ufeffGr\u00fc\u00dfe".encode() * 20,
}  # fmt: skip


def glances(files: list[bytes]) -> dict[str, Any]:
    done = subprocess.run(
        [*node_command(), "--input-type=module", "-e", SCRIPT],
        input=json.dumps([base64.b64encode(file).decode() for file in files]),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def in_python(file: bytes) -> AlphacutError | None:
    try:
        decode(file)
    except AlphacutError as error:
        return error
    return None


def test_what_is_obviously_no_image_is_refused_in_the_words_of_python() -> None:
    for name, told in zip(TEXTS, glances(list(TEXTS.values()))["told"], strict=True):
        error = in_python(TEXTS[name])
        assert isinstance(error, NotAnImageError), name
        assert told == {"code": error.code, "message": error.message, "hint": error.hint}, name


def test_every_signature_that_python_knows_is_left_to_it() -> None:
    signatures = [signature + bytes(40) for signature, _ in sniff._SIGNATURES]
    signatures += [b"\0\0\0\x18ftyp" + brand + bytes(40) for brand in (*sniff._ISO_BRANDS, b"mif1", b"isom")]
    signatures += [b"RIFF\0\0\0\0WEBP", b"<?xml version='1.0'?>\n<SVG xmlns=", b""]
    assert glances(signatures)["told"] == [None] * len(signatures)


@pytest.mark.parametrize("group", ["under each other's names", "that swell", "of 16 and 32 bits, floats"])
def test_no_odd_image_is_refused(group: str) -> None:
    files = [data[:600] for _, data in nasty.GROUPS[group]()]
    told = glances(files)["told"]
    assert [error for error in told if error] == []


def test_what_can_not_be_read_is_left_to_who_reads_all_of_it() -> None:
    assert glances([])["lost"] is None


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=30, max_size=60))
@example([bytes((0, map_type, kind)) + bytes(29) for map_type in range(3) for kind in range(14)])
@example(
    [bytes((length, 1, 1)) + bytes((0, 0, 1, 0, 24, 0, 0, 0, 0, 1, 0, 1, 0, 8, 0, 9)) for length in range(9)]
)
def test_whatever_is_refused_python_would_refuse(files: list[bytes]) -> None:
    for file, told in zip(files, glances(files)["told"], strict=True):
        if told:
            assert isinstance(in_python(file), NotAnImageError), file
