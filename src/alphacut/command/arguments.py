"""What the command was asked for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, cast

from alphacut import __version__
from alphacut.errors import BadOptionsError
from alphacut.finish import BlurBackground, ColourBackground, Crop, Finish, PictureBackground
from alphacut.output import Format, Metadata, Output, read_colour
from alphacut.store.catalog import read_models

DESCRIPTION = """\
Remove the background of photos. The network runs on this computer; photos are sent nowhere.
"""
EPILOG = """\
examples:
  alphacut portrait.jpg                       writes portrait-cutout.png beside it
  alphacut portrait.jpg -o out.webp           the ending says the format
  alphacut *.jpg -o cutouts/                  into a folder
  alphacut -r photos/ -o cutouts/ --skip      whole folders; go on where it was stopped
  alphacut in.jpg --background "#ffffff" --crop --margin 0.1 -o out.jpg
  curl -s https://example.org/a.jpg | alphacut - -o - > a.png
  alphacut --json *.jpg | jq .output          one JSON object for each photo
  alphacut models                             which networks there are

names:
  Without -o, and in folders, a file is named as the site names it: NAME-cutout.png, or NAME-mask.png
  with --mask-only. Two that would have the same name are numbered: NAME-cutout (2).png. Folders and
  patterns leave out files of such names where NAME is there too; a file that is named itself is a photo.

JSON:
  {"path", "output", "width", "height", "model", "device", "ms", "notes"}; "notes" says what to look at:
  empty-mask, full-mask, flat-mask, undecided-mask, no-subject, first-frame, approximate-colours,
  unknown-colours, metadata-lost, background-colour, picture-colours. {"path", "output", "skipped": true}
  for what --skip left alone, without "output" for what was left out as it was made of a photo;
  {"path", "error": {"code", "message", "hint"}} for what failed.

exit status:
  0  all photos were done, or skipped
  1  a photo failed; the others were done
  2  the command line makes no sense
  3  the network can't be had: it was not fetched, or could not be
  130  interrupted; what was finished is there, and nothing half finished

