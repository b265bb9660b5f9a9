"""The list of origins that may use the embedded tool, as the build writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import ROOT
from tools.embedding import EMBEDDED, OriginError, allow, integrity, read_origins


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        ("https://shop.example", ("https://shop.example",)),
        ("https://Shop.Example/, http://127.0.0.1:8001", ("https://shop.example", "http://127.0.0.1:8001")),
        ("https://shop.example:443 http://[::1]:80", ("https://shop.example", "http://[::1]")),
    ],
)
def test_origins_are_written_as_browsers_say_them(text: str, origins: tuple[str, ...]) -> None:
    assert read_origins(text) == origins


@pytest.mark.parametrize(
    "text",
    [
        *("*", "null", "shop.example", "https://*.example", "https://shop.example/path", "file:///a"),
        *("https://user@shop.example", "https://shop.example:x", 'https://a"b', "https://shop.example?q"),
    ],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(OriginError, match="no origin"):
        read_origins(text)


def test_the_page_has_one_place_for_them(tmp_path: Path) -> None:
    page = tmp_path / EMBEDDED
    page.write_text((ROOT / "web" / EMBEDDED).read_text("utf-8"), "utf-8")
    allow(page, ["https://a.example", "https://b.example"])
    assert 'data-allow="https://a.example https://b.example"' in page.read_text("utf-8")
    with pytest.raises(OriginError, match="once"):
        allow(page, [])


def test_scripts_of_others_are_hashed_as_browsers_want_it(tmp_path: Path) -> None:
    (tmp_path / "embed.js").write_bytes(b"alert('Hello, world.');")
    (tmp_path / "sw.js").write_bytes(b"")
    # The example of the W3C's Subresource Integrity.
    known = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO"
    assert integrity(tmp_path) == {"embed.js": known}
