"""Tells what becomes of photos: a bar on a terminal, lines of JSON where they are asked for, errors."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from alphacut.clock import STAGES, Stage
from alphacut.command.photos import Photo
from alphacut.command.standard_output import write_line
from alphacut.command.telling import say, shown, to_wire, words
from alphacut.errors import AlphacutError
from alphacut.notes import Note
from alphacut.pipeline import Cutout

DEVICE = "cpu"
"""What networks run on here."""

_BAR = 24
_WORDS: dict[Note, str] = {
    "first-frame": "the file holds several pictures, and the first was taken",
    "approximate-colours": "the colours are approximate: their profile can't be used",
    "unknown-colours": "the colours may be wrong: they are of a space that is not known here",
    "metadata-lost": "the metadata could not be kept",
    "empty-mask": "no subject was found, and all is transparent",
    "full-mask": "all was taken for the subject",
    "flat-mask": "the network saw no subject apart from the rest",
    "undecided-mask": "the network is unsure about most of the subject",
    "no-subject": "there is nothing to crop to",
    "enlargement-limited": "the subject is smaller than wished, as it would have been enlarged too much",
    "picture-colours": "the background picture's colours may be off: a profile can't be used",
    "background-colour": "the background's colour may be off: the photo's profile can't be used",
}  # fmt: skip


class Report:
    """Writes to standard error; to standard output only lines of JSON, if these are wanted."""

    def __init__(self, total: int, *, model: str, wants_json: bool) -> None:
        self._total = total
        self._model = model
        self._wants_json = wants_json
        self._shows_bar = sys.stderr.isatty()
        self._number = 0
        self.failures = 0

    def begin(self, photo: Photo) -> None:
        """Count a photo that is begun."""
        self._number += 1
        self._draw(photo, 0.0)

    def checkpoint(self, photo: Photo, stage: Stage) -> None:
        """Show how far a photo is."""
        self._draw(photo, STAGES.index(stage) / len(STAGES))

    def done(self, photo: Photo, cutout: Cutout) -> None:
        """Tell what was made of a photo."""
        ms = {name: round(value, 1) for name, value in cutout.ms.items()}
        self._tell({
            **_facts(photo), "width": cutout.width, "height": cutout.height, "model": self._model,
            "device": DEVICE, "ms": {**ms, "total": round(sum(ms.values()), 1)}, "notes": list(cutout.notes),
        })  # fmt: skip
        if not self._wants_json:
            for note in cutout.notes:
                self.say(f"{photo.name}: {_WORDS[note]}")

    def skipped(self, photo: Photo) -> None:
        """Tell that a photo's file was there already."""
        self._tell({**_facts(photo), "skipped": True})

    def failed(self, photo: Photo, error: AlphacutError) -> None:
        """Tell why nothing was made of a photo."""
        self.failures += 1
        self._tell({"path": photo.name, "error": to_wire(error)})
        self.say(f"{photo.name}: {words(error)}")

    def stopped(self, at: str, error: AlphacutError) -> None:
        """Tell why nothing more can be made, and at which file that came out."""
        self._tell({"path": at, "error": to_wire(error)})
        self.say(words(error))

    def left_out(self, path: Path) -> None:
        """Tell of a file of a folder that is what is made of a photo."""
        self._tell({"path": str(path), "skipped": True})
        self.say(f"{path}: left out, it is what is made of a photo; to have it cut out, name the file itself")

    def say(self, text: str) -> None:
        """Tell the person."""
        self.clear()
        say(text)

    def clear(self) -> None:
        """Take the bar away."""
        if self._shows_bar:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _tell(self, facts: dict[str, Any]) -> None:
        if self._wants_json:
            self.clear()
            write_line(json.dumps(facts))

    def _draw(self, photo: Photo, share: float) -> None:
        if self._shows_bar:
            filled = round(_BAR * (self._number - 1 + share) / self._total)
            bar = f"[{'#' * filled}{'.' * (_BAR - filled)}] {self._number}/{self._total} "
            print(f"\r{bar}{shown(photo.name)}\x1b[K", end="", file=sys.stderr, flush=True)


def _facts(photo: Photo) -> dict[str, Any]:
    return {"path": photo.name, "output": "-" if photo.target is None else str(photo.target)}
