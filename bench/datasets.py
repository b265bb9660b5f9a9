"""Photographs with ground truth: im/ (photos), gt/ (true alpha) and, in some sets, fg/ (true colours)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from alphacut.image import Photo, decode
from bench.bootstrap import subject_of
from bench.metrics import Levels


@dataclass(frozen=True)
class Sample:
    """A photo and the truth about it; `foreground` is the file of its true colours, if they are known."""

    set: str
    stem: str
    photo_file: Path
    truth_file: Path
    foreground_file: Path | None = None

    def photo(self) -> Photo:
        """Decode the photo as the pipeline does."""
        return decode(self.photo_file.read_bytes())

    def truth(self) -> Levels:
        """Read true alpha: uint8, shape (h, w)."""
        with Image.open(self.truth_file) as image:
            return np.asarray(image.convert("L"))

    def foreground(self) -> Levels | None:
        """Read true colours, if they are known: uint8, shape (h, w, 3)."""
        if self.foreground_file is None:
            return None
        with Image.open(self.foreground_file) as image:
            return np.asarray(image.convert("RGB"))


def read_sets(data: Path, names: list[str] | None = None) -> dict[str, list[Sample]]:
    """Find every set below a folder, or those named; raises FileNotFoundError where there is none."""
    folders = sorted(path.parent for path in data.glob("*/gt"))
    sets = {folder.name: _read_set(folder) for folder in folders if names is None or folder.name in names}
    if not sets or any(name not in sets for name in names or ()):
        raise FileNotFoundError(f"{data} does not hold {', '.join(names or ['any set'])}")
    return sets


def _read_set(folder: Path) -> list[Sample]:
    photos = {path.stem: path for path in (folder / "im").iterdir()}
    colours = {path.stem: path for path in (folder / "fg").glob("*")}
    truths = sorted((folder / "gt").iterdir())
    return [
        Sample(
            folder.name, truth.stem, photos[truth.stem], truth,
            colours.get(truth.stem) or colours.get(subject_of(truth.stem)),
        )
        for truth in truths
    ]  # fmt: skip
