"""Runs inside Pyodide (see pack_python.mjs): photos of each format through the pipeline, and damaged ones.

What this imports is what visitors download at the start; all other modules are fetched when first imported.
"""

import asyncio
import io
import json
import sys
from typing import Any

import numpy as np
import pyodide.ffi
from numpy.typing import NDArray
from PIL import IcoImagePlugin, Image, MpoImagePlugin, TgaImagePlugin, TiffImagePlugin, WebPImagePlugin

from alphacut.browser import entry
from alphacut.browser.options import read_options
from alphacut.errors import AlphacutError
from alphacut.foreign import Decoded, Refused
from alphacut.models import ModelSpec
from alphacut.pipeline import remove_background

# To save a format that Pillow does not know at once, it would import all it has.
PLUGINS = (IcoImagePlugin, MpoImagePlugin, TgaImagePlugin, TiffImagePlugin, WebPImagePlugin)
FOLDER = "/lib/"
SPEC = ModelSpec(id="job", width=16, height=16, mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0))


class Session:
    """A network whose map is empty; see `alphacut.session.Session`."""

    async def run(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Answer after a moment, as the host does."""
        await asyncio.sleep(0)
        return np.zeros((SPEC.height, SPEC.width), pixels.dtype)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Encode an image."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def photos() -> list[bytes]:
    """Make a file of each readable format, and of modes that are converted in another way."""
    rgb = Image.new("RGB", (40, 30), "red")
    formats = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "ICO", "PPM", "TGA")
    turned = Image.Exif()
    turned[0x0112] = 6
    grey_profile, print_profile = (bytes(16) + space + bytes(200) for space in (b"GRAY", b"CMYK"))
    told = Image.Exif()
    told[0x010F] = "a maker"
    told[0x8825] = {1: "N"}
    others = [
        saved(rgb, "JPEG", exif=turned, icc_profile=bytes(16) + b"RGB " + bytes(200), progressive=True),
        saved(rgb.convert("CMYK"), "JPEG"),
        saved(rgb.convert("CMYK"), "JPEG", icc_profile=print_profile),
        saved(rgb.convert("L"), "JPEG", icc_profile=grey_profile),
        saved(Image.new("LAB", (40, 30)), "TIFF"),
        saved(rgb, "PNG", exif=told),
        b"\0\0\0\x1cftypavif" + bytes(40),
        saved(rgb, "MPO", save_all=True, append_images=[rgb]),
        saved(rgb.convert("I;16"), "PNG"),
        saved(rgb.convert("P"), "PNG", transparency=0),
        saved(rgb.convert("RGBA"), "PNG"),
        saved(rgb.convert("RGBA"), "WEBP", lossless=True),
        saved(rgb, "GIF", save_all=True, append_images=[Image.new("RGB", (40, 30), "blue")]),
        saved(rgb.convert("F"), "TIFF"),
        saved(rgb.convert("I;16"), "TIFF", save_all=True, append_images=[rgb]),
        saved(rgb.convert("1"), "PPM"),
    ]
    return [saved(rgb, kind) for kind in formats] + others


def options() -> list[str]:
    """List what can be asked for, wrong wishes among them."""
    outputs: list[dict[str, Any]] = [
        *(
            {"format": kind, "effort": effort}
            for kind in ("png", "webp", "jpeg", "mask-png")
            for effort in ("fast", "small")
        ),
        *({"depth": 16, "effort": effort, "metadata": "keep"} for effort in ("fast", "small")),
        {"format": "webp", "lossless": True, "metadata": "keep"},
        {"format": "jpeg", "background": "#ff8000", "metadata": "keep"},
        {"premultiplied": True},
        {"depth": 9},
    ]
    return [json.dumps({"output": output}) for output in outputs]


async def decoder(mime: str, space: str) -> Decoded | Refused:
    """Stand in for the browser's."""
    return (
        Decoded(Image.new("RGBA", (40, 30), "red"), "display-p3")
        if "avif" in mime
        else Refused("unsupported")
    )


async def cut_out(photo: bytes, wishes: str) -> None:
    """Cut out a photo; errors are written out as for the page."""
    try:
        await remove_background(photo, Session(), SPEC, decoder=decoder, **read_options(wishes))
    except AlphacutError as error:
        entry.to_wire(error)


async def work() -> None:
    """Cut out every photo, and half of it, and some into every file that can be asked for."""
    application = entry.Application(pyodide.ffi, None)
    application.sha256  # noqa: B018
    made = photos()
    for photo in [*made, *(photo[: len(photo) // 2] for photo in made), b"", b"nothing" * 20]:
        await cut_out(photo, "{}")
    for wishes in options():
        for photo in made:
            await cut_out(photo, wishes)


def used() -> list[str]:
    """List the files of the modules that have been imported, by their place below /lib/python3.x."""
    origins = (getattr(module.__spec__, "origin", None) for module in list(sys.modules.values()))
    return sorted({origin.split("/", 3)[3] for origin in origins if origin and origin.startswith(FOLDER)})


async def main() -> str:
    """Do the work and return the list of files as JSON."""
    await work()
    return json.dumps(used())
