"""alphacut.js on a page of the site's own origin: what goes in, what comes out, how it ends."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.host import Answer, Api
from tests.browser.native import cut_out as natively
from tests.helpers import Bytes8, file_of, noise, pixels_of, png_of
from tools.serve import serving

WIDTH, HEIGHT = 64, 48


@pytest.fixture(scope="module")
def api(browser: Any, site: Path) -> Iterator[Api]:
    """One page for all: its worker takes longer to start than a test to run."""
    with serving(site) as url:
        page = browser.new_page()
        asked: list[str] = []
        page.context.on("request", lambda request: asked.append(request.url))
        page.goto(f"{url}site.json")  # a page of the same origin that does nothing
        page.evaluate("import('./alphacut.js').then((module) => { window.alphacut = module; })")
        yield Api(page)
        page.close()
        assert all(address.startswith((url, "blob:", "data:")) for address in asked)


def half_red(channels: int = 3) -> Bytes8:
    """A photo whose right half the network takes for subject, and its left half for background."""
    made = noise(WIDTH, HEIGHT, channels)
    red, blue = made[:, WIDTH // 2 :], made[:, : WIDTH // 2]
    red[..., 0], red[..., 2] = 200 + red[..., 0] // 5, red[..., 2] // 8
    blue[..., 0], blue[..., 2] = blue[..., 0] // 8, 200 + blue[..., 2] // 5
    return made


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


PHOTO = file_of(half_red())
CANVAS = """(() => {{
  const canvas = {make};
  canvas.width = bitmap.width, canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return canvas;
}})()"""
ON_PAGE = CANVAS.format(make='document.createElement("canvas")')
OFF_PAGE = CANVAS.format(make="new OffscreenCanvas(1, 1)")
IMAGE = "(() => {{ const image = new Image(); image.src = {address}; return image; }})()"
PLAYING = f"""await (async () => {{
  const video = document.createElement("video"), canvas = {ON_PAGE};
  video.srcObject = canvas.captureStream(), video.muted = true;
  const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  await video.play();
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  await shown;
  return video;
}})()"""
KINDS = {
    "file": 'new File([photo], "a.png")',
    "buffer": "await photo.arrayBuffer()",
    "view": "new Uint8Array(await photo.arrayBuffer())",
    "image data": f'{ON_PAGE}.getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height)',
    "bitmap": "bitmap",
    "canvas": ON_PAGE,
    "offscreen canvas": OFF_PAGE,
    "frame": "new VideoFrame(bitmap, { timestamp: 0 })",
    "image, drawn": IMAGE.format(address="URL.createObjectURL(photo)"),  # the policy lets none fetch it
}


@pytest.fixture(scope="module")
def cutout(api: Api) -> Answer:
    return api.call("alphacut.removeBackground(photo, usual)", PHOTO)


def test_the_cutout_is_a_png_whose_pixels_are_those_of_native_python(
    cutout: Answer, site: Path, tmp_path: Path
) -> None:
    assert cutout.type == "image/png"
    photo = tmp_path / "photo.png"
    photo.write_bytes(PHOTO)
    np.testing.assert_array_equal(cutout.pixels, natively(site, "tiny", photo, tmp_path))
    subject = cutout.pixels[:, WIDTH // 2 + 4 :]
    np.testing.assert_array_equal(subject[..., :3], half_red()[:, WIDTH // 2 + 4 :])
    assert (subject[..., 3] == 255).all()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_photos_may_be_of_any_kind(api: Api, cutout: Answer, kind: str) -> None:
    made = api.call(
        f"createImageBitmap(photo).then(async (bitmap) => alphacut.removeBackground({kind}, usual))", PHOTO
    )
    np.testing.assert_array_equal(made.pixels, cutout.pixels)


@pytest.mark.parametrize("form", ["AVIF", "WEBP", "TIFF", "PPM"])
def test_files_may_be_of_formats_that_the_peer_refuses(api: Api, cutout: Answer, form: str) -> None:
    """Of AVIF the browser decodes it, of the others Python; those that lose something do so."""
    options = {"lossless": True} if form == "WEBP" else {}
    made = api.call("alphacut.removeBackground(photo, usual)", file_of(half_red(), form, **options)).pixels
    assert made.shape == cutout.pixels.shape
    if form == "AVIF":
        assert np.abs(made[..., 3].astype(int) - cutout.pixels[..., 3]).mean() < 10
    else:
        np.testing.assert_array_equal(made, cutout.pixels)


def test_a_video_gives_the_frame_that_it_shows(api: Api, cutout: Answer) -> None:
    """By way of the video's own colours, so not to the level."""
    call = f"createImageBitmap(photo).then(async (bitmap) => alphacut.removeBackground({PLAYING}, usual))"
    made = api.call(call, PHOTO).pixels
    assert made.shape == cutout.pixels.shape
    assert np.abs(made[..., 3].astype(int) - cutout.pixels[..., 3]).mean() < 10


