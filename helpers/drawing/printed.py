"""A picture through matplotlib: PNG, SVG and PDF of a step, and the whole walk as GIF."""
from io import BytesIO
from itertools import groupby
from pathlib import Path as File
from threading import RLock

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path
from PIL import Image

from helpers.drawing.palette import WHITE
from helpers.drawing.sheet import Fill, Line, Photo, Text

SHARPNESS, POINT, PAUSE = 2, 0.72, 700  # pixels a CSS pixel; points in one, at 100 an inch; of a GIF, in milliseconds
CAPITALS = 0.73  # height of DejaVu Sans's, in sizes of the text

# Whatever style a notebook sets, our pictures stay as they are; and the same picture is the same file
_PLAIN = {name: value for name, value in rcParamsDefault.items() if "backend" not in name} | {"svg.hashsalt": "helpers"}

# Demos may run in threads, and matplotlib's fonts and settings are shared by all figures
_printing = RLock()


def printed(picture, kind, step):
    """One step as the bytes of a file of this kind."""
    file = BytesIO()
    with _printing, rc_context(_PLAIN):
        figure = _figure(picture, step)
        if kind == "png":
            _painted(figure, bool(picture.photos)).save(file, "png")
        else:
            figure.savefig(file, format=kind, metadata={"Date" if kind == "svg" else "CreationDate": None})
    return file.getvalue()


def _painted(figure, has_photos):
    """Flat colours go into a palette, a third of the bytes, for notebooks keep them all; a photo would not fit one."""
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    return image if has_photos else image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def save(picture, path, step):
    """The step, or of a .gif the whole walk, as the file that the ending of its name says; ValueError for another."""
    kind = File(path).suffix[1:].lower()
    if kind not in ("png", "svg", "pdf", "gif"):
        raise ValueError(f"a picture is saved as .png, .svg, .pdf or .gif, not as {path}")
    File(path).write_bytes(_walk(picture) if kind == "gif" else printed(picture, kind, step))


def _walk(picture):
    frames = [Image.open(BytesIO(printed(picture, "png", step))).convert("RGB") for step in range(len(picture))]
    file = BytesIO()
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:], duration=PAUSE, loop=0)
    return file.getvalue()


def _figure(picture, step):
    width, height = picture.sheet.width, picture.sheet.height
    figure = Figure((width / 100, height / 100), dpi=100 * SHARPNESS, facecolor=WHITE)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    marks = groupby(picture.scene(step), lambda mark: (type(mark), mark.level))
    for order, ((kind, _), run) in enumerate(marks):
        {Fill: _fills, Line: _lines, Photo: _photos, Text: _texts}[kind](axes, list(run), picture.photos, order)
    return figure


def _fills(axes, fills, photos, order):
    shapes = [Path([*_corners(fill.points), (0, 0)], closed=True) for fill in fills]
    _add(axes, PathCollection(shapes, facecolors=[fill.colour for fill in fills], linewidths=0), order)


def _lines(axes, lines, photos, order):
    shapes = [_curve(line.points) if line.bent else _path(line.points) for line in lines]
    _add(axes, PathCollection(shapes, facecolors="none", edgecolors=[line.colour for line in lines],
                              linewidths=[line.width * POINT for line in lines], joinstyle="miter",
                              capstyle="butt"), order)


def _add(axes, collection, order):
    collection.set_zorder(order)
    collection.set_transform(axes.transData)
    axes.add_artist(collection)


def _texts(axes, texts, photos, order):
    for text in texts:
        axes.text(text.x, text.y + CAPITALS / 2 * text.size, text.string, size=text.size * POINT, color=text.colour,
                  ha={0: "left", 0.5: "center", 1: "right"}[text.align], va="baseline", family="DejaVu Sans",
                  weight="normal", style="normal", parse_math=False, zorder=order)


def _photos(axes, marks, photos, order):
    for mark in marks:
        left, top, right, bottom = mark.points
        axes.imshow(photos[mark.name], extent=(left, right, bottom, top), interpolation="nearest", aspect="auto",
                    resample=False, zorder=order)


def _pairs(numbers):
    return np.reshape(numbers, (-1, 2))


def _corners(numbers):
    if len(numbers) == 4:
        left, top, right, bottom = numbers
        numbers = left, top, right, top, right, bottom, left, bottom
    return _pairs(numbers)


def _path(points):
    return Path(_pairs(points), closed=points[:2] == points[-2:])


def _curve(points):
    x, y, to_x, to_y = points
    middle = (x + to_x) / 2
    return Path([(x, y), (middle, y), (middle, to_y), (to_x, to_y)], [Path.MOVETO, *3 * [Path.CURVE4]])
