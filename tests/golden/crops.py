"""Small parts of cutouts of the samples, kept as files, so that whatever changes pixels at an edge is seen.

    python -m tests.golden.crops

writes them anew, by the pipeline as it is, and says how far the new ones are from the old. Look at them, on
more than one background, before they are committed. astronaut.png is in the public domain, the others CC0.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from alphacut.native import NativeSession
from alphacut.pipeline import remove_background
from alphacut.recipe import DEFAULT, Recipe
from alphacut.session import Session
from tests.golden.conftest import Networks, read_networks, read_samples
from tests.helpers import Bytes8, Floats, pixels_of, run

FOLDER = Path(__file__).resolve().parent / "crops"
MODEL = "u2netp"
SIDE = 64  # pixels


@dataclass(frozen=True)
class Crop:
    """Part of a sample's cutout: the pixel at its top left."""

    photo: str
    left: int
    top: int

    def of(self, cutout: Bytes8) -> Bytes8:
        return cutout[self.top : self.top + SIDE, self.left : self.left + SIDE]


CROPS = {
    "hair": Crop("astronaut", 148, 32),
    "helmet": Crop("astronaut", 436, 352),
    "fur": Crop("chelsea", 24, 112),
    "whiskers": Crop("chelsea", 108, 216),
    "spoon": Crop("coffee", 392, 64),
    "saucer": Crop("coffee", 76, 248),
}


def session_of(network: Networks) -> NativeSession:
    """The graph that browsers run on the CPU."""
    return NativeSession(network.network.graph("wasm-float32"))


def cut_out(photo: bytes, network: Networks, session: Session, recipe: Recipe = DEFAULT) -> Bytes8:
    """RGBA of the whole cutout."""
    return pixels_of(run(remove_background(photo, session, network.spec, recipe=recipe)).data)


def as_seen(rgba: Bytes8) -> Floats:
    """Colours on black, beside alpha: what a colour is where nothing of it shows does not matter."""
    shown = rgba[..., :3] * (rgba[..., 3:] / np.float32(255))
    return np.dstack([shown, rgba[..., 3:]]).astype(np.float32)


def distance(ours: Bytes8, theirs: Bytes8) -> tuple[float, float]:
    """Mean and greatest difference in levels, as seen."""
    apart = np.abs(as_seen(ours) - as_seen(theirs))
    return float(apart.mean()), float(apart.max())


def read_crop(name: str) -> Bytes8:
    """The crop as it is kept: RGBA."""
    return pixels_of((FOLDER / f"{name}.png").read_bytes())


def main() -> int:
    """Write every crop."""
    network, samples = read_networks()[MODEL], read_samples()
    session = session_of(network)
    cutouts = {photo: cut_out(samples[photo], network, session) for photo in samples}
    FOLDER.mkdir(exist_ok=True)
    for name, crop in CROPS.items():
        made, file = crop.of(cutouts[crop.photo]), FOLDER / f"{name}.png"
        mean, most = distance(made, read_crop(name)) if file.exists() else (0.0, 0.0)
        Image.fromarray(made).save(file, optimize=True)
        print(f"{file.name}: changed by {mean:.3f} levels, at most {most:.0f}; {file.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