ADDRESSES = {
    "relative": '"samples/chelsea.png"',
    "absolute": 'new URL("samples/chelsea.png", location).href',
    "url": 'new URL("samples/chelsea.png", location)',
    "image": IMAGE.format(address='"samples/chelsea.png"'),
}


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_addresses_are_those_of_the_page(api: Api, site: Path, address: str) -> None:
    made = api.call(f"alphacut.removeBackground({address}, usual)")
    assert opened(made.data).size == opened((site / "samples" / "chelsea.png").read_bytes()).size


def test_an_element_gives_its_file_with_all_that_is_in_it(api: Api, site: Path) -> None:
    """Sixteen bits would not survive a canvas, nor would the profile."""
    folder = site / "samples"
    photo = folder / "deep-test.png"
    try:
        photo.write_bytes(deep_photo())
        image = IMAGE.format(address='"samples/deep-test.png"')
        config = "{ ...usual, output: { depth: 16 } }"
        made = api.call(f"alphacut.removeBackground({image}, {config})")
    finally:
        photo.unlink()
    assert made.data[24] == 16  # the PNG's bits of a channel


def deep_photo() -> bytes:
    levels = np.random.default_rng(0).integers(0, 65536, (30, 40, 3)).astype(">u2")
    return png_of(40, 30, 16, 2, [row.tobytes() for row in levels])


def test_drawings_in_svg_are_drawn(api: Api) -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30" '
        b'fill="#00f"/><rect x="20" width="20" height="30" fill="#f00"/></svg>'
    )
    made = api.call("alphacut.removeBackground(photo, usual)", svg, "image/svg+xml").pixels
    assert made.shape == (30, 40, 4)
    assert made[15, 35].tolist() == [255, 0, 0, 255]
    assert not made[15, 5].any()


def test_alpha_is_straight_and_colours_are_exact_however_low_it_is(api: Api) -> None:
    photo = half_red(4)
    photo[..., 3] = np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH) % 256
    photo[..., 0], photo[..., 2] = 255, 0  # all of it is subject
    script = f"""(async () => {{
      const bytes = new Uint8ClampedArray(await photo.arrayBuffer());
      return alphacut.removeBackground(new ImageData(bytes, {WIDTH}, {HEIGHT}), usual);
    }})()"""
    made = api.call(script, photo.tobytes()).pixels
    lost = photo[..., 3].astype(int) - made[..., 3]  # this network is never quite sure: at most 254 of 255
    assert (lost.min(), lost.max()) == (0, 2)
    visible = made[..., 3] > 0
    np.testing.assert_array_equal(made[visible][:, :3], photo[visible][:, :3])


