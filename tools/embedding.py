"""What pages of others depend on: which of them may send photos to the tool, and hashes of what they load."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tools.bundle import PUBLIC

EMBEDDED = "embed.html"
_MARK = 'data-allow=""'


class OriginError(Exception):
    """What should be an origin is none. The message is for people."""


def read_origins(text: str) -> tuple[str, ...]:
    """Read origins, separated by commas or spaces, as browsers write them: `https://shop.example`.

    Raises
    ------
    OriginError
        One is no origin of http or https: it has a path, say, or stands for any.
    """
    return tuple(_origin(word) for word in re.split(r"[\s,]+", text) if word)


def allow(page: Path, origins: Sequence[str]) -> None:
    """Name the origins in the page. Raises OriginError where the page has no place for them."""
    html = page.read_text("utf-8")
    if html.count(_MARK) != 1:
        raise OriginError(f"{page.name} should hold {_MARK} once")
    page.write_text(html.replace(_MARK, f'data-allow="{" ".join(origins)}"'), "utf-8")


def integrity(site: Path) -> dict[str, str]:
    """Hash the scripts that pages of others load, as the attribute `integrity` wants it (SHA-384)."""
    scripts = [site / name for name in PUBLIC if (site / name).is_file()]
    digests = {path.name: hashlib.sha384(path.read_bytes()).digest() for path in scripts}
    return {name: f"sha384-{base64.b64encode(digest).decode()}" for name, digest in digests.items()}


def _origin(word: str) -> str:
    try:
        parts = urlsplit(word)
        port = parts.port
    except ValueError as error:
        raise OriginError(f"{word} is no origin: {error}") from error
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host):
        raise OriginError(f"{word} is no origin: it should look like https://shop.example")
    usual = {"http": 80, "https": 443}[parts.scheme]
    shown = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{shown}" + ("" if port in {None, usual} else f":{port}")
    if word.lower().rstrip("/") not in {origin, f"{origin}:{usual}"}:
        raise OriginError(f"{word} is no origin: only scheme, host and port belong to it, as in {origin}")
    return origin
