"""Moving over is changing one import: one script runs against @imgly/background-removal and against ours."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from alphacut.store.node import node_command
from bench.peer.build import WORK, build
from tests.browser.host import HELPERS, ISOLATED, hosting
from tests.helpers import Bytes8, file_of, pixels_of

pytestmark = pytest.mark.peer

SCRIPT = """async ([address, publicPath, photo]) => {
  const given = await import(address);
  const { removeBackground, removeForeground, segmentForeground, applySegmentationMask } = given;
  const told = new Set(), image = blobOf(photo, "image/png");
  const progress = (key, current, total) => {
    told.add(key.split(":")[0] + (current <= total ? "" : "?"));
  };
  const output = { format: "image/png", quality: 0.8 };
  const config = { publicPath, model: "isnet_fp16", device: "cpu", output, progress };
  await given.preload(config);
  const made = { foreground: await removeBackground(image, config) };
  made.mask = await segmentForeground(image, config);
  made.background = await removeForeground(URL.createObjectURL(image), config);
  made.masked = await applySegmentationMask(image, made.mask, config);
  const files = Object.entries(made).map(async ([name, blob]) => [name, blob.type, await base64Of(blob)]);
  return { files: await Promise.all(files), told: [...told].sort() };
}"""


@pytest.fixture(scope="module")
def folder(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's folder with both: our site, and the other package, bundled, with its files."""
    made = tmp_path_factory.mktemp("both")
    (made / "ours").symlink_to(site)
    (made / "peer").symlink_to(build())
    entry = "export * from '@imgly/background-removal';"
    esbuild = WORK / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--format=esm", "--log-level=error", f"--outfile={made / 'peer.js'}"]
    subprocess.run([*node_command(), str(esbuild), *options], cwd=WORK, input=entry, text=True, check=True)
    return made


@pytest.fixture(scope="module")
def results(folder: Path, photo: Bytes8, browser: Browser) -> Iterator[dict[str, dict[str, Any]]]:
    (folder / "page.html").write_text("<!doctype html><title>Both</title>", "utf-8")
    with hosting(folder, ISOLATED) as url:
        page = browser.new_page()
        page.set_default_timeout(240_000)
        page.goto(f"{url}page.html")
        page.evaluate(HELPERS)
        encoded = base64.b64encode(file_of(photo)).decode()
        both = {"ours": ("ours/alphacut.js", "ours/"), "peer": ("peer.js", "peer/")}
        yield {
            name: page.evaluate(SCRIPT, [url + script, url + path, encoded])
            for name, (script, path) in both.items()
        }
        page.close()


@pytest.fixture(scope="module")
def photo(site: Path) -> Bytes8:
    with Image.open(site / "samples" / "chelsea.png") as image:
        return np.array(image.reduce(2))


def files(result: dict[str, Any]) -> dict[str, Bytes8]:
    return {name: pixels_of(base64.b64decode(data)) for name, _, data in result["files"]}


def test_both_give_files_of_the_same_kind_and_size(results: dict[str, Any], photo: Bytes8) -> None:
    for result in results.values():
        assert [(name, kind) for name, kind, _ in result["files"]] == [
            (name, "image/png") for name in ("foreground", "mask", "background", "masked")
        ]
        for pixels in files(result).values():
            assert pixels.shape == (*photo.shape[:2], 4)


def test_both_tell_their_progress_in_the_same_style(results: dict[str, Any]) -> None:
    assert results["peer"]["told"] == ["compute", "fetch"]
    assert set(results["ours"]["told"]) == {"compute", "fetch", "load"}


def test_both_find_the_same_subject(results: dict[str, Any]) -> None:
    ours, theirs = files(results["ours"]), files(results["peer"])
    for name in ours:
        one, other = (pixels[..., 3] >= 128 for pixels in (ours[name], theirs[name]))
        overlap = (one & other).sum() / (one | other).sum()
        assert overlap > 0.95, f"{name}: {overlap}"


def test_both_keep_the_photos_colours_and_give_a_white_mask(results: dict[str, Any], photo: Bytes8) -> None:
    for result in results.values():
        made = files(result)
        for name in ("foreground", "background", "masked"):
            opaque = made[name][..., 3] == 255
            np.testing.assert_array_equal(made[name][opaque][:, :3], photo[opaque])
        visible = made["mask"][..., 3] > 0
        assert (made["mask"][visible][:, :3] == 255).all()
        np.testing.assert_array_equal(made["mask"][..., 3], made["foreground"][..., 3])
        np.testing.assert_array_equal(made["masked"][..., 3], made["mask"][..., 3])
        total = made["foreground"][..., 3].astype(int) + made["background"][..., 3]
        assert (total == 255).all()