def test_subject_and_background_add_up(api: Api, cutout: Answer) -> None:
    background = api.call("alphacut.removeForeground(photo, usual)", PHOTO).pixels
    np.testing.assert_array_equal(background[..., 3], 255 - cutout.pixels[..., 3])
    np.testing.assert_array_equal(background[:, : WIDTH // 2 - 4, :3], half_red()[:, : WIDTH // 2 - 4])


def test_the_mask_is_white_with_alpha(api: Api, cutout: Answer) -> None:
    made = api.call("alphacut.segmentForeground(photo, usual)", PHOTO)
    expected = np.full_like(cutout.pixels, 255)
    expected[..., 3] = alpha = cutout.pixels[..., 3]
    assert made.type == "image/png"
    visible = alpha > 0
    np.testing.assert_array_equal(made.pixels[visible], expected[visible])
    np.testing.assert_array_equal(made.pixels[..., 3], alpha)
    assert api.call("alphacut.alphamask === alphacut.segmentForeground").value


@pytest.mark.parametrize(
    ("kind", "name"), [("mask", "segmentForeground"), ("background", "removeForeground")]
)
def test_output_type_says_the_same_as_the_functions(api: Api, kind: str, name: str) -> None:
    by_type = api.call(
        f'alphacut.removeBackground(photo, {{ ...usual, output: {{ type: "{kind}" }} }})', PHOTO
    )
    by_name = api.call(f"alphacut.{name}(photo, usual)", PHOTO)
    assert (by_type.type, by_type.data) == (by_name.type, by_name.data)


def as_format(name: str, function: str = "removeBackground") -> str:
    return f'alphacut.{function}(photo, {{ ...usual, output: {{ format: "{name}", quality: 1 }} }})'


def test_files_are_of_the_format_asked_for(api: Api, cutout: Answer) -> None:
    for name, kind in {
        "image/png": "PNG",
        "image/jpeg": "JPEG",
        "image/webp": "WEBP",
        "webp": "WEBP",
    }.items():
        for function in ("removeBackground", "segmentForeground"):
            made = api.call(as_format(name, function), PHOTO)
            image = opened(made.data)
            assert (image.format, image.size, Image.MIME[kind]) == (kind, (WIDTH, HEIGHT), made.type)
            if kind != "JPEG":
                np.testing.assert_array_equal(np.asarray(image.getchannel("A")), cutout.pixels[..., 3])
    mask = opened(api.call(as_format("mask-png"), PHOTO).data)
    assert mask.mode == "L"
    np.testing.assert_array_equal(np.asarray(mask), cutout.pixels[..., 3])


def test_bare_pixels_say_their_size(api: Api, cutout: Answer) -> None:
    pixels = api.call(as_format("image/x-rgba8"), PHOTO)
    assert pixels.type == f"image/x-rgba8;width={WIDTH};height={HEIGHT}"
    assert pixels.data == cutout.pixels.tobytes()
    for function in ("removeBackground", "segmentForeground"):
        alpha = api.call(as_format("image/x-alpha8", function), PHOTO)
        assert alpha.type == f"image/x-alpha8;width={WIDTH};height={HEIGHT}"
        assert alpha.data == cutout.pixels[..., 3].tobytes()
    white = np.full_like(cutout.pixels, 255)
    white[..., 3] = cutout.pixels[..., 3]
    assert api.call(as_format("image/x-rgba8", "segmentForeground"), PHOTO).data == white.tobytes()


WITHOUT_CANVASES = """(async () => {{
  const {{ OffscreenCanvas, createImageBitmap }} = globalThis, {{ getContext }} = HTMLCanvasElement.prototype;
  const none = () => {{ throw new Error("a canvas"); }};
  globalThis.OffscreenCanvas = globalThis.createImageBitmap = HTMLCanvasElement.prototype.getContext = none;
  try {{
    return await {call};
  }} finally {{
    Object.assign(globalThis, {{ OffscreenCanvas, createImageBitmap }});
    HTMLCanvasElement.prototype.getContext = getContext;
  }}
}})()"""
"""Canvases are limited in size, and some browsers add noise to what is read from them."""


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "image/x-rgba8", "image/x-alpha8", "mask-png"])
def test_no_canvas_has_a_part_in_masks(api: Api, cutout: Answer, kind: str) -> None:
    made = api.call(WITHOUT_CANVASES.format(call=as_format(kind, "segmentForeground")), PHOTO)
    assert made.error is None, made.error
    assert made.data == api.call(as_format(kind, "segmentForeground"), PHOTO).data
    if kind == "jpeg":  # white on black; alpha itself is no JPEG's
        levels = np.asarray(opened(made.data).convert("L")).astype(int)
        assert np.abs(levels - cutout.pixels[..., 3]).max() < 12
    mask = as_format(kind if kind != "jpeg" else "png", "segmentForeground")
    put = f"{mask}.then((mask) => alphacut.applySegmentationMask(photo, mask, usual))"
    np.testing.assert_array_equal(
        api.call(WITHOUT_CANVASES.format(call=put), PHOTO).pixels[..., 3], cutout.pixels[..., 3]
    )


