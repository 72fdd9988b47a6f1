"""A sheet to draw on, and the Picture that an explorer shows. Knows grids and text, and no layer.

Lengths are CSS pixels from the top left corner; a PNG has twice as many each way.
"""
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from threading import RLock

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D
from PIL import Image

# Okabe and Ito, Color Universal Design, 2008
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
INK, MUTED, PALE, BLANK, WHITE = "#1b2733", "#566573", "#e9ecef", "#f6f7f8", "#ffffff"

TINTS = np.linspace(0.08, 0.56, 9)  # shares of a hue, so few that a frame fits a palette

SHARPNESS = 2
LEGIBLE = 4.5  # smaller digits are left out: the tint stays, and the sentences have the number
CAP_HEIGHT = 0.73  # of DejaVu Sans, in font sizes: centres digits in their cells

# Slider callbacks may run in a second thread, and matplotlib's font machinery is shared by all figures
_drawing = RLock()


def as_array(values):
    """Floats out of a torch tensor, a trainable one too, or whatever numpy reads."""
    return np.asarray(values.detach() if hasattr(values, "detach") else values, dtype=float)


def mix(colour, share, ground=WHITE):
    """`share` of `colour` over `ground`, as (r, g, b)."""
    return tuple(share * np.array(to_rgb(colour)) + (1 - share) * np.array(to_rgb(ground)))


def tints(values, hue, most=None):
    """One colour per value, (rows, columns, 3): faint at 0, `hue` above, purple below; −∞ and nan pale.

    most: what has the full tint, the largest of these values unless given
    """
    finite = np.isfinite(values)
    most = most or np.abs(values[finite]).max(initial=0) or 1
    share = TINTS[np.rint(np.abs(np.where(finite, values, 0)) / most * (len(TINTS) - 1)).astype(int)][..., None]
    colour = np.where((values < 0)[..., None], to_rgb(PURPLE), to_rgb(hue))
    return np.where(finite[..., None], share * colour + 1 - share, to_rgb(PALE))


def written(value):
    """A number as a student would write it: −2, 0.5, −∞; nothing for nan."""
    if np.isnan(value):
        return ""
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.2f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


@lru_cache(1)
def _palette():
    """A palette image: every tint, and what smooth edges make of it."""
    tinted = [mix(hue, share) for hue in (BLUE, ORANGE, GREEN, PURPLE) for share in TINTS]
    lines = [mix(hue, share) for hue in (BLUE, ORANGE, GREEN, PURPLE, MUTED) for share in (1, 0.75, 0.5)]
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


@dataclass(frozen=True)
class Grid(Box):
    """Where a grid of square cells stands; `box(row, column, rows, columns)` is a part of it."""

    cell: float

    def box(self, row, column, rows=1, columns=1):
        return Box(self.x + column * self.cell, self.y + row * self.cell, columns * self.cell, rows * self.cell)


class Canvas:
    """A white sheet: images lie lowest, then squares, then lines in the order of their colours, then all text."""

    def __init__(self, width=800, height=380):
        self.width, self.height = width, height
        self._squares, self._squares_colours = [], []
        self._strokes, self._images, self._texts = [], [], []

    def text(self, string, x, y, size=15, colour=INK, align=0.5):
        """Write with the middle of its capitals at `y`; `align` 0 starts at x, 0.5 centres, 1 ends."""
        self._texts.append((string, x, y, size, colour, align))

    def fill(self, box, colour):
        self.polygon([(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)], colour)

    def polygon(self, points, colour):
        """Fill what four points enclose."""
        self._squares.append(points)
        self._squares_colours.append(to_rgb(colour) if isinstance(colour, str) else colour)

    def outline(self, box, colour, width=2.5):
        """A line along the inside of the box, so that neighbours never cover it."""
        inset = width / 2
        left, top, right, bottom = box.x + inset, box.y + inset, box.right - inset, box.bottom - inset
        self._strokes.append(([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], colour, width))

    def line(self, points, colour, width=1.5):
        self._strokes.append((points, colour, width))

    def cross(self, box, colour):
        self.line([(box.x, box.y), (box.right, box.bottom)], colour)
        self.line([(box.right, box.y), (box.x, box.bottom)], colour)

    def grid(self, values, x, y, cell, hue=None, colours=None, shown=None):
        """Numbered cells with white gaps; returns their Grid.

        values: (rows, columns)    colours: (rows, columns, 3), tints of `hue` unless given
        shown: (rows, columns) bool, which numbers are written yet; all set the size of the digits
        """
        rows, columns = values.shape
        colours = tints(values, hue) if colours is None else colours
        labels = [[written(v) for v in row] for row in values]
        size = fitting_size(values, cell)
        place = Grid(x, y, columns * cell, rows * cell, cell)
        for row in range(rows):
            for column in range(columns):
                box = place.box(row, column)
                self.fill(Box(box.x + 1, box.y + 1, cell - 2, cell - 2), colours[row, column])
                if size >= LEGIBLE and (shown is None or shown[row, column]):
                    self.text(labels[row][column], *box.centre, size)
        return place

    def image(self, pixels, x, y, width, height):
        """Pixels as squares, (rows, columns, 3) between 0 and 1, in 256 colours for the sheet. Returns their Box."""
        self._images.append((pixels, Box(x, y, width, height)))
        return self._images[-1][1]

    def png(self):
        """The sheet as PNG bytes."""
        with _drawing:
            figure = Figure((self.width / 100, self.height / 100), 100 * SHARPNESS, facecolor=WHITE)
            canvas = FigureCanvasAgg(figure)
            for artist in self._artists():
                artist.set_sketch_params()  # whatever style a notebook sets, our pictures stay as they are
                figure.add_artist(artist)
            canvas.draw()
            size = canvas.get_width_height()
            sheet = Image.frombuffer("RGBX", size, canvas.buffer_rgba(), "raw", "RGBX", 0, 1).convert("RGB")
        # A palette gives a third of the bytes, in less time than full colour
        few = {"method": Image.Quantize.FASTOCTREE} if self._images else {"palette": _palette()}
        sheet = sheet.quantize(dither=Image.Dither.NONE, **few)
        file = BytesIO()
        sheet.save(file, "png", compress_level=3)
        return file.getvalue()

    def _artists(self):
        sheet = Affine2D().translate(0, -self.height).scale(SHARPNESS, -SHARPNESS)
        yield from (_Pixels(pixels, box, self.height) for pixels, box in self._images)
        yield PolyCollection(self._squares, facecolors=np.array(self._squares_colours), linewidths=0, transform=sheet)
        for colour, width in dict.fromkeys(stroke[1:] for stroke in self._strokes):
            lines = Path.make_compound_path(*(Path(points, closed=points[0] == points[-1])
                                              for points, *style in self._strokes if style == [colour, width]))
            yield PathPatch(lines, facecolor="none", edgecolor=colour, linewidth=width * 72 / 100,
                            joinstyle="miter", transform=sheet)
        for colour in dict.fromkeys(text[4] for text in self._texts):
            placed = [_placed(*text) for text in self._texts if text[4] == colour and text[0].strip()]
            if placed:
                vertices, codes = (np.concatenate(part) for part in zip(*placed, strict=True))
                yield PathPatch(Path(vertices, codes), facecolor=colour, linewidth=0, transform=sheet)


