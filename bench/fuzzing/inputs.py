"""Input number i: the same bytes each time, of the same seeds."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from bench.fuzzing.damage import damaged, spliced
from bench.fuzzing.formats import KINDS, damaged_file
from bench.fuzzing.seeds import Seeds

CHUNK = 500
"""Inputs in a row that are of one format: what is given to a process at once."""
_SIGNATURES = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0", b"P6\n",
    b"RIFF", b"8BPS", b"%PDF", b"\xff\x0a", b"\0\0\0\x0cjP  ", b"<svg", b"\0\0\0\x1cftypavif",
    b"\0\0\0\x18ftypheic",
)  # fmt: skip
_MOST_BYTES = 200_000


@dataclass(frozen=True)
class Inputs:
    """All inputs that come of some seeds and a number that starts the dice."""

    seeds: Seeds
    start: int

    def kind(self, number: int) -> str:
        """Name the format that an input was made of."""
        return KINDS[number // CHUNK % len(KINDS)]

    def make(self, number: int) -> bytes:
        """Make an input."""
        dice = Random(f"{self.start}:{number}")
        kind = self.kind(number)
        data, donor = dice.choice(self.seeds[kind]), dice.choice(self.seeds[kind])
        for _ in range(dice.choice((0, 1, 1, 1, 1, 2, 2, 3, 5, 8)) if number % CHUNK else 0):
            data = self._step(kind, data, donor, dice)[:_MOST_BYTES]
        return data

    def _step(self, kind: str, data: bytes, donor: bytes, dice: Random) -> bytes:
        chance = dice.random()
        if chance < 0.62:
            return damaged_file(kind, data, donor, dice)
        if chance < 0.92:
            return damaged(data, dice)
        if chance < 0.95:
            return spliced(data, donor, dice)
        if chance < 0.98:
            return spliced(data, dice.choice(self.seeds[dice.choice(KINDS)]), dice)
        signature = dice.choice(_SIGNATURES)
        return signature + data[len(signature) if dice.random() < 0.5 else 0 :]