def test_a_mask_as_jpeg_is_white_on_black_and_may_be_small(api: Api, cutout: Answer) -> None:
    call = "alphacut.segmentForeground(photo, {{ ...usual, output: {{ format: 'jpeg', effort: '{}' }} }})"
    fast, small = (api.call(call.format(effort), PHOTO).data for effort in ("fast", "small"))
    assert len(small) < len(fast)
    for file in (fast, small):
        right, left = (
            np.asarray(opened(file))[:, WIDTH // 2 + 8 :],
            np.asarray(opened(file))[:, : WIDTH // 2 - 8],
        )
        assert right.min() > 230
        assert left.max() < 25


def test_colours_under_a_pictures_own_alpha_come_back(api: Api) -> None:
    photo = noise(WIDTH, HEIGHT, 4)
    photo[:9, :, 3], photo[9:, :, 3] = 0, 3
    mask = file_of(np.full((HEIGHT, WIDTH), 255, np.uint8))
    script = f"""alphacut.applySegmentationMask(photo, new Uint8Array({list(mask)}), usual)"""
    made = api.call(script, file_of(photo)).pixels
    np.testing.assert_array_equal(made[..., :3], photo[..., :3])
    assert (made[..., 3] == 255).all()


@pytest.mark.parametrize("kind", ["image/png", "image/x-alpha8", "mask-png"])
def test_a_mask_is_put_on_a_picture(api: Api, cutout: Answer, kind: str) -> None:
    mask = as_format(kind, "segmentForeground")
    made = api.call(
        f"{mask}.then((mask) => alphacut.applySegmentationMask(photo, mask, usual))", PHOTO
    ).pixels
    alpha = cutout.pixels[..., 3]
    np.testing.assert_array_equal(made[..., 3], alpha)
    np.testing.assert_array_equal(made[alpha > 0][:, :3], half_red()[alpha > 0])


def test_progress_is_told_in_its_order(api: Api) -> None:
    script = """(async () => {
      const told = [];
      alphacut.dispose();
      await alphacut.removeBackground(photo, { ...usual, progress: (...step) => told.push(step) });
      return told;
    })()"""
    told = api.call(script, PHOTO).value
    keys = list(dict.fromkeys(key for key, _, _ in told))
    assert set(keys[:3]) == {"fetch:runtime", "fetch:model", "load:session"}
    steps = ["decode", "preprocess", "inference", "mask", "foreground", "compose", "encode"]
    assert keys[3:] == [f"compute:{step}" for step in steps]
    assert [step[1:] for step in told if step[0].startswith("compute")] == [[n, 7] for n in range(8)]
    for key in ("fetch:runtime", "fetch:model"):
        loaded = [(current, total) for name, current, total in told if name == key]
        assert loaded == sorted(loaded)
        assert loaded[-1][0] == loaded[-1][1] > 0


def test_an_abort_ends_one_call_alone(api: Api, cutout: Answer) -> None:
    script = """(async () => {
      const controller = new AbortController(), { signal } = controller;
      const progress = (key) => key === "compute:decode" && controller.abort("enough");
      const calls = [
        alphacut.removeBackground(photo, { ...usual, signal, progress }),
        alphacut.removeBackground(photo, usual),
        alphacut.removeBackground(photo, { ...usual, signal: AbortSignal.abort("at once") }),
      ];
      const [first, second, third] = await Promise.allSettled(calls);
      const error = ({ reason: { name, code, cause } }) => [name, code, cause];
      return [error(first), error(third), await base64Of(second.value)];
    })()"""
    first, third, second = api.call(script, PHOTO).value
    assert first == ["AbortError", "cancelled", "enough"]
    assert third == ["AbortError", "cancelled", "at once"]
    np.testing.assert_array_equal(pixels_of(base64.b64decode(second)), cutout.pixels)


def test_dispose_ends_calls_and_the_worker_and_later_calls_start_anew(api: Api, cutout: Answer) -> None:
    api.call("alphacut.removeBackground(photo, usual)", PHOTO)
    workers = api.page.workers
    assert workers
    with contextlib.ExitStack() as closing:
        for worker in workers:
            closing.enter_context(worker.expect_event("close"))
        ended = api.call("Promise.all([alphacut.removeBackground(photo, usual), alphacut.dispose()])", PHOTO)
    assert ended.error is not None
    assert (ended.error["name"], ended.error["code"]) == ("AbortError", "cancelled")
    assert api.page.workers == []
    again = api.call("alphacut.removeBackground(photo, usual)", PHOTO)
    np.testing.assert_array_equal(again.pixels, cutout.pixels)


def test_preload_tells_what_it_will_run_on(api: Api) -> None:
    ready = api.call("alphacut.preload(usual)").value
    assert (ready["model"], ready["device"]["provider"]) == ("tiny", "wasm")
    cores = api.page.evaluate("navigator.hardwareConcurrency")
    assert ready["device"]["threads"] == min(cores, 16)


def test_debug_tells_the_console_what_it_ran_on_and_no_pixels(api: Api) -> None:
    script = """(async () => {
      const told = [], { debug } = console;
      console.debug = (...words) => told.push(words[1]);
      await alphacut.removeBackground(photo, { ...usual, debug: true });
      await alphacut.removeBackground(photo, usual);
      console.debug = debug;
      return told;
    })()"""
    (told,) = api.call(script, PHOTO).value
    assert (told["model"], told["device"]["provider"]) == ("tiny", "wasm")
    assert told["ms"]["total"] > 0
    assert not {"data", "preview", "thumbnail"} & set(told)


ERRORS = {
    "new Blob(['no photo at all'])": "not-an-image",
    "new Blob([])": "empty-file",
    "'samples/none.png'": "download-failed",
    "42": "bad-options",
    "photo, { ...usual, model: 'none' }": "unknown-model",
    "photo, { ...usual, device: 'tpu' }": "bad-options",
    "photo, { ...usual, output: { format: 'image/gif' } }": "bad-options",
    "photo, { ...usual, publicPath: 'nowhere' }": "download-failed",
}


@pytest.mark.parametrize(("given", "code"), ERRORS.items(), ids=ERRORS.keys())
def test_errors_are_typed_and_say_what_to_do(api: Api, given: str, code: str) -> None:
    call = given if "usual" in given else f"{given}, usual"
    error = api.call(f"alphacut.removeBackground({call})", PHOTO).error
    assert error is not None
    assert (error["name"], error["code"], error["ours"]) == ("AlphacutError", code, True)
    assert error["hint"]


def test_a_notice_of_a_licence_is_shown_once(api: Api) -> None:
    script = """(async () => {
      const said = [], { info } = console;
      console.info = (...words) => said.push(words.join(" "));
      const gone = { signal: AbortSignal.timeout(100) }, config = { ...usual, ...gone, model: "medium" };
      for (let call = 0; call < 2; call++) await alphacut.preload(config).catch(() => {});
      console.info = info;
      return said;
    })()"""
    (said,) = api.call(script).value
    assert "ISNet" in said
    assert "licence" in said.lower()