class _Pixels(Artist):
    """An image whose pixels stay pixels; matplotlib's own artists would resample it, ten times slower."""

    def __init__(self, pixels, box, sheet_height):
        super().__init__()
        image = Image.fromarray((255 * pixels).round().astype(np.uint8)).convert("RGBA")
        size = round(SHARPNESS * box.width), round(SHARPNESS * box.height)
        self._pixels = np.asarray(image.resize(size, Image.Resampling.NEAREST))[::-1]
        self._corner = SHARPNESS * box.x, SHARPNESS * (sheet_height - box.bottom)

    def draw(self, renderer):
        renderer.draw_image(renderer.new_gc(), *self._corner, self._pixels)


def _placed(string, x, y, size, colour, align):
    vertices, codes, width = _glyphs(string)
    return vertices * (size, -size) + (x - align * width * size, y + CAP_HEIGHT / 2 * size), codes


@lru_cache(4096)
def _glyphs(string):
    """Outline of a string at size 1, vertices and codes, and its width: ten times faster than a Text per number."""
    with _drawing:
        font = FontProperties(family="DejaVu Sans", weight="normal", size=100)
        vertices, codes = text_to_path.get_text_path(font, string)
        width, _, _ = text_to_path.get_text_width_height_descent(string, font, ismath=False)
    return np.array(vertices).reshape(-1, 2) / 100, np.array(codes, dtype=Path.code_type), width / 100


def text_width(string, size=15):
    """How wide `Canvas.text` writes a string."""
    return _glyphs(string)[2] * size if string.strip() else 0


def fitting_size(values, cell):
    """The size of text with which every number of an array fits into a cell."""
    widest = max(text_width(written(value), 1) for value in np.ravel(values))
    return min(0.42 * cell, 0.78 * cell / max(widest, 1e-9))


def fitting_cell(room, columns, least, gap):
    """The largest cell with which blocks as wide as their columns, or at least `least`, fit side by side in `room`."""
    room -= gap * (len(columns) - 1)
    widest = sorted(columns, reverse=True)
    return min((room - least * (len(columns) - k)) / sum(widest[:k]) for k in range(1, len(columns) + 1))


def in_a_row(canvas, shapes, most, least, gap, top):
    """Room for grids of these shapes side by side: a Box for each, their top left corners, and the side of a cell."""
    cell = min(most, fitting_cell(canvas.width - 20, [columns for _, columns in shapes], least, gap),
               (canvas.height - top - 10) / max(rows for rows, _ in shapes))
    blocks = centred(canvas, [max(columns * cell, least) for _, columns in shapes], gap, top)
    corners = [block.corner_of(columns * cell, rows * cell)
               for block, (rows, columns) in zip(blocks, shapes, strict=True)]
    return blocks, corners, cell


def centred(canvas, widths, gap, top):
    """Boxes of these widths, side by side in the middle of the canvas, from `top` to its end."""
    left = (canvas.width - sum(widths) - gap * (len(widths) - 1)) / 2
    lefts = [left + sum(widths[:i]) + i * gap for i in range(len(widths))]
    return [Box(x, top, width, canvas.height - top) for x, width in zip(lefts, widths, strict=True)]


class Picture:
    """A walk of `steps` steps that can be drawn and told.

    draw: step → Canvas    tell: step → str, one "name: sentence" a line    start: the step to show first
    Shown alone it is that step, with its sentences as text/plain.
    """

    def __init__(self, steps, draw, tell, start=0):
        self._steps, self._draw, self._tell, self.start = steps, draw, tell, start

    def __len__(self):
        return self._steps

    def png(self, step=None):
        return self._draw(self._checked(step)).png()

    def says(self, step=None):
        return self._tell(self._checked(step))

    def _checked(self, step):
        step = self.start if step is None else step
        if not isinstance(step, int) or not 0 <= step < self._steps:
            raise IndexError(f"step must be a whole number from 0 to {self._steps - 1}, not {step!r}")
        return step

    def _repr_mimebundle_(self, include=None, exclude=None):
        sheet = self._draw(self.start)
        return {"image/png": sheet.png(), "text/plain": self.says()}, {"image/png": {"width": sheet.width}}
