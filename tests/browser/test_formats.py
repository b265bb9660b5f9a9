"""Photos of every kind in, files of every kind out, through the built site's own worker.

What comes out is judged by the bytes of the file, read by a Pillow that has nothing to do with it.
"""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests import icc
from tests.browser.driver import Driver, with_worker
from tests.helpers import Bytes8, file_of, noise, pixels_of, png_chunks, png_of, scene
from tools.serve import serving

OPEN = """() => {
  const worker = new Worker("worker/worker.js", { type: "module" });
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const textOf = (buffer) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob([buffer]));
  });
  let id = 0;
  window.cutOut = (photo, options) => new Promise((resolve) => {
    id += 1;
    worker.onmessage = async ({ data }) => {
      if (data.type === "error") resolve({ error: data.error });
      if (data.type !== "result") return;
      resolve({ ...data.value, data: await textOf(data.value.data), preview: null });
    };
    const request = { id, type: "remove", model: "tiny", device: "wasm" };
    worker.postMessage({ ...request, photo: new Blob([bytesOf(photo)]), ...options });
  });
}"""


@dataclass(frozen=True)
class Worker:
    """The site's worker, asked as an embedder would."""

    page: Page

    def ask(self, photo: bytes, options: dict[str, Any] | None = None, **output: Any) -> dict[str, Any]:
        wishes = options if options is not None else {"output": output} if output else {}
        call = "([photo, options]) => window.cutOut(photo, options)"
        reply: dict[str, Any] = self.page.evaluate(call, [base64.b64encode(photo).decode(), wishes])
        if "data" in reply:
            reply["data"] = base64.b64decode(reply["data"])
        return reply

    def cut_out(self, photo: bytes, **output: Any) -> dict[str, Any]:
        reply = self.ask(photo, **output)
        assert "error" not in reply, reply
        return reply


@pytest.fixture(scope="module")
def worker(browser: Any, site: Path) -> Iterator[Worker]:
    """One worker for all: it takes longer to start than a test to run."""
    with serving(site) as url:
        page = browser.new_page()
        asked: list[str] = []
        page.context.on("request", lambda request: asked.append(request.url))
        page.goto(f"{url}site.json")  # a page of the same origin that does nothing
        page.evaluate(with_worker(OPEN))
        yield Worker(page)
        page.close()
        assert any("python.tar" in url for url in asked)
        assert not [url for url in asked if "python-late" in url]  # the start brings all that a job imports


def red(width: int = 40, height: int = 30) -> Bytes8:
    """A photo that the network takes for all subject, every pixel another."""
    made = noise(width, height)
    made[..., 0] = 200 + made[..., 0] // 5
    made[..., 2] //= 8
    return made


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


# ---- colours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [icc.P3, icc.ADOBE_RGB], ids=["Display P3", "Adobe RGB"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("wanted", ["png", "webp", "jpeg"])
def test_wide_colours_keep_their_values_and_their_profile(
    worker: Worker, kind: str, wanted: str, columns: Any
) -> None:
    profile = icc.rgb(columns)
    photo = file_of(smooth_red(), kind, icc_profile=profile, **({"quality": 95} if kind == "JPEG" else {}))
    options = {"lossless": True} if wanted == "webp" else {"quality": 100} if wanted == "jpeg" else {}
    made = opened(worker.cut_out(photo, format=wanted, **options)["data"])
    assert made.info["icc_profile"] == profile
    difference = np.abs(np.asarray(made)[..., :3].astype(int) - pixels_of(photo))
    assert difference.max() <= (0 if wanted != "jpeg" and kind == "PNG" else 6)


def inks() -> Image.Image:
    stripes = Image.new("CMYK", (96, 16))
    for index, ink in enumerate(
        [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (128, 0, 0, 0)]
    ):
        stripes.paste(ink, (16 * index, 0, 16 * index + 16, 16))
    return stripes


def stripes(data: bytes) -> list[list[int]]:
    """Colours of the stripes of `inks` in a file that is opaque."""
    return [pixels_of(data)[8, x, :3].astype(int).tolist() for x in range(8, 88, 16)]


def test_inks_are_converted_by_their_profile_which_the_browser_applies(worker: Worker) -> None:
    photo = file_of(inks(), "JPEG", quality=100, icc_profile=icc.cmyk())
    # Half in a coloured margin, so that nothing is transparent on white.
    reply = worker.cut_out(photo, format="png", background="#ffffff", metadata="none")
    naive = worker.cut_out(file_of(inks(), "JPEG", quality=100), background="#ffffff")
    assert "approximate-colours" not in reply["notes"]
    assert "approximate-colours" in naive["notes"]
    # The network keeps what is redder than blue; of that, cyan (which this profile prints pink) is telling.
    cyan, plain = stripes(reply["data"])[1], stripes(naive["data"])[1]
    assert cyan[0] == 255
    assert cyan[1] < 200
    assert plain != cyan


