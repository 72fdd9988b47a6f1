"""A sheet to draw on, and the Picture that an explorer shows. Knows grids and text, and no layer.

Lengths are CSS pixels from the top left corner; a PNG has twice as many each way.
"""
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from threading import RLock

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import BboxImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Bbox, TransformedBbox
from PIL import Image

# Okabe and Ito, Color Universal Design, 2008
BLUE, ORANGE, GREEN, PURPLE, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00"
INK, MUTED, PALE, BLANK, WHITE = "#1b2733", "#566573", "#e9ecef", "#f6f7f8", "#ffffff"

TINTS = np.linspace(0.08, 0.56, 9)  # shares of a hue, so few that a frame fits a palette

SHARPNESS = 2
CAP_HEIGHT = 0.73  # of DejaVu Sans, in font sizes: centres digits in their cells

# Slider callbacks may run in a second thread, and matplotlib's font machinery is shared by all figures
_drawing = RLock()


def mix(colour, share, ground=WHITE):
    """`share` of `colour` over `ground`, as (r, g, b)."""
    return tuple(share * np.array(to_rgb(colour)) + (1 - share) * np.array(to_rgb(ground)))


def tints(values, hue):
    """One colour per value, (rows, columns, 3): faint at 0, `hue` above, purple below; −∞ and nan pale."""
    finite = np.isfinite(values)
    most = np.abs(values[finite]).max(initial=0) or 1
    share = TINTS[np.rint(np.abs(np.where(finite, values, 0)) / most * (len(TINTS) - 1)).astype(int)][..., None]
    colour = np.where((values < 0)[..., None], to_rgb(PURPLE), to_rgb(hue))
    return np.where(finite[..., None], share * colour + 1 - share, to_rgb(PALE))


def written(value, decimals=2):
    """A number as a student would write it: −2, 0.5, −∞; nothing for nan."""
    if np.isnan(value):
        return ""
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


@lru_cache(1)
def _palette():
    """A palette image: every tint, and what smooth edges make of it."""
    tinted = [mix(hue, share) for hue in (BLUE, ORANGE, GREEN, PURPLE) for share in TINTS]
    lines = [mix(hue, share) for hue in (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, MUTED) for share in (1, 0.75, 0.5)]
    under_ink = [mix(INK, share, ground) for ground in [*tinted, PALE, BLANK] for share in (0, 0.25, 0.5, 0.75)]
    colours = under_ink + lines + [mix(INK, share) for share in np.linspace(0, 1, 16)]
    image = Image.new("P", (1, 1))
    image.putpalette([round(255 * part) for colour in colours for part in colour])
    return image


