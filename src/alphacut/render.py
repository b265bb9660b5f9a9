"""A finished picture, put together: background, shadow and cutout, in their frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image

from alphacut import backgrounds
from alphacut.finish import BlurBackground, ColourBackground, Finish, Frame, PictureBackground
from alphacut.framing import frame_of
from alphacut.image import Photo
from alphacut.notes import Note
from alphacut.output import Colour
from alphacut.rgb_spaces import colour_in
from alphacut.sampling import HAMMING, Sheet, sample
from alphacut.shadow import cast, shadow_sheet
from alphacut.tiles import Box

_CLEAR = (0, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a cutout is put into, made while the photo still has its own colours.

    Attributes
    ----------
    size : tuple of int
        The photo's.
    colour : tuple of int or None
        The background's, in the photo's profile.
    blurred : Sheet or None
        The photo's background, blurred; see `alphacut.backgrounds.blurred`.
    picture : Photo or None
        A background picture, in the photo's profile.
    shadow : Sheet or None
        See `alphacut.shadow.shadow_sheet`.
    """

    finish: Finish
    frame: Frame
    size: tuple[int, int]
    colour: Colour | None = None
    blurred: Sheet | None = None
    picture: Photo | None = None
    shadow: Sheet | None = None
    notes: tuple[Note, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether a cutout stays as it is."""
        nothing = self.finish.background is None and self.shadow is None
        return nothing and (self.frame.width, self.frame.height) == self.size and self.is_exact

    @property
    def is_exact(self) -> bool:
        """Whether no pixel is resampled."""
        across, down = self.frame.scale
        return across == down == 1 and self.frame.left % 1 == self.frame.top % 1 == 0

    def low(self, low: Image.Image | None) -> Image.Image | None:
        """Lower bytes of 16-bit colours (RGB), where those are left as they are."""
        if low is None or self.is_plain:
            return low
        if not self.is_exact or self.finish.background is not None:
            return None
        frame = self.frame
        return low.crop((int(frame.left), int(frame.top), int(frame.right), int(frame.bottom)))


def set_up(
    finish: Finish,
    rgb: Image.Image,
    alpha: Image.Image,
    subject: Box | None,
    *,
    picture: Photo | None,
    profile: bytes | None,
) -> Setting:
    """Make ready what a finish needs.

    Parameters
    ----------
    rgb, alpha : PIL.Image.Image
        Modes RGB and L: the photo with its own colours, and the finished alpha. Neither is changed.
    subject : tuple of int or None
        Box of the subject, see `alphacut.framing.subject_box`.
    picture : Photo or None
        What a `PictureBackground` shows; nothing without it.
    profile : bytes or None
        Of the photo's colours.

    Raises
    ------
    BadOptionsError
        The frame is too large.
    """
    framing = frame_of(finish, subject, rgb.size)
    notes: list[Note] = ["enlargement-limited"] if framing.limited else []
    if finish.crop is not None and finish.frame is None and subject is None:
        notes.append("no-subject")
    setting = Setting(finish=finish, frame=framing.frame, size=rgb.size)
    if isinstance(finish.background, PictureBackground) and picture is not None:
        picture, is_right = backgrounds.in_profile(picture, profile)
        setting = replace(setting, picture=picture)
        notes += [] if is_right else ["picture-colours"]
    elif isinstance(finish.background, ColourBackground):
        colour, is_right = colour_in(finish.background.colour, profile)
        setting = replace(setting, colour=colour)
        notes += [] if is_right else ["background-colour"]
    elif isinstance(finish.background, BlurBackground):
        setting = replace(setting, blurred=backgrounds.blurred(rgb, alpha, finish.background.strength))
    if finish.shadow is not None and finish.shadow.opacity and subject is not None:
        setting = replace(setting, shadow=shadow_sheet(alpha, finish.shadow, subject))
    return replace(setting, notes=tuple(notes))


def render(cutout: Image.Image, setting: Setting) -> Image.Image:
    """Put a cutout into its setting.

    Parameters
    ----------
    cutout : PIL.Image.Image
        RGBA, straight alpha, of the photo's size. May be changed, or be what is returned.

    Returns
    -------
    PIL.Image.Image
        RGBA, straight alpha, of the frame's size; 255 everywhere on an opaque background.
    """
    if setting.is_plain:
        return cutout
    frame = setting.frame
    size = frame.width, frame.height
    bounds = (frame.left, frame.top, frame.right, frame.bottom)
    piece = sample(cutout, bounds, size, resample=HAMMING, fade=True)
    shade = None if setting.shadow is None else cast(setting.shadow, frame)
    paper = _paper(setting, size)
    if paper is not None and paper.mode == "RGB":
        if shade is not None:
            paper.paste((0, 0, 0), mask=shade)
        if piece is not None:
            paper.paste(piece.image, piece.at, piece.image)
        paper.putalpha(255)
        return paper
    if piece is None or piece.image.size != size:
        made = Image.new("RGBA", size, _CLEAR)
        if piece is not None:
            made.paste(piece.image, piece.at)
    else:
        made = piece.image
    return _over(made, shade, paper)


def _paper(setting: Setting, size: tuple[int, int]) -> Image.Image | None:
    """Make what is below everything: RGB, RGBA where it is transparent in parts, None where nothing is."""
    background = setting.finish.background
    if setting.colour is not None:
        return Image.new("RGB", size, setting.colour)
    if isinstance(background, PictureBackground) and setting.picture is not None:
        return backgrounds.place(setting.picture, background, size)
    return None if setting.blurred is None else backgrounds.show(setting.blurred, setting.frame)


def _over(made: Image.Image, shade: Image.Image | None, paper: Image.Image | None) -> Image.Image:
    """Lay RGBA over a black shade over RGBA: straight alpha, as Porter and Duff's "over" says (1984)."""
    if shade is not None:
        black = Image.new("RGBA", made.size, _CLEAR)
        black.putalpha(shade)
        paper = black if paper is None else Image.alpha_composite(paper, black)
    return made if paper is None else Image.alpha_composite(paper, made)