def test_a_print_photo_that_lies_on_its_side_is_turned_once(worker: Worker) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = file_of(inks(), "JPEG", quality=100, icc_profile=icc.cmyk(), exif=exif)
    upright = file_of(
        inks().transpose(Image.Transpose.ROTATE_270), "JPEG", quality=100, icc_profile=icc.cmyk()
    )
    turned, expected = worker.cut_out(photo), worker.cut_out(upright)
    assert (turned["width"], turned["height"]) == (16, 96)
    assert "approximate-colours" not in turned["notes"]
    assert np.abs(pixels_of(turned["data"]).astype(int) - pixels_of(expected["data"])).max() <= 2


# ---- formats in ------------------------------------------------------------------------------------


def avif(pixels: Bytes8, **options: Any) -> bytes:
    return file_of(pixels, "AVIF", quality=100, subsampling="4:4:4", **options)


def smooth_red(width: int = 64, height: int = 48) -> Bytes8:
    made = scene(width, height)
    made[..., 0] = 180 + made[..., 0] // 4
    made[..., 2] //= 4
    return made


def test_avif_is_read_by_the_browser(worker: Worker) -> None:
    photo = avif(smooth_red())
    reply = worker.cut_out(photo)
    pixels = pixels_of(reply["data"])
    assert (reply["format"], reply["width"], reply["height"], reply["type"]) == ("AVIF", 64, 48, "image/png")
    theirs = np.asarray(opened(photo).convert("RGB")).astype(int)
    assert np.abs(pixels[..., :3] - theirs)[pixels[..., 3] > 0].max() <= 2
    assert "icc_profile" not in opened(reply["data"]).info


def test_avif_is_turned_upright_once(worker: Worker) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    reply = worker.cut_out(avif(smooth_red(), exif=exif))
    expected = np.rot90(smooth_red(), -1).astype(int)
    pixels = pixels_of(reply["data"])
    assert pixels.shape == (64, 48, 4)
    assert np.abs(pixels[..., :3] - expected)[pixels[..., 3] > 0].max() <= 6


def test_alpha_of_avif_is_kept(worker: Worker) -> None:
    alpha = np.repeat(np.array([0, 128, 255, 128], np.uint8), 16) * np.ones((48, 1), np.uint8)
    reply = worker.cut_out(avif(np.dstack([smooth_red(), alpha])), format="mask-png")
    # Chromium 156 takes alpha's full range for a limited one, which stretches it by up to 16.
    assert np.abs(pixels_of(reply["data"]).astype(int) - alpha)[:, 20:28].max() <= 12
    assert np.unique(pixels_of(reply["data"])[:, [4, 40]], axis=0).tolist() == [[0, 255]]


def test_wide_avif_comes_as_display_p3_with_its_profile(worker: Worker) -> None:
    colour = np.full((48, 64, 3), (200, 40, 30), np.uint8)
    reply = worker.cut_out(avif(colour, icc_profile=icc.rgb(icc.P3, 2.2)))
    image = opened(reply["data"])
    assert b"D\0i\0s\0p\0l\0a\0y\0 \0P\0003" in image.info["icc_profile"]
    # Gamma 2.2 became the curve of sRGB; nothing was clipped: sRGB's green would be 0.
    assert np.abs(np.asarray(image)[24, 32, :3].astype(int) - (201, 35, 24)).max() <= 3


def test_of_moving_pictures_the_first_is_taken_and_that_is_said(worker: Worker) -> None:
    first, second = Image.fromarray(smooth_red()), Image.new("RGB", (64, 48), (0, 0, 200))
    for kind in ("AVIF", "PNG", "WEBP", "GIF"):
        moving = file_of(first, kind, save_all=True, append_images=[second], duration=100)
        reply = worker.cut_out(moving)
        assert "first-frame" in reply["notes"], kind
        assert pixels_of(reply["data"])[..., 0].max() > 150, kind


