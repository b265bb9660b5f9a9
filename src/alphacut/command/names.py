"""The names files are saved under: those that the site gives (web/page/file-names.js)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

ENDINGS = {"image/png": "png", "image/webp": "webp", "image/jpeg": "jpg"}
CUTOUT, MASK = "-cutout", "-mask"

_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)  # of Windows, with any ending
# What some system refuses in a name, and what none shows: control characters, marks of direction.
_REFUSED = re.compile(r'[<>:"/\\|?*\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_ROOM = 200  # bytes of UTF-8: systems take 255, and a number and an ending follow
# As JavaScript's \s has it.
_SPACE = "\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_ENDS = re.compile(f"^[{_SPACE}.]+|[{_SPACE}.]+$")


def file_name(original: str, suffix: str, ending: str) -> str:
    """Name what is made of the file `original`: its stem, the suffix ("-cutout"), the ending."""
    return f"{_safe((_stem(original) or 'photo') + suffix)}.{ending}"


def none_twice(paths: Iterable[str]) -> list[str]:
    """Give those a number that are there already, also for systems that take a for A: "a (2).png"."""
    taken, names = set[str](), list[str]()
    for path in paths:
        stem, _, ending = path.rpartition(".")
        found, count = path, 2
        while _key(found) in taken:
            found, count = f"{stem} ({count}).{ending}", count + 1
        taken.add(_key(found))
        names.append(found)
    return names


def _stem(name: str) -> str:
    return re.sub(r"(?<=.)\.[^.]*$", "", name, flags=re.DOTALL)


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).lower()


def _safe(name: str) -> str:
    """Leave out of a name what some system refuses; of letters that find no room, none is cut in two."""
    text = _REFUSED.sub("_", name).encode("utf-8", "surrogateescape")[:_ROOM]
    while text and _ends_within(text):
        text = text[:-1]
    clean = _ENDS.sub("", text.decode("utf-8", "surrogateescape"))
    return f"_{clean}" if _DEVICES.fullmatch(clean) else clean or "photo"


def _ends_within(text: bytes) -> bool:
    """Whether UTF-8 was cut off within a letter."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False