@dataclass(frozen=True)
class Box:
    """Where a drawn thing stands."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self):
        return self.x + self.width

    @property
    def bottom(self):
        return self.y + self.height

    @property
    def centre(self):
        return self.x + self.width / 2, self.y + self.height / 2

    def corner_of(self, width, height):
        """Top left corner of a thing of this size in the middle of the box."""
        return self.centre[0] - width / 2, self.centre[1] - height / 2

    def at(self, y, height):
        return Box(self.x, y, self.width, height)

    def moved(self, down):
        return self.at(self.y + down, self.height)


@dataclass(frozen=True)
class Grid(Box):
    """Where a grid of square cells stands; `box(row, column, rows, columns)` is a part of it."""

    cell: float

    def box(self, row, column, rows=1, columns=1):
        return Box(self.x + column * self.cell, self.y + row * self.cell, columns * self.cell, rows * self.cell)


class Canvas:
    """A white sheet. What is drawn later lies on top; all text lies on top of everything."""

    def __init__(self, width=900, height=400):
        self.width, self.height = width, height
        self._squares, self._squares_colours = [], []
        self._strokes, self._images, self._texts = [], [], []

    def text(self, string, x, y, size=15, colour=INK, align=0.5, bold=False):
        """Write with the middle of its capitals at `y`; `align` 0 starts at x, 0.5 centres, 1 ends."""
        self._texts.append((string, x, y, size, colour, align, bold))

    def fill(self, box, colour):
        self._squares.append([(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)])
        self._squares_colours.append(to_rgb(colour))

    def outline(self, box, colour, width=2.5):
        """A line along the inside of the box, so that neighbours never cover it."""
        inset = width / 2
        left, top, right, bottom = box.x + inset, box.y + inset, box.right - inset, box.bottom - inset
        self._strokes.append(([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], colour, width))

    def line(self, points, colour, width=1.5):
        self._strokes.append((points, colour, width))

    def grid(self, values, x, y, cell, hue=None, colours=None, ink=INK, decimals=2, shown=None):
        """Numbered cells with white gaps; returns their Grid.

        values: (rows, columns)    colours: (rows, columns, 3), tints of `hue` unless given
        shown: (rows, columns) bool, which numbers are written yet; all set the size of the digits
        """
        rows, columns = values.shape
        colours = tints(values, hue) if colours is None else colours
        labels = [[written(v, decimals) for v in row] for row in values]
        widest = max(_width(label) for row in labels for label in row)
        size = min(0.42 * cell, 0.78 * cell / max(widest, 1e-9))
        place = Grid(x, y, columns * cell, rows * cell, cell)
        for row in range(rows):
            for column in range(columns):
                box = place.box(row, column)
                self.fill(Box(box.x + 1, box.y + 1, cell - 2, cell - 2), colours[row, column])
                if shown is None or shown[row, column]:
                    self.text(labels[row][column], *box.centre, size, ink)
        return place

    def image(self, pixels, x, y, width, height):
        """Pixels as they are, nearest neighbour; (rows, columns, 3) between 0 and 1. Returns their Box."""
        self._images.append((pixels, Box(x, y, width, height)))
        return self._images[-1][1]

    def png(self):
        """The sheet as PNG bytes."""
        with _drawing:
            figure = Figure(figsize=(self.width / 100, self.height / 100), dpi=100 * SHARPNESS)
            canvas = FigureCanvasAgg(figure)
            for artist in self._artists(figure):
                figure.add_artist(artist)
            canvas.draw()
            size = canvas.get_width_height()
            sheet = Image.frombuffer("RGBX", size, canvas.buffer_rgba(), "raw", "RGBX", 0, 1).convert("RGB")
        if not self._images:  # numbers need few colours: a third of the bytes, in less time than full colour
            sheet = sheet.quantize(palette=_palette(), dither=Image.Dither.NONE)
        file = BytesIO()
        sheet.save(file, "png", compress_level=1 if self._images else 5)
        return file.getvalue()

    def _artists(self, figure):
        sheet = Affine2D().translate(0, -self.height).scale(SHARPNESS, -SHARPNESS)
        for pixels, box in self._images:
            place = TransformedBbox(Bbox([[box.x, box.bottom], [box.right, box.y]]), sheet)
            image = BboxImage(place, interpolation="nearest")
            image.set_data(pixels[::-1])
            yield image
        yield PolyCollection(self._squares, facecolors=np.array(self._squares_colours), linewidths=0, transform=sheet)
        for points, colour, width in self._strokes:
            outline = Path(points, closed=points[0] == points[-1])
            yield PathPatch(outline, facecolor="none", edgecolor=colour, linewidth=width * 72 / 100,
                            joinstyle="miter", transform=sheet)
        for colour in dict.fromkeys(text[4] for text in self._texts):
            written_so = [_placed(*text) for text in self._texts if text[4] == colour and text[0].strip()]
            if written_so:
                yield PathPatch(Path.make_compound_path(*written_so), facecolor=colour, linewidth=0, transform=sheet)


def _placed(string, x, y, size, colour, align, bold):
    path, width = _glyphs(string, bold)
    vertices = path.vertices * (size, -size) + (x - align * width * size, y + CAP_HEIGHT / 2 * size)
    return Path(vertices, path.codes)


@lru_cache(4096)
def _glyphs(string, bold=False):
    """Outline of a string at size 1, and its width. A Text artist per number would cost ten times more."""
    with _drawing:
        font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=100)
        vertices, codes = text_to_path.get_text_path(font, string)
        width, _, _ = text_to_path.get_text_width_height_descent(string, font, ismath=False)
    return Path(np.array(vertices).reshape(-1, 2) / 100, codes), width / 100


def _width(string):
    return _glyphs(string)[1] if string.strip() else 0


def text_width(string, size=15, bold=False):
    """How wide `Canvas.text` writes a string."""
    return _glyphs(string, bold)[1] * size


def centred(canvas, widths, gap, top):
    """Boxes of these widths, side by side in the middle of the canvas, from `top` to its end."""
    left = (canvas.width - sum(widths) - gap * (len(widths) - 1)) / 2
    lefts = [left + sum(widths[:i]) + i * gap for i in range(len(widths))]
    return [Box(x, top, width, canvas.height - top) for x, width in zip(lefts, widths, strict=True)]


class Picture:
    """A walk of `steps` steps that can be drawn and told.

    draw: step → Canvas    tell: step → str, one "name: sentence" a line
    Shown alone it is its first step, with its sentences as text/plain.
    """

    def __init__(self, steps, draw, tell):
        self._steps, self._draw, self._tell = steps, draw, tell

    def __len__(self):
        return self._steps

    def png(self, step=0):
        return self._draw(step).png()

    def says(self, step=0):
        return self._tell(step)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/png": self.png(), "text/plain": self.says()}, {"image/png": {"width": self._draw(0).width}}
