"""Draws web/icon.svg as the PNGs that an installed app needs, so that there is one drawing only.

It knows what that drawing is made of: filled rects and paths of straight lines and cubic curves, clipped to a
tile with round corners.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from PIL import Image, ImageDraw

Kind = Literal["any", "maskable", "monochrome"]
Points = list[tuple[float, float]]

ICONS: tuple[tuple[Kind, int], ...] = (
    ("any", 192), ("any", 512), ("maskable", 192), ("maskable", 512), ("monochrome", 192),
)  # fmt: skip
_SVG = "{http://www.w3.org/2000/svg}"
_FINE = 4  # the drawing is made so many times larger, then reduced
_STEPS = 24  # lines of a curve
_ARGUMENTS = {"m": 2, "h": 1, "v": 1, "c": 6, "s": 4, "z": 0}


@dataclass(frozen=True)
class Shape:
    """Polygons of one colour."""

    fill: str
    polygons: list[Points]


@dataclass(frozen=True)
class Drawing:
    """Shapes from back to front in a square of that side; the corners are round."""

    side: float
    radius: float
    shapes: list[Shape]


def draw_icons(svg: Path, folder: Path) -> None:
    """Write every icon of `ICONS` into `folder`, named by `icon_name`."""
    folder.mkdir(parents=True, exist_ok=True)
    drawing = read(svg)
    for kind, side in ICONS:
        draw(drawing, kind, side).save(folder / icon_name(kind, side), optimize=True)


def icon_name(kind: Kind, side: int) -> str:
    """Return the file's name, such as ``maskable-512.png``."""
    return f"{'icon' if kind == 'any' else kind}-{side}.png"


def draw(drawing: Drawing, kind: Kind, side: int) -> Image.Image:
    """Draw in RGBA. `maskable` fills the whole square; of `monochrome` alpha alone counts, as a tone."""
    large = side * _FINE
    image = Image.new("RGBA", (large, large))
    canvas = ImageDraw.Draw(image)
    for depth, shape in enumerate(drawing.shapes):
        tone = 255 * depth // (len(drawing.shapes) - 1)
        fill = shape.fill if kind != "monochrome" else (0, 0, 0, tone)
        for polygon in shape.polygons:
            canvas.polygon([(x * large / drawing.side, y * large / drawing.side) for x, y in polygon], fill)
    if kind != "maskable":
        tile = Image.new("L", image.size)
        radius = drawing.radius * large / drawing.side
        ImageDraw.Draw(tile).rounded_rectangle((0, 0, large - 1, large - 1), radius, 255)
        image = Image.composite(image, Image.new("RGBA", image.size), tile)
    return image.resize((side, side), Image.Resampling.BOX)


def read(svg: Path) -> Drawing:
    """Read the drawing. Raises ValueError if it holds what this can't draw."""
    root = ElementTree.parse(svg).getroot()
    _, _, side, height = map(float, root.attrib["viewBox"].split())
    clip, group = root.find(f"{_SVG}clipPath/{_SVG}rect"), root.find(f"{_SVG}g")
    if clip is None or group is None or side != height:
        raise ValueError(f"{svg.name} is no square tile with a clip path and a group")
    return Drawing(side, float(clip.attrib["rx"]), [_shape(element) for element in group])


def _shape(element: ElementTree.Element) -> Shape:
    if element.tag == f"{_SVG}rect":
        width, height = float(element.attrib["width"]), float(element.attrib["height"])
        return Shape(element.attrib["fill"], [[(0, 0), (width, 0), (width, height), (0, height)]])
    if element.tag == f"{_SVG}path":
        return Shape(element.attrib["fill"], list(_polygons(element.attrib["d"])))
    raise ValueError(f"{element.tag} can't be drawn")


def _polygons(path: str) -> Iterator[Points]:
    """Cut a path into polygons; curves become `_STEPS` lines."""
    points: Points = []
    x = y = 0.0
    bend = (0.0, 0.0)  # from the last control point to where its curve ended
    for name, numbers in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", path):
        values = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        kind, origin = name.lower(), (x, y) if name.islower() else (0.0, 0.0)
        if _ARGUMENTS.get(kind) != len(values):
            raise ValueError(f"{name}{numbers} can't be drawn")
        control = bend
        bend = (0.0, 0.0)
        if kind == "z":
            yield points
        elif kind == "m":
            x, y = origin[0] + values[0], origin[1] + values[1]
            points = [(x, y)]
        elif kind == "h":
            x = origin[0] + values[0]
            points.append((x, y))
        elif kind == "v":
            y = origin[1] + values[0]
            points.append((x, y))
        else:
            pairs = [(origin[0] + a, origin[1] + b) for a, b in zip(values[::2], values[1::2], strict=True)]
            first = (x + control[0], y + control[1]) if kind == "s" else pairs[0]
            points += _curve((x, y), first, pairs[-2], pairs[-1])
            x, y = pairs[-1]
            bend = (x - pairs[-2][0], y - pairs[-2][1])


def _curve(*nodes: tuple[float, float]) -> Points:
    """Return points of a cubic Bézier curve, without its start."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = nodes
    made: Points = []
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        made.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return made
