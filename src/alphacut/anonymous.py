"""Colour profiles without what they tell of a device: screenshots carry the make and number of the display.

Profiles of well-known spaces stay as they are, byte for byte, if they hold nothing of how a device was set.
Of all others a cutout gets what its colours need: any name but those may be that of a device.
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
    *(b"mmod", b"dscm", b"vcgt", b"ndin", b"targ", b"meta", b"psid", b"pseq", b"MHC2"),
    *(b"DevD", b"CIED", b"Pmtr", b"devs"),
}
"""Tags that name a device, or hold how it was measured and set."""
_DEVICE_NAMES = {b"dmnd", b"dmdd"}
_STANDARD = b"IEC "  # begins these names in HP's profile of sRGB, which is the one that is found most

_PLAIN_NAME = "Colours of a photo"
_KNOWN = {
    _PLAIN_NAME,
    *("sRGB", "sRGB IEC61966-2.1", "sRGB built-in", "sRGB2014", "Display P3", "Adobe RGB (1998)", "DCI-P3"),
    *("ProPhoto RGB", "ROMM RGB", "Rec. ITU-R BT.709-5", "Rec. ITU-R BT.2020-1", "eciRGB v2", "Apple RGB"),
    *("ColorMatch RGB", "Wide Gamut RGB", "Generic RGB Profile", "Rec. 2020", "uRGB", "c2"),
}


def without_device(profile: bytes) -> bytes:
    """Return an RGB profile as it is, or where it may tell of a device what colours need of it."""
    names = list(_names(profile))
    if not names or space_of(profile) != "RGB":
        return profile
    name = name_of(profile)
    if name not in _KNOWN:
        name = _PLAIN_NAME
    elif not _tells(profile, names):
        return profile
    kept = {key: tag(profile, key) for key in names if key in _OF_COLOURS}
    version = profile[8]
    return _with_tags(profile, {_NAME: _text(name, version), **kept})


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
    """Whether a profile with a known name tells more; one of so many tags that some are not looked at may."""
    if _count(profile) > _MOST_TAGS or _OF_DEVICES & set(names):
        return True
    return any(not tag(profile, key)[12:].startswith(_STANDARD) for key in _DEVICE_NAMES & set(names))


def _count(profile: bytes) -> int:
    return int.from_bytes(profile[_HEADER : _HEADER + 4], "big")


def _names(profile: bytes) -> Iterator[bytes]:
    if len(profile) < _HEADER + 4:
        return
    count = min(_count(profile), _MOST_TAGS)
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
