"""The browser's own image decoders, as `alphacut.foreign.Decoder`."""

from __future__ import annotations

from PIL import Image

from alphacut.browser.buffers import Buffers, JsObject
from alphacut.foreign import Decoded, Decoder, Refused, Space
from alphacut.image import MAX_PIXELS


def decoder_of(ask: JsObject, buffers: Buffers) -> Decoder:
    """Make a decoder of a function of the host's.

    `ask(type, space, limit)` resolves, never rejects, to ``{refused}``, a word of `Refused`, or to
    ``{data, width, height, space}``: the photo it was started with, upright, RGBA.
    """

    async def decode(mime: str, space: Space) -> Decoded | Refused:
        reply = await ask(mime, space, MAX_PIXELS)
        refused = getattr(reply, "refused", None)
        if refused is not None:
            return Refused(refused)
        width, height = int(reply.width), int(reply.height)
        pixels = buffers.take(reply.data, (height, width, 4))
        return Decoded(Image.frombuffer("RGBA", (width, height), pixels, "raw", "RGBA", 0, 1), reply.space)

    return decode