The first run fetches the network (4.6 MB for u2netp), checks it and keeps it in $ALPHACUT_CACHE, else
$XDG_CACHE_HOME/alphacut or ~/.cache/alphacut. "alphacut models --help" says more.
"""
_FORMATS: dict[str, Format] = {"png": "png", "webp": "webp", "jpeg": "jpeg", "jpg": "jpeg"}
_ENDINGS: dict[str, Format] = {f".{name}": kind for name, kind in _FORMATS.items()}
STREAM = "-"
"""Standard input or output, where a file's name stands."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is to be done, checked.

    Attributes
    ----------
    photos : sequence of str
        As they were written: files, folders, patterns, or "-".
    target : str or None
        What -o says.
    existing : {"fail", "skip", "replace"}
        What becomes of files that are there already.
    picture : Path or None
        The file of a background picture.
    """

    photos: Sequence[str]
    target: str | None
    recursive: bool
    existing: str
    model: str
    accepts_licence: bool
    threads: int
    output: Output
    finish: Finish
    picture: Path | None
    json: bool

    @property
    def is_folder(self) -> bool:
        """Whether -o names a folder: it ends with a slash, or is one already."""
        target = self.target
        return target not in {None, STREAM} and (
            str(target).endswith(("/", "\\")) or Path(str(target)).is_dir()
        )


def read_arguments(arguments: Sequence[str]) -> Settings:
    """Read the command line; ends the process with status 2 where it makes no sense."""
    parser = _parser()
    given = parser.parse_intermixed_args(arguments)
    try:
        settings = _settings(given)
    except BadOptionsError as error:
        parser.error(" ".join(filter(None, [error.message, error.hint])))
    _check(settings, parser)
    return settings


def _parser() -> argparse.ArgumentParser:
    models = read_models()
    default = next(model.id for model in models.values() if model.default)
    parser = argparse.ArgumentParser(
        prog="alphacut", usage="alphacut [options] PHOTO [PHOTO ...]\n       alphacut models [--help]",
        description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument(
        "photos", nargs="+", metavar="PHOTO",
        help="file, folder, pattern such as '*.jpg', or - for standard input",
    )  # fmt: skip
    files = parser.add_argument_group("files")
    files.add_argument(
        "-o", "--output", metavar="OUT",
        help="file to write, folder (ending with /), or - for standard output (default: beside each photo)",
    )  # fmt: skip
    files.add_argument("-r", "--recursive", action="store_true", help="take folders with all that is in them")
    existing = files.add_mutually_exclusive_group()
    existing.add_argument("--force", action="store_true", help="write over files that are there already")
    existing.add_argument("--skip", action="store_true", help="leave out photos whose file is there already")
    picture = parser.add_argument_group("picture")
    picture.add_argument(
        "--background", metavar="COLOUR|blur|FILE",
        help="#rrggbb, the photo itself blurred, or a picture (default: transparent)",
    )  # fmt: skip
    picture.add_argument("--crop", action="store_true", help="crop to the subject")
    picture.add_argument(
        "--margin", type=float, metavar="SHARE",
        help="room around the subject, 0 to 1, as a share of its longer side; with --crop",
    )  # fmt: skip
    picture.add_argument("--mask-only", action="store_true", help="write alpha alone, as a grey PNG")
    picture.add_argument(
        "--format", choices=list(_FORMATS), help="of the file (default: what the ending of -o says, else png)"
    )
    picture.add_argument("--quality", type=int, metavar="N", help="1 to 100, of JPEG and WebP (default: 90)")
    picture.add_argument(
        "--metadata", choices=["none", "keep"], default="none",
        help="whether to keep what EXIF tells of camera, time, author and place (default: none)",
    )  # fmt: skip
    network = parser.add_argument_group("network")
    network.add_argument("--model", choices=list(models), default=default, help=f"(default: {default})")
    network.add_argument(
        "--accept-licence", action="store_true",
        help="fetch a network whose licence has a notice, and don't repeat the notice",
    )  # fmt: skip
    network.add_argument("--threads", type=int, default=0, metavar="N", help="(default: one for each core)")
    parser.add_argument("--json", action="store_true", help="tell of each photo on standard output, one line")
    parser.add_argument("--version", action="version", version=f"alphacut {__version__}")
    return parser


def _settings(given: argparse.Namespace) -> Settings:
    output = Output(
        format=_format(given), quality=given.quality, metadata=cast(Metadata, given.metadata)
    )  # raises
    background, picture = _background(given.background)
    return Settings(
        photos=given.photos, target=given.output, recursive=given.recursive,
        existing="replace" if given.force else "skip" if given.skip else "fail",
        model=given.model, accepts_licence=given.accept_licence, threads=given.threads, output=output,
        finish=Finish(background=background, crop=_crop(given)), picture=picture, json=given.json,
    )  # fmt: skip


def _format(given: argparse.Namespace) -> Format:
    """Agree on one format by --format, --mask-only and the ending of -o."""
    ending = Path(given.output or "").suffix.lower()
    asked = _FORMATS.get(given.format or "")
    if given.mask_only:
        if asked not in {None, "png"} or _ENDINGS.get(ending, "png") != "png":
            raise BadOptionsError("A mask is a PNG file.")
        if given.background is not None:
            raise BadOptionsError("A mask has no background.")
        return "mask-png"
    by_ending = _ENDINGS.get(ending)
    if asked and by_ending and asked != by_ending:
        raise BadOptionsError(f"{given.output} is no name for a file of format {asked}.")
    return asked or by_ending or "png"


def _background(
    text: str | None,
) -> tuple[ColourBackground | BlurBackground | PictureBackground | None, Path | None]:
    if text is None:
        return None, None
    if text == "blur":
        return BlurBackground(), None
    if text.startswith("#"):
        return ColourBackground(colour=read_colour(text)), None
    if not Path(text).is_file():
        raise BadOptionsError(f"--background is #rrggbb, blur or a picture's file; there is no file {text}.")
    return PictureBackground(), Path(text)


def _crop(given: argparse.Namespace) -> Crop | None:
    if given.margin is not None:
        if not given.crop:
            raise BadOptionsError("--margin is of no use without --crop.")
        return Crop(margin=given.margin)
    return Crop() if given.crop else None


def _check(settings: Settings, parser: argparse.ArgumentParser) -> None:
    """End where wishes exclude each other."""

    def require(holds: bool, words: str) -> None:
        if not holds:
            _refuse(parser, words)

    require(settings.target != "", "-o names no file")
    require(settings.threads >= 0, "--threads is a number of threads")
    require(settings.photos.count(STREAM) <= 1, "there is one standard input")
    to_stream = settings.target == STREAM or (settings.target is None and STREAM in settings.photos)
    require(not (to_stream and len(settings.photos) > 1), "standard output takes one photo")
    require(not (to_stream and settings.json), "--json and the picture can't both go to standard output")
    ending = Path(settings.target or "").suffix.lower()
    known = settings.target in {None, STREAM} or settings.is_folder or ending in _ENDINGS
    require(known, f"{settings.target} should end with {', '.join(_ENDINGS)}, or with / for a folder")


def _refuse(parser: argparse.ArgumentParser, words: str) -> NoReturn:
    parser.error(words)