@pytest.mark.parametrize(
    ("photo", "code", "said"),
    [
        (avif(smooth_red())[:900], "truncated-image", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "unsupported-format", "HEIC"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "unsupported-format", "JPEG 2000"),
    ],
    ids=["damaged AVIF", "HEIC", "JPEG 2000"],
)
def test_what_the_browser_can_not_read_is_explained(
    worker: Worker, photo: bytes, code: str, said: str
) -> None:
    error = worker.ask(photo)["error"]
    assert error["code"] == code
    assert said in error["message"]
    assert error["hint"]
    worker.cut_out(file_of(red()))  # and the next photo works


# ---- formats out -----------------------------------------------------------------------------------


def test_each_kind_of_file_is_what_it_says(worker: Worker) -> None:
    pixels = smooth_red()
    pixels[:, :20, 0] = 20  # the background of this network: files drop alpha that is 255 everywhere
    photo = file_of(pixels, icc_profile=icc.rgb())
    kinds = {"png": "PNG", "webp": "WEBP", "jpeg": "JPEG", "mask-png": "PNG"}
    modes = {"png": "RGBA", "webp": "RGBA", "jpeg": "RGB", "mask-png": "L"}
    alpha = pixels_of(worker.cut_out(photo)["data"])[..., 3]
    for wanted, kind in kinds.items():
        for effort in ("fast", "small"):
            reply = worker.cut_out(photo, format=wanted, effort=effort)
            image = opened(reply["data"])
            assert (image.format, image.mode, image.size) == (kind, modes[wanted], (64, 48))
            assert Image.MIME[kind] == reply["type"]
            assert ("icc_profile" in image.info) is (wanted != "mask-png")
            if wanted != "jpeg":
                np.testing.assert_array_equal(np.asarray(image.getchannel(image.getbands()[-1])), alpha)


def test_sixteen_bits_go_in_and_come_out(worker: Worker) -> None:
    levels = np.random.default_rng(0).integers(0, 65536, (30, 40, 3)).astype(">u2")
    levels[..., 0] |= 0xE000
    levels[..., 2] &= 0x0FFF
    photo = png_of(40, 30, 16, 2, [row.tobytes() for row in levels])
    plain = pixels_of(worker.cut_out(photo)["data"])
    np.testing.assert_array_equal(plain[..., :3], levels >> 8)
    deep = worker.cut_out(photo, depth=16)["data"]
    assert struct.unpack_from(">BB", deep, 24) == (16, 6)
    np.testing.assert_array_equal(pixels_of(deep), plain)  # Pillow reads the upper bytes
    with Image.open(io.BytesIO(deep)) as image:
        image.tile = [tile._replace(args="RGBA;16L") for tile in image.tile]  # and so the lower ones
        low = np.asarray(image)
    opaque = plain[..., 3] == 255
    assert opaque.any()
    np.testing.assert_array_equal(low[opaque][:, :3], (levels & 255)[opaque])


def test_place_thumbnail_and_text_are_gone_unless_asked_for(worker: Worker) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "a maker", 1
    exif[0x8825] = {1: "N", 2: (51.0, 28.0, 40.0)}
    photo = file_of(red(), "JPEG", exif=exif, comment=b"a secret comment")
    for wanted in ("png", "webp", "jpeg"):
        plain = worker.cut_out(photo, format=wanted)["data"]
        assert b"maker" not in plain
        assert not opened(plain).getexif()
        kept = worker.cut_out(photo, format=wanted, metadata="keep")["data"]
        assert opened(kept).getexif()[0x010F] == "a maker"
        assert opened(kept).getexif().get_ifd(0x8825)[1] == "N"
        assert b"secret" not in plain + kept
    assert set(png_chunks(worker.cut_out(photo)["data"])) == {b"IHDR", b"IDAT", b"IEND"}


def test_wishes_that_make_no_sense_are_refused_with_their_code(worker: Worker) -> None:
    photo = file_of(red())
    wrong: list[dict[str, Any]] = [
        {"output": {"format": "bmp"}},
        {"output": {"format": "jpeg", "depth": 16}},
        {"output": {"quality": 200, "format": "jpeg"}},
        {"output": {"background": "red"}},
        {"region": {"left": 5, "top": 0, "right": 5, "bottom": 9}},
    ]
    for options in wrong:
        assert worker.ask(photo, options)["error"]["code"] == "bad-options", options


def test_the_page_shows_and_saves_an_avif(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "photo.avif").write_bytes(avif(smooth_red()))
    driver.open(model="tiny")
    report = driver.cut_out(tmp_path / "photo.avif")
    assert (report["format"], report["type"]) == ("AVIF", "image/png")
    assert driver.download(tmp_path).name == "photo-cutout.png"
    assert driver.page.locator("#original").evaluate("image => image.naturalWidth") == 64
