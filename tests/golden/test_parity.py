"""Our masks against the peers' and our graphs against the published ones, on the three sample photos.

`test_masks_are_those_of_rembg_itself` runs the rembg package (2.0.86) on our weights, in its own process. It
takes a model's file as it finds it, without looking at the hash, so our ISNet with float16 weights can stand
in for its float32 one: both have the same inputs and outputs. Importing it compiles functions for matting
for half a minute, so just-in-time compiling is turned off: only_mask calls none of them.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alphacut.image import decode
from alphacut.mask import alpha_of
from alphacut.pipeline import remove_background
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT, IMGLY, REMBG, Recipe
from tests.golden.conftest import Networks
from tests.golden.oracles import imgly_mask, rembg_mask
from tests.helpers import pixels_of, run

pytestmark = pytest.mark.golden

PHOTOS = ("astronaut", "coffee", "chelsea")
MODELS = ("u2netp", "isnet")
RECIPES = {"default": DEFAULT, "rembg": REMBG, "imgly": IMGLY}


def our_mask(photo: bytes, network: Networks, recipe: Recipe) -> NDArray[np.uint8]:
    cutout = run(remove_background(photo, network.shipped(), network.spec, recipe=recipe))
    return pixels_of(cutout.png)[..., 3]


def distance(ours: NDArray[np.uint8], theirs: NDArray[np.uint8], what: str) -> int:
    apart = np.abs(ours.astype(int) - theirs.astype(int))
    print(f"{what}: at most {apart.max()}/255, {100 * (apart > 0).mean():.3f}% of the pixels differ")
    assert ours.std() > 20  # a mask that shows a subject, or the comparison would say little
    return int(apart.max())


# ---- graphs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("photo", PHOTOS)
@pytest.mark.parametrize("model", MODELS)
def test_shipped_graphs_give_the_masks_of_the_published_ones(
    model: str, photo: str, models: dict[str, Networks], samples: dict[str, bytes]
) -> None:
    network = models[model]
    image = decode(samples[photo])
    pixels = network_input(image, network.spec)
    expected = network.published()(pixels)
    mask = np.asarray(alpha_of(expected, network.spec, image.size))
    output = run(network.shipped().run(pixels))
    assert (
        distance(np.asarray(alpha_of(output, network.spec, image.size)), mask, f"{model} {photo} float32")
        <= 1
    )


def test_the_float16_graph_is_the_same_network(
    models: dict[str, Networks], samples: dict[str, bytes]
) -> None:
    """On CPUs onnxruntime computes in float32 all the same: what float16 loses, a GPU must show."""
    network = models["isnet"]
    image = decode(samples["astronaut"])
    pixels = network_input(image, network.spec)
    half, full = (
        np.asarray(alpha_of(run(network.shipped(precision).run(pixels)), network.spec, image.size))
        for precision in network.network.precisions
    )
    assert network.network.precisions == ("float16", "float32")
    assert distance(half, full, "isnet astronaut float16") <= 1


# ---- the peers' recipes ----------------------------------------------------------------------------


@pytest.mark.parametrize("photo", PHOTOS)
@pytest.mark.parametrize("model", MODELS)
def test_masks_are_rembgs_to_one_level(
    model: str, photo: str, models: dict[str, Networks], samples: dict[str, bytes]
) -> None:
    network = models[model]
    theirs = rembg_mask(samples[photo], model, network.published())
    assert distance(our_mask(samples[photo], network, REMBG), theirs, f"{model} {photo} rembg") <= 1


@pytest.mark.parametrize("photo", PHOTOS)
def test_masks_are_imglys_to_one_level(
    photo: str, models: dict[str, Networks], samples: dict[str, bytes]
) -> None:
    network = models["isnet"]
    theirs = imgly_mask(samples[photo], network.published())
    assert distance(our_mask(samples[photo], network, IMGLY), theirs, f"isnet {photo} imgly") <= 1


@pytest.mark.parametrize("other", [DEFAULT, IMGLY], ids=["default", "imgly"])
def test_the_comparison_tells_recipes_apart(
    other: Recipe, models: dict[str, Networks], samples: dict[str, bytes]
) -> None:
    network = models["u2netp"]
    theirs = rembg_mask(samples["astronaut"], "u2netp", network.published())
    assert distance(our_mask(samples["astronaut"], network, other), theirs, "another recipe") > 5


# ---- rembg itself ----------------------------------------------------------------------------------

REMBG_FILES = {"u2netp": "u2netp.onnx", "isnet": "isnet-general-use.onnx"}
RUN_REMBG = """
import sys
from pathlib import Path
from rembg import new_session, remove
name, *photos = sys.argv[1:]
session = new_session(name)
for photo in photos:
    mask = remove(Path(photo).read_bytes(), session=session, only_mask=True)
    Path(photo).with_suffix(".mask.png").write_bytes(mask)
"""


@pytest.mark.parametrize("model", MODELS)
def test_masks_are_those_of_rembg_itself(
    model: str, models: dict[str, Networks], samples: dict[str, bytes], tmp_path: Path
) -> None:
    file = tmp_path / "home" / REMBG_FILES[model]
    file.parent.mkdir()
    shutil.copyfile(models[model].published_file, file)
    for photo in PHOTOS:
        (tmp_path / f"{photo}.png").write_bytes(samples[photo])
    environment = {
        **os.environ,
        "U2NET_HOME": str(file.parent),
        "NUMBA_DISABLE_JIT": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",  # it must find the file, not load one
    }
    arguments = [file.stem, *(str(tmp_path / f"{photo}.png") for photo in PHOTOS)]
    subprocess.run([sys.executable, "-c", RUN_REMBG, *arguments], env=environment, check=True, timeout=300)
    for photo in PHOTOS:
        with Image.open(io.BytesIO((tmp_path / f"{photo}.mask.png").read_bytes())) as mask:
            theirs = np.asarray(mask.convert("L"))
        assert (
            distance(our_mask(samples[photo], models[model], REMBG), theirs, f"{model} {photo} rembg itself")
            <= 1
        )


def test_the_small_models_weights_are_the_file_that_rembg_downloads(models: dict[str, Networks]) -> None:
    """Its session pins this MD5 (sessions/u2netp.py); of ISNet it has a float32 file, ours is float16."""
    digest = hashlib.md5(models["u2netp"].published_file.read_bytes(), usedforsecurity=False)
    assert digest.hexdigest() == "8e83ca70e441ab06c318d82300c84806"
