"""Colour profiles without what they tell of a device: screenshots carry the make and number of the display.

Profiles of well-known spaces, and those that name no device, stay as they are, byte for byte. Of others a
cutout gets what its colours need.
Source: ICC.1:2022, clauses 7.2 (header) and 9 (tags), https://www.color.org/specification/ICC.1-2022-05.pdf
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from alphacut.profiles import space_of, tag

_HEADER = 128  # bytes
_MOST_TAGS = 100
_NAME = b"desc"
_OF_COLOURS = {
    *(b"wtpt", b"bkpt", b"chad", b"cicp", b"gamt", b"cprt"),
    *(letter + kind for letter in (b"r", b"g", b"b") for kind in (b"XYZ", b"TRC")),
    *(kind + b"%d" % intent for kind in (b"A2B", b"B2A", b"D2B", b"B2D") for intent in range(4)),
}
"""Tags that colours depend on, and its makers' notice; all others may tell of a device, or how it was set."""

_OF_DEVICES = {
    *(b"dmnd", b"dmdd", b"mmod", b"dscm", b"vcgt", b"ndin", b"targ", b"meta", b"psid", b"pseq", b"MHC2"),
    *(b"DevD", b"CIED", b"Pmtr", b"devs"),
}
"""Tags that name a device, or hold how it was measured and set."""

_KNOWN = {
    *("sRGB", "sRGB IEC61966-2.1", "sRGB built-in", "sRGB2014", "Display P3", "Adobe RGB (1998)", "DCI-P3"),
    *("ProPhoto RGB", "ROMM RGB", "Rec. ITU-R BT.709-5", "Rec. ITU-R BT.2020-1", "eciRGB v2", "Apple RGB"),
    *("ColorMatch RGB", "Wide Gamut RGB", "Generic RGB Profile", "Rec. 2020", "uRGB", "c2"),
}
_NO_MAKERS = {b"", b"none", b"APPL"}  # Apple is the maker of spaces, too
_PLAIN_NAME = "Colours of a photo"


def without_device(profile: bytes) -> bytes:
    """Return an RGB profile as it is, or where it tells of a device what colours need of it."""
    names = list(_names(profile))
    if not names or space_of(profile) != "RGB" or not _tells(profile, names) or name_of(profile) in _KNOWN:
        return profile
    kept = {name: tag(profile, name) for name in names if name in _OF_COLOURS}
    version = profile[8]
    return _with_tags(profile, {_NAME: _text(_PLAIN_NAME, version), **kept})


def name_of(profile: bytes) -> str:
    """Return what a profile calls itself; "" where it does not, or in a way that can't be read."""
    data = tag(profile, _NAME)
    try:
        if data[:4] == b"mluc":
            length, at = struct.unpack_from(">II", data, 20)
            return data[at : at + length].decode("utf-16-be").strip("\0 ")
        (length,) = struct.unpack_from(">I", data, 8)
        return data[12 : 12 + length].decode("latin-1").strip("\0 ")
    except (struct.error, UnicodeDecodeError):
        return ""


def _tells(profile: bytes, names: list[bytes]) -> bool:
    maker, model = (profile[at : at + 4].strip(b"\0 ") for at in (48, 52))
    return bool(_OF_DEVICES & set(names)) or maker not in _NO_MAKERS or model not in _NO_MAKERS


def _names(profile: bytes) -> Iterator[bytes]:
    if len(profile) < _HEADER + 4:
        return
    count = min(struct.unpack_from(">I", profile, _HEADER)[0], _MOST_TAGS)
    for at in range(_HEADER + 4, min(_HEADER + 4 + 12 * count, len(profile) - 11), 12):
        yield profile[at : at + 4]


def _with_tags(profile: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Write a profile anew: its header without date, maker, model, creator and checksum, and these tags."""
    table, body, start, places = b"", b"", _HEADER + 4 + 12 * len(tags), dict[bytes, int]()
    for name, data in tags.items():
        if data not in places:  # the three curves are often one
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", places[data], len(data))
    header = bytearray(profile[:_HEADER])
    struct.pack_into(">I", header, 0, start + len(body))
    for first, last in ((24, 36), (48, 64), (80, _HEADER)):
        header[first:last] = bytes(last - first)
    return bytes(header) + struct.pack(">I", len(tags)) + table + body


def _text(words: str, version: int) -> bytes:
    """Write a name as that version of profiles has it (clauses 10.15; ICC.1:2001-04, 6.5.17)."""
    if version < 4:
        ascii_ = words.encode() + b"\0"
        return b"desc\0\0\0\0" + struct.pack(">I", len(ascii_)) + ascii_ + bytes(78)
    text = words.encode("utf-16-be")
    return b"mluc" + struct.pack(">3I2s2s2I", 0, 1, 12, b"en", b"US", len(text), 28) + text
