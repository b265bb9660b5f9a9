"""A mask from elsewhere, put on a picture; no network is needed."""

from __future__ import annotations

from PIL import Image

from alphacut.clock import Checkpoint, Clock, pass_by
from alphacut.compose import cut_out
from alphacut.errors import OutOfMemoryError
from alphacut.export import Exported, encode_finished
from alphacut.finish import EMPTY
from alphacut.foreign import Decoder, read_photo
from alphacut.image import Photo
from alphacut.mask import Alpha
from alphacut.notes import notes_of_photo
from alphacut.output import Output
from alphacut.png import PngEncoder, encode_alone
from alphacut.render import set_up

_PNG = Output()


async def apply_mask(
    photo: bytes,
    mask: bytes,
    *,
    output: Output = _PNG,
    decoder: Decoder | None = None,
    mask_decoder: Decoder | None = None,
    encode_png: PngEncoder = encode_alone,
    checkpoint: Checkpoint = pass_by,
) -> Exported:
    """Make the file of a picture with the alpha of a mask, in place of its own.

    Colours are the picture's own, those under its own alpha included; where the mask is 0 they are zeroed.

    Parameters
    ----------
    photo, mask : bytes
        Files. The mask's alpha counts, or in an opaque picture its red channel, scaled to the photo's size.
    decoder, mask_decoder : callable or None
        The browser's, for files that Pillow can't read.
    checkpoint : callable
        Awaited at the beginning of each stage; what it raises ends the job.

    Raises
    ------
    AlphacutError
        BadOptionsError where the file can't be made; else as `alphacut.foreign.read_photo`.
    """
    clock = Clock(checkpoint)
    try:
        await clock.enter("decode")
        picture = await read_photo(photo, output, decoder)
        output.check_size(picture.size)
        shape = await read_photo(mask, _PNG, mask_decoder)
        await clock.enter("mask")
        alpha = _levels(shape, picture.size)
        profile = picture.icc_profile
        setting = set_up(EMPTY, picture.rgb, alpha, None, picture=None, profile=profile)
        await clock.enter("compose")
        finished = cut_out(picture, alpha)
        await clock.enter("encode")
        file = await encode_finished(finished, picture, setting, output, encode_png)
        clock.stop()
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the mask was put on the picture.") from error
    return Exported(
        data=file, type=output.type, width=finished.width, height=finished.height,
        notes=tuple(notes_of_photo(picture, output)), ms=clock.ms,
    )  # fmt: skip


def _levels(mask: Photo, size: tuple[int, int]) -> Alpha:
    levels = mask.rgb.getchannel("R") if mask.alpha is None else mask.alpha
    return levels if levels.size == size else levels.resize(size, Image.Resampling.BILINEAR)
